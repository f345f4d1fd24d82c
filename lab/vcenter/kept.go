package main

import (
	"github.com/vmware/govmomi/vim25/types"
)

// keepDroppedFields stores typed fields that the simulator accepts and drops. A vCenter
// does not tell of fields that are newer than itself; clients fail on those.
func keepDroppedFields(config *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec, apiVersion string) {
	keepVCPUs(config, spec)
	if atLeast(apiVersion, "8.0.0.1") {
		keepVirtualNuma(config, spec.VirtualNuma)
		if spec.SimultaneousThreads != 0 {
			config.Hardware.SimultaneousThreads = spec.SimultaneousThreads
		}
	}
	clearNodes(config)
}

// keepVCPUs: the VM's level without levels of vCPUs is the level of all of them
// (VirtualMachineVcpuConfig.latencySensitivity).
func keepVCPUs(config *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec) {
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

// keepVirtualNuma shows the wanted size of the virtual nodes; 0 lets the host choose, as a new VM does.
func keepVirtualNuma(config *types.VirtualMachineConfigInfo, wanted *types.VirtualMachineVirtualNuma) {
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

// chooseVirtualNuma is what a power-on does for a VM that leaves the size of its nodes
// to the host: as few nodes of equal size as the host's nodes have room for.
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

// changedFields are the properties that the simulator changes without telling property
// collectors. Its update cannot assign optional flags (it panics), so those stay untold.
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
