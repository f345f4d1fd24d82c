package main

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/vmware/govmomi/vim25/types"
)

type spec = types.VirtualMachineConfigSpec

// on and off return a VM of 2 vCPUs and 1024 MB in that power state, with two
// E1000 adapters at keys 4000 and 4001.
func on() vmState  { return vmIn(poweredOn) }
func off() vmState { return vmIn(poweredOff) }

func vmIn(power types.VirtualMachinePowerState) vmState {
	config := &types.VirtualMachineConfigInfo{
		ChangeVersion:    "7",
		Firmware:         "bios",
		Version:          "vmx-20",
		Hardware:         types.VirtualHardware{NumCPU: 2, NumCoresPerSocket: 1, MemoryMB: 1024},
		CpuAllocation:    &types.ResourceAllocationInfo{Reservation: types.NewInt64(0)},
		MemoryAllocation: &types.ResourceAllocationInfo{Reservation: types.NewInt64(0)},
	}
	for i, mac := range []string{"00:50:56:80:00:01", "00:50:56:80:00:02"} {
		card := &types.VirtualE1000{}
		card.Key, card.MacAddress, card.Backing = firstAdapterKey+int32(i), mac, standardBacking("PG-Mgmt")
		config.Hardware.Device = append(config.Hardware.Device, card)
	}
	return vmState{
		config: config, power: power, host: hostFacts{
			name: "esx-a1.lab", mhz: 2300, threads: 32, coresPerNode: 8, maxThreads: 2, vendor: "intel",
			apiVersion: "8.0.3.0", free: capacity{mhz: 36800, memoryMB: 131072},
			networks: []types.ManagedObjectReference{networkOf("network-1"), networkOf("dvportgroup-1")},
		},
		networks: networks{
			standard: map[string]network{"PG-Mgmt": {"PG-Mgmt", networkOf("network-1")}},
			distributed: map[portGroup]network{
				{"dvportgroup-1", "switch-1"}: {"PG-S5U", networkOf("dvportgroup-1")},
				{"dvportgroup-2", "switch-2"}: {"PG-S5U", networkOf("dvportgroup-2")}, // on no switch of the host's
			},
		},
	}
}

func networkOf(value string) types.ManagedObjectReference {
	return types.ManagedObjectReference{Type: "Network", Value: value}
}

func standardBacking(name string) types.BaseVirtualDeviceBackingInfo {
	return &types.VirtualEthernetCardNetworkBackingInfo{
		VirtualDeviceDeviceBackingInfo: types.VirtualDeviceDeviceBackingInfo{DeviceName: name},
	}
}

// vmxnet3 is an adapter on PG-Mgmt.
func vmxnet3(key int32, mac string) *types.VirtualVmxnet3 {
	card := &types.VirtualVmxnet3{}
	card.Key, card.MacAddress, card.Backing = key, mac, standardBacking("PG-Mgmt")
	return card
}

const (
	add    = types.VirtualDeviceConfigSpecOperationAdd
	edit   = types.VirtualDeviceConfigSpecOperationEdit
	remove = types.VirtualDeviceConfigSpecOperationRemove
)

func change(operation types.VirtualDeviceConfigSpecOperation, device types.BaseVirtualDevice) types.BaseVirtualDeviceConfigSpec {
	return &types.VirtualDeviceConfigSpec{Operation: operation, Device: device}
}

func devices(changes ...types.BaseVirtualDeviceConfigSpec) spec { return spec{DeviceChange: changes} }

func reservation(amount int64) *types.ResourceAllocationInfo {
	return &types.ResourceAllocationInfo{Reservation: types.NewInt64(amount)}
}

func high() *types.LatencySensitivity {
	return &types.LatencySensitivity{Level: types.LatencySensitivitySensitivityLevelHigh}
}

var yes = types.NewBool(true)

