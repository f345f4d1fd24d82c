package main

import (
	"testing"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

func counted(count int) *int { return &count }

func actions(active []faultRule) []string {
	var all []string
	for _, rule := range active {
		all = append(all, rule.Action)
	}
	return all
}

func TestFaultsAreCountedDown(t *testing.T) {
	table := &faultTable{}
	err := table.add([]faultRule{
		{Method: "A", Action: dropBefore, Skip: 1, Count: counted(2)},
		{Method: "*", Action: delayAnswer, DelayMS: 5, Count: counted(0)},
		{Method: "A", Action: failTask, VM: "pgw-1"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, step := range []struct {
		method, vm string
		want       int
		late       time.Duration
	}{
		{"A", "pgw-2", 1, 5 * time.Millisecond}, // skipped, and another VM's
		{"B", "", 1, 5 * time.Millisecond},
		{"A", "pgw-1", 3, 5 * time.Millisecond},
		{"A", "pgw-1", 2, 5 * time.Millisecond},
		{"A", "pgw-1", 1, 5 * time.Millisecond},
	} {
		active := table.take(step.method, step.vm)
		if len(active) != step.want || totalDelay(active) != step.late {
			t.Errorf("%s on %q: %v", step.method, step.vm, actions(active))
		}
	}
	if left := table.remaining(); len(left) != 1 || left[0].Action != delayAnswer {
		t.Errorf("%+v", left)
	}
	if table.reset(); !table.empty() {
		t.Error("a reset leaves faults")
	}
}

func TestFaultsAreAddedAllOrNone(t *testing.T) {
	table := &faultTable{}
	if table.add([]faultRule{{Method: "A", Action: dropBefore}, {Method: "A"}}) == nil || !table.empty() {
		t.Error("half of a list was taken")
	}
}

func TestSOAPCall(t *testing.T) {
	method, target := soapCall([]byte(`<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/">
		<soapenv:Header><a/></soapenv:Header><soapenv:Body><PowerOnVM_Task xmlns="urn:vim25">
		<_this type="VirtualMachine">vm-1</_this></PowerOnVM_Task></soapenv:Body></soapenv:Envelope>`))
	if method != "PowerOnVM_Task" || target != (types.ManagedObjectReference{Type: "VirtualMachine", Value: "vm-1"}) {
		t.Errorf("%s on %v", method, target)
	}
	if method, _ := soapCall([]byte("no XML")); method != "" {
		t.Errorf("%q", method)
	}
}

func TestPrivilegeOfAChange(t *testing.T) {
	for want, wanted := range map[string]spec{
		"VirtualMachine.Config.CPUCount":        {NumCPUs: 2, MemoryMB: 1},
		"VirtualMachine.Config.Resource":        {CpuAllocation: reservation(1)},
		"VirtualMachine.Config.AddRemoveDevice": devices(change(edit, vmxnet3(4000, "")), change(add, vmxnet3(-1, ""))),
		"VirtualMachine.Config.EditDevice":      devices(change(edit, vmxnet3(4000, ""))),
		"VirtualMachine.Config.Settings":        {Firmware: "efi"},
	} {
		method := &simulator.Method{Name: "ReconfigVM_Task", Body: &types.ReconfigVM_Task{Spec: wanted}}
		if got := privilegeFor(method); got != want {
			t.Errorf("%s, wanted %s", got, want)
		}
	}
}

func TestUsers(t *testing.T) {
	known := users{"admin@x": {password: "a"}, "reader@x": {password: "b", readOnly: true}}
	if !known.validLogin(&types.Login{UserName: "Admin@X", Password: "a"}) {
		t.Error("a name in other letters is another user")
	}
	if known.validLogin(&types.Login{UserName: "nobody", Password: ""}) {
		t.Error("nobody gets in")
	}
	if !known.grants("reader@x", "System.Read") || known.grants("reader@x", "Host.Config.Power") || known.grants("nobody", "System.Read") {
		t.Error("privileges")
	}
}
