package main

import (
	"reflect"

	"github.com/vmware/govmomi/vim25/types"
)

// pyVmomi calls a reference to an object ManagedObject where a field may hold
// anything, such as ArrayUpdateSpec.removeKey. A vCenter knows that name, govmomi
// does not: it would drop the key, and the simulator would then panic.
func init() {
	types.Add("ManagedObject", reflect.TypeOf(types.ManagedObjectReference{}))
}