func TestReconfigureRules(t *testing.T) {
	hotAdd := on()
	hotAdd.config.CpuHotAddEnabled, hotAdd.config.MemoryHotAddEnabled = yes, yes
	reserved := off()
	reserved.config.MemoryAllocation = reservation(1024)
	locked := off()
	locked.config.MemoryAllocation, locked.config.MemoryReservationLockedToMax = reservation(1024), yes

	var none types.BaseMethodFault
	needsPowerOff := &types.InvalidPowerState{RequestedState: poweredOff, ExistingState: poweredOn}
	tests := []struct {
		name string
		vm   vmState
		spec spec
		want types.BaseMethodFault // by type
	}{
		{"nothing", on(), spec{}, none},
		{"current change version", on(), spec{ChangeVersion: "7"}, none},
		{"stale change version", off(), spec{ChangeVersion: "6"}, &types.ConcurrentAccess{}},

		{"affinity on", on(), spec{CpuAffinity: &types.VirtualMachineAffinityInfo{AffinitySet: []int32{3}}}, needsPowerOff},
		{"affinity off", off(), spec{CpuAffinity: &types.VirtualMachineAffinityInfo{AffinitySet: []int32{3}}}, none},
		{"no affinity, as it is", on(), spec{CpuAffinity: &types.VirtualMachineAffinityInfo{}}, none},
		{"CPU hot-add on", on(), spec{CpuHotAddEnabled: yes}, needsPowerOff},
		{"CPU hot-add off", off(), spec{CpuHotAddEnabled: yes}, none},
		{"CPU hot-add as it is", hotAdd, spec{CpuHotAddEnabled: yes}, none},
		{"CPU hot-remove on", on(), spec{CpuHotRemoveEnabled: yes}, needsPowerOff},
		{"memory hot-add on", on(), spec{MemoryHotAddEnabled: yes}, needsPowerOff},
		{"nested virtualisation on", on(), spec{NestedHVEnabled: yes}, needsPowerOff},
		{"vIOMMU on", on(), spec{Flags: &types.VirtualMachineFlagInfo{VvtdEnabled: yes}}, needsPowerOff},
		{"vIOMMU off", off(), spec{Flags: &types.VirtualMachineFlagInfo{VvtdEnabled: yes}}, none},
		{"firmware on", on(), spec{Firmware: "efi"}, needsPowerOff},
		{"firmware as it is", on(), spec{Firmware: "bios"}, none},
		{"hardware version on", on(), spec{Version: "vmx-21"}, needsPowerOff},
		{"vCPUs on", on(), spec{NumCPUs: 4}, needsPowerOff},
		{"vCPUs with hot-add", hotAdd, spec{NumCPUs: 4}, none},
		{"fewer vCPUs with hot-add", hotAdd, spec{NumCPUs: 1}, needsPowerOff},
		{"cores per socket on", on(), spec{NumCoresPerSocket: 2}, needsPowerOff},
		{"memory on", on(), spec{MemoryMB: 2048}, needsPowerOff},
		{"memory with hot-add", hotAdd, spec{MemoryMB: 2048}, none},
		{"less memory with hot-add", hotAdd, spec{MemoryMB: 512}, needsPowerOff},
		{"reservations on", on(), spec{CpuAllocation: reservation(4600), MemoryAllocation: reservation(1024)}, none},
		{"latency sensitivity on", on(), spec{LatencySensitivity: high()}, none},

		{"cores do not divide vCPUs", off(), spec{NumCPUs: 7, NumCoresPerSocket: 4}, &types.InvalidArgument{}},
		{"cores divide vCPUs", off(), spec{NumCPUs: 8, NumCoresPerSocket: 4}, none},

		{"reservation above memory", off(), spec{MemoryAllocation: reservation(1025)}, &types.InvalidArgument{}},
		{"reservation above new memory", reserved, spec{MemoryMB: 512}, &types.InvalidArgument{}},
		{"locked reservation follows", locked, spec{MemoryMB: 512}, none},
		{"reservation of all memory", off(), spec{MemoryMB: 2048, MemoryAllocation: reservation(2048)}, none},

		{"limit below reservation", off(), spec{CpuAllocation: allocation(4600, 4000)}, &types.InvalidArgument{}},
		{"limit of the reservation", off(), spec{CpuAllocation: allocation(4600, 4600)}, none},
		{"no limit", off(), spec{CpuAllocation: allocation(4600, -1)}, none},

		{"affinity beyond the host", off(), spec{CpuAffinity: &types.VirtualMachineAffinityInfo{AffinitySet: []int32{31, 32}}}, &types.InvalidArgument{}},
		{"affinity to the last CPU", off(), spec{CpuAffinity: &types.VirtualMachineAffinityInfo{AffinitySet: []int32{31}}}, none},

		{"threads on", on(), spec{SimultaneousThreads: 2}, needsPowerOff},
		{"threads as they are", on(), spec{SimultaneousThreads: 1}, none},
		{"threads off", off(), spec{SimultaneousThreads: 2}, none},
		{"threads do not divide vCPUs", off(), spec{SimultaneousThreads: 2, NumCPUs: 3}, &types.InvalidArgument{}},
		{"more threads than the host shows", off(), spec{SimultaneousThreads: 4, NumCPUs: 4}, &types.InvalidArgument{}},
		{"threads of old hardware", version(off(), 19), spec{SimultaneousThreads: 2}, &types.InvalidVmConfig{}},
		{"threads of hardware that is upgraded", version(off(), 19), spec{SimultaneousThreads: 2, Version: "vmx-20"}, none},

		{"virtual nodes on", on(), spec{VirtualNuma: virtualNuma(1)}, needsPowerOff},
		{"virtual nodes off", off(), spec{VirtualNuma: virtualNuma(1)}, none},
		{"virtual nodes as they are", on(), spec{VirtualNuma: virtualNuma(0)}, none},
		{"virtual nodes do not divide vCPUs", off(), spec{VirtualNuma: virtualNuma(2), NumCPUs: 3}, &types.InvalidArgument{}},
		{"virtual nodes of old hardware", version(off(), 19), spec{VirtualNuma: virtualNuma(1)}, &types.InvalidVmConfig{}},
		{"no virtual nodes of old hardware", version(off(), 19), spec{VirtualNuma: virtualNuma(0)}, none},

		{"IOMMU of old hardware", version(off(), 13), spec{Flags: &types.VirtualMachineFlagInfo{VvtdEnabled: yes}}, &types.InvalidVmConfig{}},
		{"IOMMU on Intel", version(off(), 14), spec{Flags: &types.VirtualMachineFlagInfo{VvtdEnabled: yes}}, none},
		{"IOMMU of old hardware on AMD", amd(version(off(), 17)), spec{Flags: &types.VirtualMachineFlagInfo{VvtdEnabled: yes}}, &types.InvalidVmConfig{}},
		{"IOMMU on AMD", amd(version(off(), 18)), spec{Flags: &types.VirtualMachineFlagInfo{VvtdEnabled: yes}}, none},

		{"1 GB pages on", on(), spec{ExtraConfig: option(hugePageKey, "TRUE")}, needsPowerOff},
		{"1 GB pages off", off(), spec{ExtraConfig: option(hugePageKey, "TRUE")}, none},
		{"another option on", on(), spec{ExtraConfig: option("a.b", "c")}, none},

		{"more CPU than the host has free, on", on(), spec{CpuAllocation: reservation(36801)}, &types.InsufficientCpuResourcesFault{}},
		{"all CPU of the host, on", on(), spec{CpuAllocation: reservation(36800)}, none},
		{"more CPU than the host has, off", off(), spec{CpuAllocation: reservation(36801)}, none},
		{"more memory than the host has free, on", crowded(on()), spec{MemoryAllocation: reservation(1024)}, &types.InsufficientMemoryResourcesFault{}},
		{"locked memory beyond the host, on", crowded(on()), spec{MemoryReservationLockedToMax: yes}, &types.InsufficientMemoryResourcesFault{}},
		{"memory that the host has free, on", crowded(on()), spec{MemoryAllocation: reservation(1023)}, none},

		{"levels of more vCPUs than there are", off(), spec{LatencySensitivity: high(), VcpuConfig: make([]types.VirtualMachineVcpuConfig, 3)}, &types.InvalidArgument{}},
		{"vCPU latency alone", off(), spec{VcpuConfig: []types.VirtualMachineVcpuConfig{{LatencySensitivity: high()}}}, &types.InvalidArgument{}},
		{"vCPU latency with the VM's", off(), spec{LatencySensitivity: high(), VcpuConfig: []types.VirtualMachineVcpuConfig{{LatencySensitivity: high()}, {}}}, none},
		{"vCPU latency low", off(), spec{LatencySensitivity: high(), VcpuConfig: []types.VirtualMachineVcpuConfig{
			{LatencySensitivity: &types.LatencySensitivity{Level: types.LatencySensitivitySensitivityLevelLow}}}}, &types.InvalidArgument{}},

		{"edit of no device", off(), devices(change(edit, vmxnet3(4007, ""))), &types.InvalidDeviceSpec{}},
		{"removal of no device", off(), devices(change(remove, vmxnet3(4007, ""))), &types.InvalidDeviceSpec{}},
		{"type in place, off", off(), devices(change(edit, vmxnet3(4000, ""))), &types.InvalidDeviceSpec{}},
		{"type in place, on", on(), devices(change(edit, vmxnet3(4000, ""))), &types.InvalidDeviceSpec{}},
		{"type by replacing", off(), devices(change(remove, vmxnet3(4000, "")), change(add, vmxnet3(-1, "00:50:56:80:00:01"))), none},
		{"edit of the same type", on(), devices(change(edit, off().config.Hardware.Device[0])), none},

		{"MAC of another adapter", off(), devices(change(add, vmxnet3(-1, "00:50:56:80:00:02"))), &types.InvalidDeviceSpec{}},
		{"MAC in other letters", off(), devices(change(add, vmxnet3(-1, "00:50:56:AB:00:02")), change(add, vmxnet3(-2, "00:50:56:ab:00:02"))), &types.InvalidDeviceSpec{}},
		{"malformed MAC", off(), devices(change(add, vmxnet3(-1, "00:50:56:80:00"))), &types.InvalidDeviceSpec{}},
		{"group MAC", off(), devices(change(add, vmxnet3(-1, "01:50:56:80:00:01"))), &types.InvalidDeviceSpec{}},
		{"MAC to be assigned", off(), devices(change(add, vmxnet3(-1, "")), change(add, vmxnet3(-2, ""))), none},

		{"node of a device", nodes(off()), devices(change(add, onNode(0))), none},
		{"node of a device on", nodes(on()), devices(change(add, onNode(0))), none},
		{"node of a device, BIOS", off(), spec{VirtualNuma: virtualNuma(1), DeviceChange: devices(change(add, onNode(0))).DeviceChange}, &types.InvalidDeviceSpec{}},
		{"node of a device, nodes left to the host", nodes(off()), spec{VirtualNuma: virtualNuma(0), DeviceChange: devices(change(add, onNode(0))).DeviceChange}, &types.InvalidDeviceSpec{}},
		{"node that the VM does not have", nodes(off()), devices(change(add, onNode(2))), &types.InvalidDeviceSpec{}},
		{"node of a device, old hardware", version(nodes(off()), 19), devices(change(add, onNode(1))), &types.DeviceUnsupportedForVmVersion{}},
		{"no node", off(), devices(change(add, onNode(-1))), none},
		{"UPT", off(), devices(change(add, upt())), none},
		{"UPT of old hardware", version(off(), 19), devices(change(add, upt())), &types.DeviceUnsupportedForVmVersion{}},

		{"eleven adapters", off(), devices(slicesOf(9)...), &types.TooManyDevices{}},
		{"ten adapters", off(), devices(slicesOf(8)...), none},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			expectFault(t, firstRefusal(reconfigureRules, test.vm, &test.spec), test.want)
		})
	}
}

