package main

import (
	"strings"
	"testing"

	"github.com/vmware/govmomi/vim25/types"
)

func TestChangesAreWrittenByPath(t *testing.T) {
	before := map[string]string{"config.hardware.numCPU": "2", "config.hardware.memoryMB": "2048", `config.extraConfig("a").value`: "1"}
	after := map[string]string{"config.hardware.numCPU": "4", "config.hardware.memoryMB": "2048", `config.extraConfig("b").value`: "2"}
	got := changesBetween(before, after)
	want := types.ChangesInfoEventArgument{
		Modified: "config.hardware.numCPU:2 -> 4; \n",
		Added:    "config.extraConfig(\"b\").value:2; \n",
		Deleted:  "config.extraConfig(\"a\").value:1; \n",
	}
	if got != want {
		t.Errorf("%+v", got)
	}
	if unchanged := changesBetween(before, before); unchanged != (types.ChangesInfoEventArgument{}) {
		t.Errorf("nothing has changed: %+v", unchanged)
	}
}

func TestSettingsTellAdaptersAndReservations(t *testing.T) {
	reservation := int64(1000)
	card := &types.VirtualVmxnet3{}
	card.Key, card.MacAddress = 4000, "00:50:56:00:00:01"
	config := &types.VirtualMachineConfigInfo{
		Name: "pgw", CpuAllocation: &types.ResourceAllocationInfo{Reservation: &reservation},
		Hardware: types.VirtualHardware{NumCPU: 2, Device: []types.BaseVirtualDevice{card}},
	}
	settings := settingsOf(config)
	if settings["config.cpuAllocation.reservation"] != "1000" || settings[nameSetting] != "pgw" {
		t.Errorf("%v", settings)
	}
	if !strings.Contains(settings["config.hardware.device(4000)"], card.MacAddress) {
		t.Errorf("%v", settings)
	}
}

func TestTheSimulatorsReconfigurationsAreNotShown(t *testing.T) {
	j := newJournal()
	simulators, labs := &types.VmReconfiguredEvent{}, &types.VmReconfiguredEvent{}
	migrated, poweredOn := &types.VmMigratedEvent{}, &types.VmPoweredOnEvent{}
	j.add(labs)
	all := []types.BaseEvent{simulators, labs, migrated, poweredOn}
	shown := j.shown(all)
	if len(shown) != 2 || shown[0] != labs || shown[1] != poweredOn {
		t.Errorf("%v", shown)
	}
	if all[0] != types.BaseEvent(simulators) {
		t.Error("the collector's own list was changed")
	}
}
