package main

import (
	"reflect"
	"testing"

	"github.com/vmware/govmomi/vim25/types"
)

func distributedBacking(key, uuid string) types.BaseVirtualDeviceBackingInfo {
	return &types.VirtualEthernetCardDistributedVirtualPortBackingInfo{
		Port: types.DistributedVirtualSwitchPortConnection{PortgroupKey: key, SwitchUuid: uuid},
	}
}

func addedOn(backing types.BaseVirtualDeviceBackingInfo) spec {
	card := vmxnet3(-1, "")
	card.Backing = backing
	return devices(change(add, card))
}

func e1000(key int32) *types.VirtualE1000 {
	card := &types.VirtualE1000{}
	card.Key, card.Backing = key, standardBacking("PG-Mgmt")
	return card
}

func sriov(key int32) *types.VirtualSriovEthernetCard {
	card := &types.VirtualSriovEthernetCard{}
	card.Key, card.MacAddress, card.Backing = key, "00:50:56:80:00:0a", standardBacking("PG-Mgmt")
	return card
}

// withSRIOV returns the VM with an SR-IOV adapter at key 4002.
func withSRIOV(m vmState) vmState {
	m.config.Hardware.Device = append(m.config.Hardware.Device, sriov(4002))
	return m
}

func TestAdapterRules(t *testing.T) {
	elsewhere := distributedBacking("dvportgroup-2", "switch-2")
	unplaced := off()
	unplaced.host = hostFacts{}

	var none types.BaseMethodFault
	noBacking := &types.InvalidDeviceBacking{}
	needsPowerOff := &types.InvalidPowerState{}
	for _, test := range []struct {
		name string
		vm   vmState
		spec spec
		want types.BaseMethodFault // by type
	}{
		{"missing standard port group", off(), addedOn(standardBacking("PG-Missing")), noBacking},
		{"missing distributed port group", off(), addedOn(distributedBacking("dvportgroup-9", "switch-1")), noBacking},
		{"port group of another switch", off(), addedOn(distributedBacking("dvportgroup-1", "switch-9")), noBacking},
		{"distributed port group", off(), addedOn(distributedBacking("dvportgroup-1", "switch-1")), none},
		{"port group of a switch that the host is no member of", off(), addedOn(elsewhere), noBacking},
		{"the same before a host is chosen", unplaced, addedOn(elsewhere), none},
		{"without backing", off(), addedOn(nil), noBacking},

		{"SR-IOV added on", on(), devices(change(add, sriov(-1))), needsPowerOff},
		{"SR-IOV added off", off(), devices(change(add, sriov(-1))), none},
		{"SR-IOV removed on", withSRIOV(on()), devices(change(remove, sriov(4002))), needsPowerOff},
		{"SR-IOV removed off", withSRIOV(off()), devices(change(remove, sriov(4002))), none},
		{"another adapter added beside SR-IOV on", withSRIOV(on()), addedOn(standardBacking("PG-Mgmt")), needsPowerOff},
		{"another adapter added beside SR-IOV off", withSRIOV(off()), addedOn(standardBacking("PG-Mgmt")), none},
		{"another adapter edited beside SR-IOV", withSRIOV(on()), devices(change(edit, e1000(4000))), none},
	} {
		t.Run(test.name, func(t *testing.T) {
			refused := firstRefusal(reconfigureRules, test.vm, &test.spec)
			switch {
			case refused == nil && test.want != nil:
				t.Errorf("accepted, wanted %T", test.want)
			case refused != nil && reflect.TypeOf(refused.fault) != reflect.TypeOf(test.want):
				t.Errorf("refused with %T (%s), wanted %T", refused.fault, refused.message, test.want)
			}
		})
	}
}

func TestSRIOVNeedsAllMemoryAtPowerOn(t *testing.T) {
	vm := withSRIOV(off())
	if refused := firstRefusal(powerOnRules, vm, nil); refused == nil {
		t.Error("powered on without a memory reservation")
	}
	vm.config.MemoryReservationLockedToMax = yes
	if refused := firstRefusal(powerOnRules, vm, nil); refused != nil {
		t.Errorf("refused with all memory reserved: %s", refused.message)
	}
}