func allocation(reserved, limit int64) *types.ResourceAllocationInfo {
	return &types.ResourceAllocationInfo{Reservation: &reserved, Limit: &limit}
}

func version(m vmState, number int) vmState {
	m.config.Version = fmt.Sprintf("vmx-%d", number)
	return m
}

func amd(m vmState) vmState {
	m.host.vendor = "amd"
	return m
}

// crowded leaves 1023 MB of the host free.
func crowded(m vmState) vmState {
	m.host.free.memoryMB = 1023
	return m
}

// nodes gives the VM EFI and two virtual nodes.
func nodes(m vmState) vmState {
	m.config.Firmware = "efi"
	storeVirtualNuma(m.config, virtualNuma(1))
	return m
}

func virtualNuma(cores int32) *types.VirtualMachineVirtualNuma {
	return &types.VirtualMachineVirtualNuma{CoresPerNumaNode: &cores}
}

func onNode(node int32) *types.VirtualVmxnet3 {
	card := vmxnet3(-1, "")
	if card.NumaNode = node; node == 0 {
		card.NumaNode = nodeZero
	}
	return card
}

func upt() *types.VirtualVmxnet3 {
	card := vmxnet3(-1, "")
	card.Uptv2Enabled = yes
	return card
}

func option(key, value string) []types.BaseOptionValue {
	return []types.BaseOptionValue{&types.OptionValue{Key: key, Value: value}}
}

