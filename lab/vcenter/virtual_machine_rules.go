package main

import (
	"fmt"
	"slices"

	"github.com/vmware/govmomi/vim25/types"
)

// vmState is what the rules know of a VM.
type vmState struct {
	config   *types.VirtualMachineConfigInfo
	power    types.VirtualMachinePowerState
	networks networks
	host     hostFacts
}

// rule is one refusal of a real vCenter that the simulator lacks. Rules are pure functions; nil means that the rule
// accepts the spec.
type rule struct {
	name  string
	check func(vmState, *types.VirtualMachineConfigSpec) *refusal
}

// reconfigureRules apply to ReconfigVM_Task and CreateVM_Task, in this order.
var reconfigureRules = []rule{
	{"the change version is the current one", checkChangeVersion},
	{"the setting may be changed in this power state", checkPowerState},
	{"cores per socket divide the vCPUs", checkCoresPerSocket},
	{"simultaneous threads divide the vCPUs, and VM and host support them", checkSimultaneousThreads},
	{"virtual nodes divide the vCPUs, and the VM supports them", checkVirtualNuma},
	{"the VM supports an IOMMU", checkIOMMU},
	{"the affinity names CPUs of the host", checkAffinityExists},
	{"the memory reservation fits the memory", checkMemoryReservation},
	{"the limits fit the reservations", checkLimits},
	{"per-vCPU latency sensitivity goes with the VM's", checkVCPULatency},
	{"the device exists", checkDeviceExists},
	{"the adapter's type stays", checkAdapterType},
	{"the port group exists, and the host offers it", checkNetwork},
	{"MAC addresses are well-formed and unique in the VM", checkMACAddresses},
	{"there are at most ten adapters", checkAdapterCount},
	{"the VM supports what its adapters are asked for", checkAdapterHardware},
	{"the host has the CPU that a running VM reserves", checkFreeCPU},
	{"the host has the memory that a running VM reserves", checkFreeMemory},
}

// powerOnRules apply to PowerOnVM_Task; their spec is nil.
var powerOnRules = []rule{
	{"the host is not in maintenance", checkMaintenance},
	{"latency sensitivity high has no CPU limit", checkLatencyLimit},
	{"latency sensitivity high has its CPU reservation", checkLatencyCPU},
	{"latency sensitivity high has its memory reservation", checkLatencyMemory},
	{"1 GB pages have their memory reservation", checkHugePageMemory},
	{"the host knows 1 GB pages", checkHugePageHost},
	{"SR-IOV adapters have their memory reservation", checkSRIOVMemory},
	{"manual MAC addresses stay out of the reserved range", checkManualMAC},
	{"the affinity names CPUs of the host", checkAffinityOnHost},
	{"the host has the CPU that the VM reserves", checkFreeCPU},
	{"the host has the memory that the VM reserves", checkFreeMemory},
}

func firstRefusal(rules []rule, m vmState, spec *types.VirtualMachineConfigSpec) *refusal {
	for _, r := range rules {
		if refused := r.check(m, spec); refused != nil {
			return refused
		}
	}
	return nil
}

func checkChangeVersion(m vmState, spec *types.VirtualMachineConfigSpec) *refusal {
	if spec.ChangeVersion == "" || spec.ChangeVersion == m.config.ChangeVersion {
		return nil
	}
	return &refusal{
		fault:   &types.ConcurrentAccess{},
		message: "Cannot complete operation due to concurrent modification by another operation.",
	}
}

func checkPowerState(m vmState, spec *types.VirtualMachineConfigSpec) *refusal {
	if m.power != types.VirtualMachinePowerStatePoweredOn {
		return nil
	}
	for _, setting := range powerOffSettings {
		if setting.changes(m.config, spec) {
			return refuse(&types.InvalidPowerState{
				RequestedState: types.VirtualMachinePowerStatePoweredOff,
				ExistingState:  m.power,
			})
		}
	}
	return nil
}

func checkCoresPerSocket(m vmState, spec *types.VirtualMachineConfigSpec) *refusal {
	cpus := orCurrent(spec.NumCPUs, m.config.Hardware.NumCPU)
	cores := orCurrent(spec.NumCoresPerSocket, m.config.Hardware.NumCoresPerSocket)
	if cores == 0 || cpus%cores == 0 {
		return nil
	}
	return refuse(&types.InvalidArgument{InvalidProperty: "configSpec.numCoresPerSocket"})
}

func checkMemoryReservation(m vmState, spec *types.VirtualMachineConfigSpec) *refusal {
	memory := orCurrent(spec.MemoryMB, int64(m.config.Hardware.MemoryMB))
	reservation := reservationOf(m.config.MemoryAllocation)
	if spec.MemoryAllocation != nil && spec.MemoryAllocation.Reservation != nil {
		reservation = *spec.MemoryAllocation.Reservation
	} else if isTrue(m.config.MemoryReservationLockedToMax) {
		return nil // the reservation follows the memory
	}
	if reservation <= memory {
		return nil
	}
	return refuse(&types.InvalidArgument{InvalidProperty: "configSpec.memoryAllocation.reservation"})
}

