package main

import (
	"fmt"

	"github.com/vmware/govmomi/vim25/types"
)

// machine is what the rules may know of a VM.
type machine struct {
	config   *types.VirtualMachineConfigInfo
	power    types.VirtualMachinePowerState
	networks networks
	hostMHz  int64 // clock of one core of the VM's host
}

// networks are the port groups that an adapter can be backed by.
type networks struct {
	standard    map[string]bool
	distributed map[portGroup]string // to its name
	opaque      map[string]string    // NSX's identifier to its name
	references  map[string]types.ManagedObjectReference
}

// portGroup identifies a distributed port group as an adapter's backing does.
type portGroup struct{ key, switchUUID string }

// rule is one refusal of a real vCenter that the simulator lacks. Rules are pure:
// nil means that the rule has nothing against the spec.
type rule struct {
	name  string
	check func(machine, *types.VirtualMachineConfigSpec) *refusal
}

// reconfigureRules apply to ReconfigVM_Task and CreateVM_Task, in this order.
var reconfigureRules = []rule{
	{"the change version is the current one", checkChangeVersion},
	{"the setting may be changed in this power state", checkPowerState},
	{"cores per socket divide the vCPUs", checkCoresPerSocket},
	{"the memory reservation fits the memory", checkMemoryReservation},
	{"per-vCPU latency sensitivity goes with the VM's", checkVCPULatency},
	{"the device exists", checkDeviceExists},
	{"the adapter's type stays", checkAdapterType},
	{"the port group exists", checkNetwork},
	{"MAC addresses are well-formed and unique in the VM", checkMACAddresses},
	{"there are at most ten adapters", checkAdapterCount},
}

// powerOnRules apply to PowerOnVM_Task; their spec is nil.
var powerOnRules = []rule{
	{"latency sensitivity high has its CPU reservation", checkLatencyCPU},
	{"latency sensitivity high has its memory reservation", checkLatencyMemory},
	{"1 GB pages have their memory reservation", checkHugePageMemory},
	{"manual MAC addresses stay out of the reserved range", checkManualMAC},
}

func firstRefusal(rules []rule, m machine, spec *types.VirtualMachineConfigSpec) *refusal {
	for _, r := range rules {
		if refused := r.check(m, spec); refused != nil {
			return refused
		}
	}
	return nil
}

func checkChangeVersion(m machine, spec *types.VirtualMachineConfigSpec) *refusal {
	if spec.ChangeVersion == "" || spec.ChangeVersion == m.config.ChangeVersion {
		return nil
	}
	return &refusal{
		fault:   &types.ConcurrentAccess{},
		message: "Cannot complete operation due to concurrent modification by another operation.",
	}
}

func checkPowerState(m machine, spec *types.VirtualMachineConfigSpec) *refusal {
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

func checkCoresPerSocket(m machine, spec *types.VirtualMachineConfigSpec) *refusal {
	cpus := orCurrent(spec.NumCPUs, m.config.Hardware.NumCPU)
	cores := orCurrent(spec.NumCoresPerSocket, m.config.Hardware.NumCoresPerSocket)
	if cores == 0 || cpus%cores == 0 {
		return nil
	}
	return refuse(&types.InvalidArgument{InvalidProperty: "configSpec.numCoresPerSocket"})
}

func checkMemoryReservation(m machine, spec *types.VirtualMachineConfigSpec) *refusal {
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

func checkVCPULatency(m machine, spec *types.VirtualMachineConfigSpec) *refusal {
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

func checkLatencyCPU(m machine, _ *types.VirtualMachineConfigSpec) *refusal {
	needed := int64(m.config.Hardware.NumCPU) * m.hostMHz
	if !latencyHigh(m.config) || reservationOf(m.config.CpuAllocation) >= needed {
		return nil
	}
	return refuseConfiguration(
		"Invalid CPU reservation for the latency-sensitive VM, (sched.cpu.min) should be at least %d MHz.", needed)
}

func checkLatencyMemory(m machine, _ *types.VirtualMachineConfigSpec) *refusal {
	if !latencyHigh(m.config) || allMemoryReserved(m.config) {
		return nil
	}
	return refuseConfiguration(
		"Invalid memory setting: memory reservation (sched.mem.min) should be equal to memsize(%d).", m.config.Hardware.MemoryMB)
}

// checkHugePageMemory: the vSphere guide on 1 GB pages asks for a full reservation, else the VM does not power on.
func checkHugePageMemory(m machine, _ *types.VirtualMachineConfigSpec) *refusal {
	if !extraConfigTrue(m.config, "sched.mem.lpage.enable1GPage") || allMemoryReserved(m.config) {
		return nil
	}
	return refuseConfiguration(
		"Invalid memory setting: memory reservation (sched.mem.min) should be equal to memsize(%d) for 1 GB pages.", m.config.Hardware.MemoryMB)
}

func refuseConfiguration(format string, values ...any) *refusal {
	reason := fmt.Sprintf(format, values...)
	return &refusal{fault: &types.GenericVmConfigFault{Reason: reason}, message: reason}
}