func slicesOf(count int) []types.BaseVirtualDeviceConfigSpec {
	var changes []types.BaseVirtualDeviceConfigSpec
	for range count {
		changes = append(changes, change(add, vmxnet3(-1, "")))
	}
	return changes
}

func expectFault(t *testing.T, refused *refusal, want types.BaseMethodFault) {
	t.Helper()
	if want == nil {
		if refused != nil {
			t.Fatalf("refused with %T (%s), wanted acceptance", refused.fault, refused.message)
		}
		return
	}
	if refused == nil {
		t.Fatalf("accepted, wanted %T", want)
	}
	if reflect.TypeOf(refused.fault) != reflect.TypeOf(want) {
		t.Fatalf("refused with %T, wanted %T", refused.fault, want)
	}
	if refused.message == "" || strings.Contains(refused.message, "*types") {
		t.Errorf("message %q is none for a reader", refused.message)
	}
}

func TestPowerOnRules(t *testing.T) {
	vm := func(changes ...func(*types.VirtualMachineConfigInfo)) vmState {
		m := off()
		for _, change := range changes {
			change(m.config)
		}
		return m
	}
	type change = func(*types.VirtualMachineConfigInfo)
	latency := func(c *types.VirtualMachineConfigInfo) { c.LatencySensitivity = high() }
	cpu := func(mhz int64) change {
		return func(c *types.VirtualMachineConfigInfo) { c.CpuAllocation = reservation(mhz) }
	}
	memory := func(mb int64) change {
		return func(c *types.VirtualMachineConfigInfo) { c.MemoryAllocation = reservation(mb) }
	}
	locked := func(c *types.VirtualMachineConfigInfo) { c.MemoryReservationLockedToMax = yes }
	threads := func(c *types.VirtualMachineConfigInfo) { c.Hardware.SimultaneousThreads = 2 }
	pinned := func(cpu int32) change {
		return func(c *types.VirtualMachineConfigInfo) {
			c.CpuAffinity = &types.VirtualMachineAffinityInfo{AffinitySet: []int32{cpu}}
		}
	}
	pages := func(value string) change {
		return func(c *types.VirtualMachineConfigInfo) {
			c.ExtraConfig = []types.BaseOptionValue{&types.OptionValue{Key: "sched.mem.lpage.enable1GPage", Value: value}}
		}
	}
	address := func(kind, mac string) change {
		return func(c *types.VirtualMachineConfigInfo) {
			card := cardOf(c.Hardware.Device[0])
			card.AddressType, card.MacAddress = kind, mac
		}
	}
	tests := []struct {
		name string
		vm   vmState
		want string // part of the message; "" for acceptance
	}{
		{"plain", vm(), ""},
		{"high without reservations", vm(latency), "(sched.cpu.min) should be at least 4600 MHz"},
		{"high with part of the CPU", vm(latency, cpu(4599), locked), "should be at least 4600 MHz"},
		{"high without memory", vm(latency, cpu(4600)), "(sched.mem.min) should be equal to memsize(1024)"},
		{"high with part of the memory", vm(latency, cpu(4600), memory(1023)), "memsize(1024)"},
		{"high with both", vm(latency, cpu(4600), memory(1024)), ""},
		{"high with locked memory", vm(latency, cpu(4600), locked), ""},
		{"high with a CPU limit", vm(latency, locked, func(c *types.VirtualMachineConfigInfo) { c.CpuAllocation = allocation(4600, 4600) }),
			"(sched.cpu.max) should be unlimited"},
		{"high with shared cores", vm(latency, locked, cpu(2300), threads), ""},
		{"high with part of shared cores", vm(latency, locked, cpu(2299), threads), "should be at least 2300 MHz"},
		{"affinity to a CPU of another host", vm(pinned(32)), "no CPU 32"},
		{"affinity", vm(pinned(31)), ""},
		{"more CPU than is free", vm(cpu(36801)), "sufficient CPU resources"},
		{"all CPU", vm(cpu(36800)), ""},
		{"more memory than is free", crowded(vm(memory(1024))), "sufficient memory resources"},
		{"memory that is free", crowded(vm(memory(1023))), ""},
		{"no reservation on a host with nothing free", full(vm()), ""},
		{"host in maintenance", inMaintenance(vm()), "in maintenance mode"},
		{"1 GB pages of an old host", oldHost(vm(pages("TRUE"), memory(1024))), "need vSphere 6.7"},
		{"1 GB pages without memory", vm(pages("TRUE")), "1 GB pages"},
		{"1 GB pages with memory", vm(pages("true"), memory(1024)), ""},
		{"no 1 GB pages", vm(pages("FALSE")), ""},
		{"manual address of vCenter's range", vm(address("manual", "00:50:56:80:00:01")), "not an allowed static Ethernet address"},
		{"manual address of the static range", vm(address("manual", "00:50:56:3f:00:01")), ""},
		{"manual address of another vendor", vm(address("manual", "02:00:00:80:00:01")), ""},
		{"assigned address", vm(address("assigned", "00:50:56:80:00:01")), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			refused := firstRefusal(powerOnRules, test.vm, nil)
			switch {
			case test.want == "" && refused != nil:
				t.Fatalf("refused: %s", refused.message)
			case test.want != "" && refused == nil:
				t.Fatalf("accepted, wanted %q", test.want)
			case test.want != "" && !strings.Contains(refused.message, test.want):
				t.Fatalf("refused with %q, wanted %q", refused.message, test.want)
			}
		})
	}
}

func inMaintenance(m vmState) vmState {
	m.host.maintenance = true
	return m
}

func oldHost(m vmState) vmState {
	m.host.apiVersion = "6.5"
	return m
}

func full(m vmState) vmState {
	m.host.free = capacity{mhz: -1, memoryMB: -1}
	return m
}
