package main

import (
	"testing"

	"github.com/vmware/govmomi/vim25/types"
)

func TestTransitions(t *testing.T) {
	vm := types.ManagedObjectReference{Type: "VirtualMachine", Value: "vm-1"}
	under := newTransitions()
	if under.recordEnd(vm) {
		t.Error("a transition takes care of an end, but none is under way")
	}
	under.begin(vm, poweredOn)
	if under.target(vm) != poweredOn {
		t.Error("the VM is not on its way")
	}
	if !under.recordEnd(vm) || !under.end(vm) {
		t.Error("the end during a transition is forgotten")
	}
	if under.target(vm) != "" || under.end(vm) {
		t.Error("an ended transition still counts")
	}
}

func TestCallCounter(t *testing.T) {
	calls := newCallCounter()
	calls.add("Login")
	calls.add("Login")
	if got := calls.snapshot(); got["Login"] != 2 || len(got) != 1 {
		t.Errorf("%v", got)
	}
	calls.reset()
	if got := calls.snapshot(); len(got) != 0 {
		t.Errorf("%v", got)
	}
}
