package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// labShape is the inventory that the lab runs with unless told otherwise.
//
//go:embed lab.json
var labShape []byte

// shape describes an inventory: what --inventory reads. docs/lab.md has the table of its keys.
type shape struct {
	APIVersion          string                   `json:"apiVersion"` // what clients negotiate with
	Datacenter          string                   `json:"datacenter"`
	Datastore           string                   `json:"datastore"`
	HostDefaults        json.RawMessage          `json:"hostDefaults"` // a hostShape that every host starts from
	Clusters            []clusterShape           `json:"clusters"`
	DistributedSwitches []distributedSwitchShape `json:"distributedSwitches"`
	OpaqueNetworks      []string                 `json:"opaqueNetworks"` // NSX segments outside of any distributed switch
	Template            *machineShape            `json:"template"`
	VMs                 []machineShape           `json:"vms"`
	Fleet               *fleetShape              `json:"fleet"`
}

type clusterShape struct {
	Name  string            `json:"name"`
	DRS   *drsShape         `json:"drs"`
	HA    *haShape          `json:"ha"`
	Hosts []json.RawMessage `json:"hosts"` // hostShapes on top of the defaults
}

type drsShape struct {
	Enabled    bool   `json:"enabled"`
	Automation string `json:"automation"` // manual, partiallyAutomated or fullyAutomated (vim.cluster.DrsConfigInfo)
}

type haShape struct {
	Enabled          bool `json:"enabled"`
	AdmissionControl bool `json:"admissionControl"`
}

// hostShape is one host, or several alike: count hosts named by the number put into name (%d).
type hostShape struct {
	Name                   string                `json:"name"`
	Count                  int                   `json:"count"`
	Sockets                int                   `json:"sockets"`
	CoresPerSocket         int                   `json:"coresPerSocket"`
	ThreadsPerCore         int                   `json:"threadsPerCore"`
	HyperThreading         *bool                 `json:"hyperThreading"` // switched on, where there are two threads a core; default true
	MHz                    int                   `json:"mhz"`
	MemoryGB               int64                 `json:"memoryGB"`
	NumaNodes              int                   `json:"numaNodes"`  // default: one a socket; -1: a host that tells of none
	NumaPciIDs             *bool                 `json:"numaPciIds"` // false: the nodes do not tell their devices, as before 6.7
	LatencySensitivity     *bool                 `json:"latencySensitivitySupported"`
	MaxSimultaneousThreads int32                 `json:"maxSupportedSimultaneousThreads"`
	PowerPolicy            string                `json:"powerPolicy"` // static (high performance), dynamic (balanced), low, custom
	Maintenance            bool                  `json:"maintenance"`
	APIVersion             string                `json:"apiVersion"`       // of an older host than the vCenter
	CPUVendor              string                `json:"cpuVendor"`        // intel or amd
	AdvancedSettings       map[string]int64      `json:"advancedSettings"` // on top of what the simulator's hosts have
	NICs                   []nicShape            `json:"nics"`
	StandardSwitches       []standardSwitchShape `json:"standardSwitches"`
	Uplinks                map[string]uplinkMap  `json:"uplinks"` // by distributed switch
}

// uplinkMap names the physical NIC behind each uplink of a distributed switch.
type uplinkMap map[string]string

type nicShape struct {
	Device                  string `json:"device"`
	PCI                     string `json:"pci"`
	Node                    int    `json:"node"`
	NumaPciID               string `json:"numaPciId"` // how the node spells the address, where it differs
	Driver                  string `json:"driver"`
	DriverVersion           string `json:"driverVersion"`
	Firmware                string `json:"firmware"`
	LinkMbps                int32  `json:"linkMbps"` // 0: no link
	EnhancedNetworkingStack bool   `json:"enhancedNetworkingStack"`
}

type standardSwitchShape struct {
	Name       string           `json:"name"`
	Uplinks    []string         `json:"uplinks"`
	PortGroups []portGroupShape `json:"portGroups"`
}

// portGroupShape: uplinks that are named neither active nor standby are unused; a
// standard port group without a teaming of its own has its switch's: all active.
type portGroupShape struct {
	Name    string   `json:"name"`
	Active  []string `json:"active"`
	Standby []string `json:"standby"`
	VLAN    int32    `json:"vlan"`
	NSX     bool     `json:"nsx"` // a distributed port group that NSX made
}

type distributedSwitchShape struct {
	Name       string           `json:"name"`
	Version    string           `json:"version"`
	Uplinks    []string         `json:"uplinks"`
	PortGroups []portGroupShape `json:"portGroups"`
}

