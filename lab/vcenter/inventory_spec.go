package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// labInventory describes the inventory that the lab runs with by default.
//
//go:embed lab.json
var labInventory []byte

// shape describes an inventory, as --inventory reads it. docs/lab.md has the table of its keys.
type inventorySpec struct {
	APIVersion          string                  `json:"apiVersion"` // what clients negotiate with
	Locale              string                  `json:"locale"`     // of sessions that ask for none: en (default) or de
	Datacenter          string                  `json:"datacenter"`
	Datastore           string                  `json:"datastore"`
	HostDefaults        json.RawMessage         `json:"hostDefaults"` // the hostSpec that every host starts from
	Clusters            []clusterSpec           `json:"clusters"`
	DistributedSwitches []distributedSwitchSpec `json:"distributedSwitches"`
	OpaqueNetworks      []string                `json:"opaqueNetworks"` // NSX segments outside of any distributed switch
	Template            *vmSpec                 `json:"template"`
	VMs                 []vmSpec                `json:"vms"`
	Fleet               *fleetSpec              `json:"fleet"`
}

type clusterSpec struct {
	Name  string            `json:"name"`
	DRS   *drsSpec          `json:"drs"`
	HA    *haSpec           `json:"ha"`
	EVC   string            `json:"evc"`   // the key of its EVC mode, such as intel-broadwell; none without it
	Hosts []json.RawMessage `json:"hosts"` // hostSpecs on top of the defaults
}

type drsSpec struct {
	Enabled    bool   `json:"enabled"`
	Automation string `json:"automation"` // manual, partiallyAutomated or fullyAutomated (vim.cluster.DrsConfigInfo)
}

type haSpec struct {
	Enabled          bool `json:"enabled"`
	AdmissionControl bool `json:"admissionControl"`
}

// hostSpec describes one host, or Count hosts alike whose number takes the place of %d in Name.
type hostSpec struct {
	Name                   string               `json:"name"`
	Count                  int                  `json:"count"`
	Sockets                int                  `json:"sockets"`
	CoresPerSocket         int                  `json:"coresPerSocket"`
	ThreadsPerCore         int                  `json:"threadsPerCore"`
	HyperThreading         *bool                `json:"hyperThreading"` // active where a core has two threads; default true
	MHz                    int                  `json:"mhz"`
	MemoryGB               int64                `json:"memoryGB"`
	NumaNodes              int                  `json:"numaNodes"`  // default: one per socket; -1: the host reports none
	NumaPciIDs             *bool                `json:"numaPciIds"` // false: nodes do not list their devices, as before 6.7
	LatencySensitivity     *bool                `json:"latencySensitivitySupported"`
	MaxSimultaneousThreads int32                `json:"maxSupportedSimultaneousThreads"`
	PowerPolicy            string               `json:"powerPolicy"`     // static (high performance), dynamic (balanced), low, custom
	PowerManagement        string               `json:"powerManagement"` // what the BIOS leaves to ESXi; "none": nothing
	CPUModel               string               `json:"cpuModel"`
	NTP                    ntpSpec              `json:"ntp"`
	ClockSkewSeconds       float64              `json:"clockSkewSeconds"` // how far its clock is ahead
	Disconnected           bool                 `json:"disconnected"`     // vCenter has lost it, and shows what it knew
	Maintenance            bool                 `json:"maintenance"`
	APIVersion             string               `json:"apiVersion"`       // of an older host than the vCenter
	CPUVendor              string               `json:"cpuVendor"`        // intel or amd
	AdvancedSettings       map[string]int64     `json:"advancedSettings"` // added to those of the simulator's hosts
	NICs                   []nicSpec            `json:"nics"`
	StandardSwitches       []standardSwitchSpec `json:"standardSwitches"`
	Uplinks                map[string]uplinkMap `json:"uplinks"` // by distributed switch
}

// uplinkMap names the physical NIC behind each uplink of a distributed switch.
type uplinkMap map[string]string

// ntpSpec describes a host's time service; by default it runs and has a server.
type ntpSpec struct {
	Running bool     `json:"running"`
	Servers []string `json:"servers"`
}

type nicSpec struct {
	Device                  string `json:"device"`
	Model                   string `json:"model"`
	PCI                     string `json:"pci"`
	Node                    int    `json:"node"`
	NumaPciID               string `json:"numaPciId"` // the address as the node spells it, where it differs
	Driver                  string `json:"driver"`
	DriverVersion           string `json:"driverVersion"`
	Firmware                string `json:"firmware"`
	LinkMbps                int32  `json:"linkMbps"` // 0: no link
	EnhancedNetworkingStack bool   `json:"enhancedNetworkingStack"`
}

type standardSwitchSpec struct {
	Name       string          `json:"name"`
	MTU        int32           `json:"mtu"` // default 1500
	Uplinks    []string        `json:"uplinks"`
	PortGroups []portGroupSpec `json:"portGroups"`
}

// portGroupSpec: uplinks that are neither active nor standby are unused; a
// standard port group without a teaming policy of its own uses its switch's: all active.
type portGroupSpec struct {
	Name    string    `json:"name"`
	Active  []string  `json:"active"`
	Standby []string  `json:"standby"`
	VLAN    int32     `json:"vlan"`
	Trunk   [][]int32 `json:"trunk"` // ranges of VLANs in place of one, on a distributed switch; 4095 as vlan on a standard one
	NSX     bool      `json:"nsx"`   // a distributed port group that NSX made

	Promiscuous     bool `json:"promiscuous"`
	MACChanges      bool `json:"macChanges"`
	ForgedTransmits bool `json:"forgedTransmits"`
	// MACLearning is on where it is given; unicastFlooding is that of frames to addresses that are not learned yet.
	MACLearning *macLearningSpec `json:"macLearning"`
}