func checkVCPULatency(m vmState, spec *types.VirtualMachineConfigSpec) *refusal {
	if len(spec.VcpuConfig) > int(orCurrent(spec.NumCPUs, m.config.Hardware.NumCPU)) {
		return refuse(&types.InvalidArgument{InvalidProperty: "configSpec.vcpuConfig"})
	}
	for _, vcpu := range spec.VcpuConfig {
		if vcpu.LatencySensitivity == nil {
			continue
		}
		level := vcpu.LatencySensitivity.Level
		high := spec.LatencySensitivity != nil && spec.LatencySensitivity.Level == types.LatencySensitivitySensitivityLevelHigh
		if level == types.LatencySensitivitySensitivityLevelNormal || level == types.LatencySensitivitySensitivityLevelHigh && high {
			continue
		}
		return refuse(&types.InvalidArgument{InvalidProperty: "configSpec.vcpuConfig.latencySensitivity"})
	}
	return nil
}

func checkLatencyCPU(m vmState, _ *types.VirtualMachineConfigSpec) *refusal {
	// With virtual hyper-threading that many vCPUs share a core.
	threads := int64(max(m.config.Hardware.SimultaneousThreads, 1))
	needed := int64(m.config.Hardware.NumCPU) * m.host.mhz / threads
	if !latencyHigh(m.config) || reservationOf(m.config.CpuAllocation) >= needed {
		return nil
	}
	return refuseConfiguration(
		"Invalid CPU reservation for the latency-sensitive VM, (sched.cpu.min) should be at least %d MHz.", needed)
}

func checkLatencyMemory(m vmState, _ *types.VirtualMachineConfigSpec) *refusal {
	if !latencyHigh(m.config) || allMemoryReserved(m.config) {
		return nil
	}
	return refuseConfiguration(
		"Invalid memory setting: memory reservation (sched.mem.min) should be equal to memsize(%d).", m.config.Hardware.MemoryMB)
}

// checkHugePageMemory: the vSphere guide on 1 GB pages asks for a full reservation, else the VM does not power on.
func checkHugePageMemory(m vmState, _ *types.VirtualMachineConfigSpec) *refusal {
	if !extraConfigTrue(m.config, hugePageKey) || allMemoryReserved(m.config) {
		return nil
	}
	return refuseConfiguration(
		"Invalid memory setting: memory reservation (sched.mem.min) should be equal to memsize(%d) for 1 GB pages.", m.config.Hardware.MemoryMB)
}

// checkSRIOVMemory: the IOMMU must reach all memory of the VM (vSphere Networking, "Assign a virtual function as SR-IOV
// passthrough adapter to a virtual machine").
func checkSRIOVMemory(m vmState, _ *types.VirtualMachineConfigSpec) *refusal {
	if !slices.ContainsFunc(m.config.Hardware.Device, isSRIOV) || allMemoryReserved(m.config) {
		return nil
	}
	return refuseConfiguration(
		"Invalid memory setting: memory reservation (sched.mem.min) should be equal to memsize(%d).", m.config.Hardware.MemoryMB)
}

// checkLatencyLimit: cores that are a VM's own cannot be limited.
func checkLatencyLimit(m vmState, _ *types.VirtualMachineConfigSpec) *refusal {
	if !latencyHigh(m.config) || limitOf(m.config.CpuAllocation) < 0 {
		return nil
	}
	return refuseConfiguration("Invalid CPU limit for the latency-sensitive VM, (sched.cpu.max) should be unlimited.")
}

// checkHugePageHost: hosts know 1 GB pages since vSphere 6.7.
func checkHugePageHost(m vmState, _ *types.VirtualMachineConfigSpec) *refusal {
	if !extraConfigTrue(m.config, hugePageKey) || atLeast(m.host.apiVersion, "6.7") {
		return nil
	}
	return refuseConfiguration("The host %s does not support 1 GB pages, which need vSphere 6.7.", m.host.name)
}

// checkAffinityOnHost: a VM may have come from a host with more CPUs.
func checkAffinityOnHost(m vmState, _ *types.VirtualMachineConfigSpec) *refusal {
	for _, cpu := range affinity(m.config.CpuAffinity) {
		if int(cpu) >= m.host.threads {
			return refuseConfiguration("Invalid CPU affinity (sched.cpu.affinity): the host %s has no CPU %d.", m.host.name, cpu)
		}
	}
	return nil
}

func checkMaintenance(m vmState, _ *types.VirtualMachineConfigSpec) *refusal {
	if !m.host.maintenance {
		return nil
	}
	return &refusal{
		fault:   &types.InvalidState{},
		message: fmt.Sprintf("The operation is not allowed while the host %s is in maintenance mode.", m.host.name),
	}
}

func refuseConfiguration(format string, values ...any) *refusal {
	reason := fmt.Sprintf(format, values...)
	return &refusal{fault: &types.GenericVmConfigFault{Reason: reason}, message: reason}
}