// machineShape is a VM. Numbers that are 0 stand for what a new VM has.
type machineShape struct {
	Name                string            `json:"name"`
	Host                string            `json:"host"` // default: the first
	Folder              string            `json:"folder"`
	Image               string            `json:"image"` // what the lab's hypervisor boots it from
	GuestID             string            `json:"guestId"`
	HardwareVersion     string            `json:"version"`
	CPUs                int32             `json:"cpus"`
	CoresPerSocket      int32             `json:"coresPerSocket"`
	SimultaneousThreads int32             `json:"simultaneousThreads"`
	MemoryMB            int64             `json:"memoryMB"`
	DiskGB              int64             `json:"diskGB"`
	AdapterType         string            `json:"adapterType"` // e1000 or vmxnet3
	Networks            []string          `json:"networks"`
	LatencySensitivity  string            `json:"latencySensitivity"`
	VCPULatency         []string          `json:"vcpuLatencySensitivity"` // one level a vCPU
	CPUReservationMHz   int64             `json:"cpuReservationMHz"`
	MemoryReservationMB int64             `json:"memoryReservationMB"`
	MemoryLocked        bool              `json:"memoryReservationLockedToMax"`
	Affinity            []int32           `json:"affinity"`
	ExtraConfig         map[string]string `json:"extraConfig"`
	PoweredOn           bool              `json:"poweredOn"`
}

// fleetShape is count VMs like machine, named by the number put into machine's name (%d), spread over the hosts that are not in maintenance.
type fleetShape struct {
	Count   int          `json:"count"`
	Machine machineShape `json:"vm"`
}

// readShape reads a description from a file; without a name it returns the lab's own.
func readShape(file string) (*shape, error) {
	text := labShape
	if file != "" {
		var err error
		if text, err = os.ReadFile(file); err != nil {
			return nil, err
		}
	}
	described := &shape{}
	if err := decodeStrictly(text, described); err != nil {
		return nil, err
	}
	return described, nil
}

// decodeStrictly refuses keys that do not exist: a misspelt one would silently describe another lab.
func decodeStrictly(text []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

// overlay returns the object below with the keys of the object above in place of its own.
func overlay(below, above json.RawMessage) ([]byte, error) {
	merged := map[string]json.RawMessage{}
	for _, layer := range []json.RawMessage{below, above} {
		if layer == nil {
			continue
		}
		if err := json.Unmarshal(layer, &merged); err != nil {
			return nil, err
		}
	}
	return json.Marshal(merged)
}

// hosts returns the cluster's hosts one by one, with the defaults filled in.
func (c *clusterShape) hosts(defaults json.RawMessage) ([]hostShape, error) {
	var all []hostShape
	for _, text := range c.Hosts {
		host := hostShape{
			Count: 1, Sockets: 2, CoresPerSocket: 8, ThreadsPerCore: 2, MHz: 2300, MemoryGB: 128,
			MaxSimultaneousThreads: 2, PowerPolicy: "static", CPUVendor: "intel",
		}
		layered, err := overlay(defaults, text)
		if err == nil {
			err = decodeStrictly(layered, &host)
		}
		if err != nil {
			return nil, fmt.Errorf("a host of cluster %s: %w", c.Name, err)
		}
		if err := host.check(); err != nil {
			return nil, err
		}
		all = append(all, host.numbered()...)
	}
	return all, nil
}

func (h *hostShape) check() error {
	switch {
	case h.Name == "":
		return fmt.Errorf("a host has no name")
	case h.Count > 1 && !strings.Contains(h.Name, "%"):
		return fmt.Errorf("host %s: the name of %d hosts needs a place for their number, as in esx-%%02d.lab", h.Name, h.Count)
	case powerPolicies[h.PowerPolicy] == nil:
		return fmt.Errorf("host %s: powerPolicy is static, dynamic, low or custom, not %q", h.Name, h.PowerPolicy)
	case h.NumaNodes > 0 && h.cores()%h.NumaNodes != 0:
		return fmt.Errorf("host %s: %d cores do not make %d equal NUMA nodes", h.Name, h.cores(), h.NumaNodes)
	}
	for _, nic := range h.NICs {
		if nic.Node >= h.nodes() {
			return fmt.Errorf("host %s: %s is on node %d, and there are %d nodes", h.Name, nic.Device, nic.Node, h.nodes())
		}
	}
	return nil
}

func (h *hostShape) numbered() []hostShape {
	if !strings.Contains(h.Name, "%") {
		return []hostShape{*h}
	}
	var all []hostShape
	for number := range h.Count {
		one := *h
		one.Name = fmt.Sprintf(h.Name, number+1)
		all = append(all, one)
	}
	return all
}

func (h *hostShape) cores() int { return h.Sockets * h.CoresPerSocket }

// threads counts the logical processors: those that hyper-threading, where it is active, gives.
func (h *hostShape) threads() int { return h.cores() * h.activeThreads() }

func (h *hostShape) activeThreads() int {
	if h.HyperThreading != nil && !*h.HyperThreading {
		return 1
	}
	return h.ThreadsPerCore
}

// nodes counts the NUMA nodes; a host that tells none has 0.
func (h *hostShape) nodes() int {
	switch {
	case h.NumaNodes < 0:
		return 0
	case h.NumaNodes == 0:
		return h.Sockets
	}
	return h.NumaNodes
}
