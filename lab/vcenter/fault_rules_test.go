package main

import (
	"testing"
	"time"

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