type macLearningSpec struct {
	UnicastFlooding bool `json:"unicastFlooding"`
}

type distributedSwitchSpec struct {
	Name       string          `json:"name"`
	Version    string          `json:"version"`
	Mode       string          `json:"mode"` // standard, edp_standard or edp_dedicated; the hosts tell none without it
	MTU        int32           `json:"mtu"`  // default 1500
	Uplinks    []string        `json:"uplinks"`
	PortGroups []portGroupSpec `json:"portGroups"`
}

// vmSpec describes a VM. A number that is 0 stands for a new VM's default.
type vmSpec struct {
	Name                string         `json:"name"`
	Host                string         `json:"host"` // default: the first
	Folder              string         `json:"folder"`
	Image               string         `json:"image"` // the image that the lab's hypervisor boots it from
	GuestID             string         `json:"guestId"`
	HardwareVersion     string         `json:"version"`
	CPUs                int32          `json:"cpus"`
	CoresPerSocket      int32          `json:"coresPerSocket"`
	SimultaneousThreads int32          `json:"simultaneousThreads"`
	MemoryMB            int64          `json:"memoryMB"`
	DiskGB              int64          `json:"diskGB"`
	DiskMode            string         `json:"diskMode"` // default: persistent
	Firmware            string         `json:"firmware"` // bios (default) or efi
	SecureBoot          bool           `json:"secureBoot"`
	Tools               string         `json:"tools"`       // vim.vm.GuestInfo.ToolsVersionStatus; default: open-vm-tools
	AdapterType         string         `json:"adapterType"` // e1000 or vmxnet3
	Networks            []string       `json:"networks"`
	LatencySensitivity  string         `json:"latencySensitivity"`
	VCPULatency         []string       `json:"vcpuLatencySensitivity"` // one level per vCPU
	CPUReservationMHz   int64          `json:"cpuReservationMHz"`
	MemoryReservationMB int64          `json:"memoryReservationMB"`
	MemoryLocked        bool           `json:"memoryReservationLockedToMax"`
	Affinity            []int32        `json:"affinity"`
	ExtraConfig         map[string]any `json:"extraConfig"`
	PoweredOn           bool           `json:"poweredOn"`
}

// fleetSpec describes Count VMs like VM. Each VM's number takes the place of %d in the name, and the VMs are spread over
// the hosts that are not in maintenance.
type fleetSpec struct {
	Count int    `json:"count"`
	VM    vmSpec `json:"vm"`
}

// readInventory reads a description from a file; without a name it returns the lab's own.
func readInventory(file string) (*inventorySpec, error) {
	text := labInventory
	if file != "" {
		var err error
		if text, err = os.ReadFile(file); err != nil {
			return nil, err
		}
	}
	described := &inventorySpec{}
	if err := decodeStrictly(text, described); err != nil {
		return nil, err
	}
	if described.Locale != "" && described.Locale != english && localizedLabels[described.Locale] == nil {
		return nil, fmt.Errorf("locale is en or de, not %q", described.Locale)
	}
	return described, nil
}

// mtuOr1500 is a switch's MTU where none is described.
func mtuOr1500(described int32) int32 {
	if described == 0 {
		return 1500
	}
	return described
}

// decodeStrictly refuses unknown keys: a misspelt one would silently describe another lab.
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
func (c *clusterSpec) hosts(defaults json.RawMessage) ([]hostSpec, error) {
	var all []hostSpec
	for _, text := range c.Hosts {
		host := hostSpec{
			Count: 1, Sockets: 2, CoresPerSocket: 8, ThreadsPerCore: 2, MHz: 2300, MemoryGB: 128,
			MaxSimultaneousThreads: 2, PowerPolicy: "static", CPUVendor: "intel",
			PowerManagement: "ACPI P-states, ACPI C-states",
			NTP:             ntpSpec{Running: true, Servers: []string{"ntp.lab"}},
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

func (h *hostSpec) check() error {
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

func (h *hostSpec) numbered() []hostSpec {
	if !strings.Contains(h.Name, "%") {
		return []hostSpec{*h}
	}
	var all []hostSpec
	for number := range h.Count {
		one := *h
		one.Name = fmt.Sprintf(h.Name, number+1)
		all = append(all, one)
	}
	return all
}

func (h *hostSpec) cores() int { return h.Sockets * h.CoresPerSocket }

// threads counts the logical processors: two per core where hyper-threading is active.
func (h *hostSpec) threads() int { return h.cores() * h.activeThreads() }

func (h *hostSpec) activeThreads() int {
	if h.HyperThreading != nil && !*h.HyperThreading {
		return 1
	}
	return h.ThreadsPerCore
}

// nodes counts the NUMA nodes; 0 for a host that reports none.
func (h *hostSpec) nodes() int {
	switch {
	case h.NumaNodes < 0:
		return 0
	case h.NumaNodes == 0:
		return h.Sockets
	}
	return h.NumaNodes
}
