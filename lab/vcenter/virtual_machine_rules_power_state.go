package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vmware/govmomi/vim25/types"
)

// powerOffSetting is a setting of the API that may change on a powered-off VM only.
type powerOffSetting struct {
	name    string
	changes func(*types.VirtualMachineConfigInfo, *types.VirtualMachineConfigSpec) bool
}

// hugePageKey backs a VM's memory with pages of 1 GB.
const hugePageKey = "sched.mem.lpage.enable1GPage"

// powerOffSettings: a spec that repeats the current value changes nothing and is accepted.
var powerOffSettings = []powerOffSetting{
	{"cpuAffinity", func(now *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec) bool {
		return spec.CpuAffinity != nil && !slices.Equal(affinity(spec.CpuAffinity), affinity(now.CpuAffinity))
	}},
	{"cpuHotAddEnabled", func(now *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec) bool {
		return flagChanges(now.CpuHotAddEnabled, spec.CpuHotAddEnabled)
	}},
	{"cpuHotRemoveEnabled", func(now *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec) bool {
		return flagChanges(now.CpuHotRemoveEnabled, spec.CpuHotRemoveEnabled)
	}},
	{"memoryHotAddEnabled", func(now *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec) bool {
		return flagChanges(now.MemoryHotAddEnabled, spec.MemoryHotAddEnabled)
	}},
	{"nestedHVEnabled", func(now *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec) bool {
		return flagChanges(now.NestedHVEnabled, spec.NestedHVEnabled)
	}},
	{"flags.vvtdEnabled", func(now *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec) bool {
		return spec.Flags != nil && flagChanges(now.Flags.VvtdEnabled, spec.Flags.VvtdEnabled)
	}},
	{"firmware", func(now *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec) bool {
		return spec.Firmware != "" && spec.Firmware != now.Firmware
	}},
	{"version", func(now *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec) bool {
		return spec.Version != "" && spec.Version != now.Version
	}},
	{"numCPUs", func(now *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec) bool {
		count := orCurrent(spec.NumCPUs, now.Hardware.NumCPU)
		return count > now.Hardware.NumCPU && !isTrue(now.CpuHotAddEnabled) ||
			count < now.Hardware.NumCPU && !isTrue(now.CpuHotRemoveEnabled)
	}},
	{"numCoresPerSocket", func(now *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec) bool {
		return orCurrent(spec.NumCoresPerSocket, now.Hardware.NumCoresPerSocket) != now.Hardware.NumCoresPerSocket
	}},
	{"memoryMB", func(now *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec) bool {
		size, current := orCurrent(spec.MemoryMB, int64(now.Hardware.MemoryMB)), int64(now.Hardware.MemoryMB)
		return size > current && !isTrue(now.MemoryHotAddEnabled) || size < current
	}},
	{"simultaneousThreads", func(now *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec) bool {
		current := max(now.Hardware.SimultaneousThreads, 1)
		return orCurrent(spec.SimultaneousThreads, current) != current
	}},
	{"virtualNuma.coresPerNumaNode", func(now *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec) bool {
		return coresPerNumaNode(now, spec) != coresPerNumaNode(now, &types.VirtualMachineConfigSpec{})
	}},
	{hugePageKey, func(now *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec) bool {
		return optionChanges(now, spec, hugePageKey)
	}},
	{"device.numaNode", adapterNodeChanges},
	{"device.uptv2Enabled", adapterUPTChanges},
	{"a device of a VM with an SR-IOV adapter", sriovChanges},
}

// sriovChanges: a VM with an SR-IOV adapter has no hot addition or removal of devices (vSphere Networking, "SR-IOV,
// availability of features").
func sriovChanges(now *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec) bool {
	has := slices.ContainsFunc(now.Hardware.Device, isSRIOV)
	return slices.ContainsFunc(adapterChanges(now, spec), func(change adapterChange) bool {
		plugged := change.operation != types.VirtualDeviceConfigSpecOperationEdit
		return isSRIOV(change.device) || has && plugged
	})
}

func isSRIOV(device types.BaseVirtualDevice) bool {
	_, ok := device.(*types.VirtualSriovEthernetCard)
	return ok
}

func adapterNodeChanges(now *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec) bool {
	for _, change := range adapterChanges(now, spec) {
		if change.operation != types.VirtualDeviceConfigSpecOperationEdit || change.old == nil {
			continue
		}
		if node := change.card.NumaNode; node != 0 && max(node, -1) != orNoNode(change.old.GetVirtualDevice().NumaNode) {
			return true
		}
	}
	return false
}

// orNoNode reads a device's node, where 0 stands for none.
func orNoNode(node int32) int32 {
	if node == 0 {
		return -1
	}
	return node
}

func adapterUPTChanges(now *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec) bool {
	for _, change := range adapterChanges(now, spec) {
		card, isVMXNET3 := change.device.(*types.VirtualVmxnet3)
		old, wasVMXNET3 := change.old.(*types.VirtualVmxnet3)
		if isVMXNET3 && wasVMXNET3 && change.operation == types.VirtualDeviceConfigSpecOperationEdit &&
			flagChanges(old.Uptv2Enabled, card.Uptv2Enabled) {
			return true
		}
	}
	return false
}

// affinity returns the set in one order, so that sets can be compared.
func affinity(info *types.VirtualMachineAffinityInfo) []int32 {
	if info == nil {
		return nil
	}
	return slices.Sorted(slices.Values(info.AffinitySet))
}

func flagChanges(now, wanted *bool) bool {
	return wanted != nil && *wanted != isTrue(now)
}

func isTrue(flag *bool) bool {
	return flag != nil && *flag
}

// orCurrent reads a number of a spec, where 0 stands for "as it is".
func orCurrent[T int32 | int64](wanted, current T) T {
	if wanted == 0 {
		return current
	}
	return wanted
}

func reservationOf(allocation *types.ResourceAllocationInfo) int64 {
	if allocation == nil || allocation.Reservation == nil {
		return 0
	}
	return *allocation.Reservation
}

func latencyHigh(config *types.VirtualMachineConfigInfo) bool {
	sensitivity := config.LatencySensitivity
	return sensitivity != nil && sensitivity.Level == types.LatencySensitivitySensitivityLevelHigh
}

func allMemoryReserved(config *types.VirtualMachineConfigInfo) bool {
	return isTrue(config.MemoryReservationLockedToMax) ||
		reservationOf(config.MemoryAllocation) >= int64(config.Hardware.MemoryMB)
}

// extraConfig returns the value of an advanced setting as text, "" when it is not set. VMX files do not regard the case
// of keys.
func extraConfig(config *types.VirtualMachineConfigInfo, key string) string {
	for _, option := range config.ExtraConfig {
		if value := option.GetOptionValue(); strings.EqualFold(value.Key, key) {
			return optionText(value.Value)
		}
	}
	return ""
}

// optionText is a value as a VMX file holds it; clients may send numbers and truth values with their types.
func optionText(value types.AnyType) string {
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}

func extraConfigTrue(config *types.VirtualMachineConfigInfo, key string) bool {
	return strings.EqualFold(extraConfig(config, key), "TRUE")
}
