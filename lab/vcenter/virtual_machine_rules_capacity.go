package main

import (
	"fmt"

	"github.com/vmware/govmomi/vim25/types"
)

// checkFreeCPU and checkFreeMemory are admission control: what a VM reserves must be
// free on its host when it is powered on, and when a VM that is on reserves more.
func checkFreeCPU(m vmState, spec *types.VirtualMachineConfigSpec) *refusal {
	wanted := reservedBy(m.config).mhz
	if spec != nil {
		wanted = wantedReservation(m.config.CpuAllocation, spec.CpuAllocation)
	}
	if !m.takes(spec) || wanted <= max(m.host.free.mhz, 0) {
		return nil
	}
	return &refusal{
		fault: &types.InsufficientCpuResourcesFault{Unreserved: m.host.free.mhz, Requested: wanted},
		message: fmt.Sprintf("The host %s does not have sufficient CPU resources to satisfy the reservation: "+
			"%d MHz are free, and %d MHz are needed.", m.host.name, m.host.free.mhz, wanted),
	}
}

func checkFreeMemory(m vmState, spec *types.VirtualMachineConfigSpec) *refusal {
	wanted := reservedBy(m.config).memoryMB
	if spec != nil {
		wanted = wantedMemory(m.config, spec)
	}
	if !m.takes(spec) || wanted <= max(m.host.free.memoryMB, 0) {
		return nil
	}
	return &refusal{
		fault: &types.InsufficientMemoryResourcesFault{Unreserved: m.host.free.memoryMB << 20, Requested: wanted << 20},
		message: fmt.Sprintf("The host %s does not have sufficient memory resources to satisfy the reservation: "+
			"%d MB are free, and %d MB are needed.", m.host.name, m.host.free.memoryMB, wanted),
	}
}

// takes tells whether the change takes anything of the host: a power-on, or a change of a VM that is on.
func (m vmState) takes(spec *types.VirtualMachineConfigSpec) bool {
	return m.host.name != "" && (spec == nil || m.power == poweredOn)
}

func wantedReservation(now, wanted *types.ResourceAllocationInfo) int64 {
	if wanted != nil && wanted.Reservation != nil {
		return *wanted.Reservation
	}
	return reservationOf(now)
}

func wantedMemory(now *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec) int64 {
	locked := isTrue(now.MemoryReservationLockedToMax)
	if spec.MemoryReservationLockedToMax != nil {
		locked = *spec.MemoryReservationLockedToMax
	}
	if locked {
		return orCurrent(spec.MemoryMB, int64(now.Hardware.MemoryMB))
	}
	return wantedReservation(now.MemoryAllocation, spec.MemoryAllocation)
}

// checkLimits: a limit below the reservation cannot be kept; -1 is none.
func checkLimits(m vmState, spec *types.VirtualMachineConfigSpec) *refusal {
	for _, part := range []struct {
		name        string
		now, wanted *types.ResourceAllocationInfo
	}{
		{"cpuAllocation", m.config.CpuAllocation, spec.CpuAllocation},
		{"memoryAllocation", m.config.MemoryAllocation, spec.MemoryAllocation},
	} {
		if part.wanted == nil {
			continue
		}
		limit := limitOf(part.wanted)
		if part.wanted.Limit == nil {
			limit = limitOf(part.now)
		}
		if limit >= 0 && limit < wantedReservation(part.now, part.wanted) {
			return refuse(&types.InvalidArgument{InvalidProperty: "configSpec." + part.name + ".limit"})
		}
	}
	return nil
}

func limitOf(allocation *types.ResourceAllocationInfo) int64 {
	if allocation == nil || allocation.Limit == nil {
		return -1
	}
	return *allocation.Limit
}
