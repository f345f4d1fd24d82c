package main

import (
	"slices"
	"testing"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/simulator/vpx"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

const (
	cpuCount = "VirtualMachine.Config.CPUCount"
	powerOn  = "VirtualMachine.Interact.PowerOn"
)

func TestUsers(t *testing.T) {
	known := newUsers()
	if !known.none() {
		t.Error("users from nowhere")
	}
	known.add("Admin@X", "a")
	if !known.validLogin(&types.Login{UserName: "admin@x", Password: "a"}) {
		t.Error("a name in other letters is another user")
	}
	for _, wrong := range []types.Login{{UserName: "admin@x", Password: "b"}, {UserName: "nobody", Password: ""}} {
		if known.validLogin(&wrong) {
			t.Errorf("%s gets in", wrong.UserName)
		}
	}
}

func TestReconfigurePrivileges(t *testing.T) {
	connected := vmxnet3(4000, "")
	connected.Connectable = &types.VirtualDeviceConnectInfo{Connected: true}
	config := &types.VirtualMachineConfigInfo{Hardware: types.VirtualHardware{Device: []types.BaseVirtualDevice{vmxnet3(4000, "")}}}
	disk := &types.VirtualDisk{}
	file := &types.VirtualDeviceConfigSpec{
		Operation: add, Device: disk, FileOperation: types.VirtualDeviceConfigSpecFileOperationCreate,
	}
	yes := true
	for _, each := range []struct {
		wanted spec
		want   []string
	}{
		{spec{NumCPUs: 2, MemoryMB: 1}, []string{cpuCount, "VirtualMachine.Config.Memory"}},
		{spec{CpuHotAddEnabled: &yes}, []string{cpuCount}},
		{spec{MemoryHotAddEnabled: &yes}, []string{"VirtualMachine.Config.Memory"}},
		{spec{CpuAllocation: reservation(1)}, []string{"VirtualMachine.Config.Resource"}},
		{spec{ExtraConfig: []types.BaseOptionValue{&types.OptionValue{Key: "a", Value: "b"}}}, []string{"VirtualMachine.Config.AdvancedConfig"}},
		{devices(change(edit, vmxnet3(4000, "")), change(add, vmxnet3(-1, ""))),
			[]string{"VirtualMachine.Config.EditDevice", "VirtualMachine.Config.AddRemoveDevice"}},
		{devices(change(edit, connected)), []string{"VirtualMachine.Config.EditDevice", "VirtualMachine.Interact.DeviceConnection"}},
		{devices(file), []string{"VirtualMachine.Config.AddNewDisk"}},
		{devices(change(add, disk)), []string{"VirtualMachine.Config.AddExistingDisk"}},
		{devices(change(remove, disk)), []string{"VirtualMachine.Config.RemoveDisk"}},
		{spec{Firmware: "efi"}, []string{"VirtualMachine.Config.Settings"}},
		{spec{}, []string{"VirtualMachine.Config.Settings"}},
	} {
		if got := reconfigurePrivileges(config, &each.wanted); !slices.Equal(got, each.want) {
			t.Errorf("%v, wanted %v", got, each.want)
		}
	}
}

// tree is root > folder > vm, where the VM is also in a resource pool below the root.
type tree struct {
	guard                  *guard
	root, folder, pool, vm types.ManagedObjectReference
}

func newTree() tree {
	registry := simulator.NewRegistry()
	one := tree{
		root:   vpx.ServiceContent.RootFolder,
		folder: types.ManagedObjectReference{Type: "Folder", Value: "folder-1"},
		pool:   types.ManagedObjectReference{Type: "ResourcePool", Value: "pool-1"},
		vm:     types.ManagedObjectReference{Type: "VirtualMachine", Value: "vm-1"},
	}
	folder, pool, vm := &simulator.Folder{}, &simulator.ResourcePool{}, &simulator.VirtualMachine{}
	root := &simulator.Folder{}
	root.Self, folder.Self, pool.Self, vm.Self = one.root, one.folder, one.pool, one.vm
	folder.Parent, pool.Parent, vm.Parent, vm.ResourcePool = &one.root, &one.root, &one.folder, &one.pool
	for _, object := range []mo.Reference{root, folder, pool, vm} {
		registry.Put(object)
	}
	manager := &simulator.AuthorizationManager{}
	manager.Self = *vpx.ServiceContent.AuthorizationManager
	manager.RoleList = []types.AuthorizationRole{
		{RoleId: administratorRole, Privilege: []string{systemView, systemRead, cpuCount, powerOn}},
		{RoleId: readOnlyRole, Privilege: []string{systemView, systemRead}},
		{RoleId: 7, Privilege: []string{systemView, systemRead, cpuCount}},
		{RoleId: 8, Privilege: []string{systemView, systemRead, powerOn}},
	}
	registry.Put(manager)
	one.guard = &guard{registry: registry, permissions: newPermissions(), users: newUsers(), apiVersion: "8.0.3.0"}
	return one
}

func (o tree) give(object types.ManagedObjectReference, role int32, propagate bool) {
	o.guard.permissions.set(object, types.Permission{Principal: `X\joe`, RoleId: role, Propagate: propagate})
}

func (o tree) has(object types.ManagedObjectReference, privilege string) bool {
	return o.guard.account("Joe@x").on(object)[privilege]
}

func TestPermissionsPropagate(t *testing.T) {
	one := newTree()
	if one.has(one.vm, systemView) {
		t.Error("somebody without a permission sees something")
	}
	one.give(one.folder, 7, true)
	if !one.has(one.vm, cpuCount) || one.has(one.vm, powerOn) {
		t.Error("a permission on a folder does not propagate to its VM")
	}
	if !one.has(one.root, systemView) || one.has(one.root, systemRead) || one.has(one.pool, systemView) {
		t.Error("what is above a permission is not just visible")
	}
	one.give(one.pool, 8, true)
	if !one.has(one.vm, cpuCount) || !one.has(one.vm, powerOn) {
		t.Error("a VM does not inherit from both its folder and its pool")
	}
	one.give(one.vm, readOnlyRole, false)
	if one.has(one.vm, cpuCount) || one.has(one.vm, powerOn) || !one.has(one.vm, systemRead) {
		t.Error("a permission on the VM does not replace those above it")
	}
}

func TestPermissionsOfOneObject(t *testing.T) {
	one := newTree()
	one.give(one.folder, 7, false)
	if !one.has(one.folder, cpuCount) || one.has(one.vm, cpuCount) {
		t.Error("a permission that does not propagate does")
	}
	one.give(one.folder, 8, true)
	if one.has(one.folder, cpuCount) || !one.has(one.vm, powerOn) {
		t.Error("a user has two permissions on one object")
	}
	if !one.guard.permissions.remove(one.folder, "joe@X") || one.has(one.vm, powerOn) {
		t.Error("a permission is not removed")
	}
}

func TestUnrestricted(t *testing.T) {
	one := newTree()
	one.give(one.root, administratorRole, true)
	if !one.guard.account("joe@x").unrestricted() {
		t.Error("an administrator is restricted")
	}
	one.give(one.vm, readOnlyRole, true)
	if one.guard.account("joe@x").unrestricted() {
		t.Error("an administrator who may only read one object is unrestricted")
	}
}

func TestNoPermissionNamesEverythingMissing(t *testing.T) {
	one := newTree()
	missing := []need{{one.vm, cpuCount}, {one.vm, powerOn}, {one.pool, powerOn}}
	fault := one.guard.noPermission(missing)
	if *fault.Object != one.vm || fault.PrivilegeId != cpuCount {
		t.Errorf("%v %s", fault.Object, fault.PrivilegeId)
	}
	if all := fault.MissingPrivileges; len(all) != 2 || !slices.Equal(all[0].PrivilegeIds, []string{cpuCount, powerOn}) || all[1].Entity != one.pool {
		t.Errorf("%+v", all)
	}
	one.guard.apiVersion = "7.0.3.1"
	if len(one.guard.noPermission(missing).MissingPrivileges) != 0 {
		t.Error("an older vCenter names everything")
	}
}
