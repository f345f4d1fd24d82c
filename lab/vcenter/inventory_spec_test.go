package main

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestLabInventoryIsValid(t *testing.T) {
	described, err := readInventory("")
	if err != nil {
		t.Fatal(err)
	}
	hosts, err := described.Clusters[0].hosts(described.HostDefaults)
	if err != nil || len(hosts) != 2 {
		t.Fatalf("%d hosts, %v", len(hosts), err)
	}
	if hosts[0].cores() != 16 || hosts[0].threads() != 32 || hosts[0].nodes() != 2 {
		t.Errorf("%+v", hosts[0])
	}
}

func TestHostOverridesWholeKeys(t *testing.T) {
	cluster := clusterSpec{Name: "a", Hosts: []json.RawMessage{
		[]byte(`{"name": "one", "nics": [{"device": "vmnic9"}]}`), []byte(`{"name": "two"}`),
	}}
	hosts, err := cluster.hosts([]byte(`{"mhz": 2000, "nics": [{"device": "vmnic0", "pci": "0000:04:00.0"}, {"device": "vmnic1"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if len(hosts[0].NICs) != 1 || hosts[0].NICs[0].PCI != "" {
		t.Errorf("the defaults' NICs shine through: %+v", hosts[0].NICs)
	}
	if len(hosts[1].NICs) != 2 || hosts[1].NICs[0].Device != "vmnic0" || hosts[1].MHz != 2000 {
		t.Errorf("one host changes the next: %+v", hosts[1])
	}
}

func TestNodesShareThreadsAndDevices(t *testing.T) {
	host := hostSpec{Sockets: 2, CoresPerSocket: 2, ThreadsPerCore: 2, MemoryGB: 8, NICs: []nicSpec{
		{PCI: "0000:04:00.0"}, {PCI: "0000:84:00.0", Node: 1, NumaPciID: "84:00.0"},
	}}
	nodes := numaInfo(&host).NumaNode
	if !slices.Equal(nodes[1].CpuID, []int16{4, 5, 6, 7}) || nodes[1].MemorySize != 4<<30 {
		t.Errorf("%+v", nodes[1])
	}
	if !slices.Equal(nodes[0].PciId, []string{"0000:04:00.0"}) || !slices.Equal(nodes[1].PciId, []string{"84:00.0"}) {
		t.Errorf("%v, %v", nodes[0].PciId, nodes[1].PciId)
	}
	no := false
	host.NumaPciIDs = &no
	if nodes := numaInfo(&host).NumaNode; nodes[0].PciId != nil {
		t.Errorf("an old host tells %v", nodes[0].PciId)
	}
	host.NumaNodes = -1
	if info := numaInfo(&host); info.NumNodes != 0 || info.NumaNode != nil {
		t.Errorf("%+v", info)
	}
}
