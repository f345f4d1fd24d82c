package main

import (
	"github.com/vmware/govmomi/vim25/types"
)

// storeDroppedFields stores typed fields that the simulator accepts and drops. A vCenter does not return fields that are
// newer than its API version, because clients fail on properties that they do not know.
func storeDroppedFields(config *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec, apiVersion string) {
	storeVCPUConfig(config, spec)
	if atLeast(apiVersion, "8.0.0.1") {
		storeVirtualNuma(config, spec.VirtualNuma)
		if spec.SimultaneousThreads != 0 {
			config.Hardware.SimultaneousThreads = spec.SimultaneousThreads
		}
	}
	clearDeviceNodes(config)
}

// storeVCPUConfig: a VM's level without per-vCPU levels applies to all vCPUs
// (VirtualMachineVcpuConfig.latencySensitivity).
func storeVCPUConfig(config *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec) {
	switch {
	case spec.VcpuConfig != nil:
		config.VcpuConfig = spec.VcpuConfig
	case spec.LatencySensitivity != nil:
		config.VcpuConfig = nil
	}
	if count := int(config.Hardware.NumCPU); len(config.VcpuConfig) > count {
		config.VcpuConfig = config.VcpuConfig[:count]
	}
}

// storeVirtualNuma stores the size of the virtual NUMA nodes; 0 lets the host choose, as for a new VM.
func storeVirtualNuma(config *types.VirtualMachineConfigInfo, wanted *types.VirtualMachineVirtualNuma) {
	info := types.VirtualMachineVirtualNumaInfo{
		AutoCoresPerNumaNode: types.NewBool(true), VnumaOnCpuHotaddExposed: types.NewBool(false),
	}
	if config.NumaInfo != nil {
		info = *config.NumaInfo
	}
	if wanted != nil && wanted.CoresPerNumaNode != nil {
		info.AutoCoresPerNumaNode = types.NewBool(*wanted.CoresPerNumaNode == 0)
		info.CoresPerNumaNode = wanted.CoresPerNumaNode
		if *wanted.CoresPerNumaNode == 0 {
			info.CoresPerNumaNode = nil
		}
	}
	if wanted != nil && wanted.ExposeVnumaOnCpuHotadd != nil {
		info.VnumaOnCpuHotaddExposed = wanted.ExposeVnumaOnCpuHotadd
	}
	config.NumaInfo = &info
}

// chooseVirtualNuma picks the node size at power-on for a VM that leaves it to the host: the fewest equal nodes that fit
// into the host's.
func chooseVirtualNuma(config *types.VirtualMachineConfigInfo, coresPerNode int32) {
	if config.NumaInfo == nil || !isTrue(config.NumaInfo.AutoCoresPerNumaNode) {
		return
	}
	cores := config.Hardware.NumCPU
	nodes := int32(1)
	for coresPerNode > 0 && (cores > nodes*coresPerNode || cores%nodes != 0) && nodes < cores {
		nodes++
	}
	info := *config.NumaInfo
	info.CoresPerNumaNode = types.NewInt32(cores / nodes)
	config.NumaInfo = &info
}

// changedFields returns the properties that the simulator changes without notifying property collectors. Its update
// cannot assign optional flags (it panics), so changes of those are not announced.
func changedFields(config *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec) []types.PropertyChange {
	var changes []types.PropertyChange
	for _, field := range []struct {
		set   bool
		name  string
		value any
	}{
		{spec.CpuAffinity != nil, "config.cpuAffinity", config.CpuAffinity},
		{spec.LatencySensitivity != nil, "config.latencySensitivity", config.LatencySensitivity},
		{spec.CpuAllocation != nil, "config.cpuAllocation", config.CpuAllocation},
		{spec.MemoryAllocation != nil, "config.memoryAllocation", config.MemoryAllocation},
		{spec.NumCPUs != 0, "config.hardware.numCPU", config.Hardware.NumCPU},
		{spec.NumCoresPerSocket != 0, "config.hardware.numCoresPerSocket", config.Hardware.NumCoresPerSocket},
		{config.Hardware.SimultaneousThreads != 0 && spec.SimultaneousThreads != 0, "config.hardware.simultaneousThreads", config.Hardware.SimultaneousThreads},
		{spec.MemoryMB != 0, "config.hardware.memoryMB", config.Hardware.MemoryMB},
		{spec.VirtualNuma != nil && config.NumaInfo != nil, "config.numaInfo", config.NumaInfo},
		{config.VcpuConfig != nil && spec.VcpuConfig != nil, "config.vcpuConfig", config.VcpuConfig},
	} {
		if field.set {
			changes = append(changes, types.PropertyChange{Name: field.name, Val: field.value})
		}
	}
	return changes
}
