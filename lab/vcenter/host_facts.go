package main

import (
	"strconv"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// hostFacts are what the rules know of a VM's host. The zero value stands for a host that is not chosen yet.
type hostFacts struct {
	name         string
	mhz          int64 // clock of one core
	threads      int   // logical processors, numbered from 0
	coresPerNode int32 // of a NUMA node; 0 if the host reports none
	maxThreads   int32 // the most simultaneous threads of a virtual core
	vendor       string
	apiVersion   string
	maintenance  bool
	networks     []types.ManagedObjectReference // the port groups that it offers
	free         capacity                       // not reserved by other VMs that are on; the host's whole capacity where reservations do not matter
}

// capacity is a host's CPU and memory, in the units of the API's reservations.
type capacity struct {
	mhz      int64
	memoryMB int64
}

func factsOf(host *simulator.HostSystem) hostFacts {
	hardware := host.Summary.Hardware
	facts := hostFacts{
		name: host.Name, mhz: int64(hardware.CpuMhz), threads: int(hardware.NumCpuThreads),
		maxThreads: host.Capability.MaxSupportedSimultaneousThreads,
		vendor:     host.Hardware.CpuPkg[0].Vendor, apiVersion: host.Config.Product.ApiVersion,
		maintenance: host.Runtime.InMaintenanceMode,
		networks:    host.Network,
		free: capacity{
			mhz:      int64(hardware.CpuMhz) * int64(hardware.NumCpuCores),
			memoryMB: hardware.MemorySize >> 20,
		},
	}
	if nodes := host.Hardware.NumaInfo.NumNodes; nodes > 0 {
		facts.coresPerNode = int32(hardware.NumCpuCores) / nodes
	}
	return facts
}

// reservedBy is what a VM that is on takes from its host. A real host also counts
// some overhead for each VM; the lab does not.
func reservedBy(config *types.VirtualMachineConfigInfo) capacity {
	return capacity{mhz: reservationOf(config.CpuAllocation), memoryMB: reservationOf(config.MemoryAllocation)}
}

func (c capacity) less(taken capacity) capacity {
	return capacity{mhz: c.mhz - taken.mhz, memoryMB: c.memoryMB - taken.memoryMB}
}

// factsFor returns the facts of the VM's host. Where reservations matter, its free capacity is less what other VMs
// reserve, and the caller must hold the admission lock and no VM's.
func (g *guard) factsFor(ctx *simulator.Context, vm *simulator.VirtualMachine, reserves bool) hostFacts {
	host, ok := g.registry.Get(*vm.Runtime.Host).(*simulator.HostSystem)
	if !ok {
		return hostFacts{}
	}
	facts := factsOf(host)
	if !reserves {
		return facts
	}
	var others []types.ManagedObjectReference
	ctx.WithLock(host, func() { others = append(others, host.Vm...) })
	for _, reference := range others {
		other, ok := g.registry.Get(reference).(*simulator.VirtualMachine)
		if !ok || reference == vm.Self {
			continue
		}
		ctx.WithLock(other, func() {
			if other.Runtime.PowerState == poweredOn || g.transitions.target(reference) == poweredOn {
				facts.free = facts.free.less(reservedBy(other.Config))
			}
		})
	}
	return facts
}

// atLeast compares dotted version numbers. An empty version is unknown, and counts as new enough.
func atLeast(version, wanted string) bool {
	if version == "" {
		return true
	}
	have, need := strings.Split(version, "."), strings.Split(wanted, ".")
	for i, part := range need {
		number, _ := strconv.Atoi(part)
		mine := 0
		if i < len(have) {
			mine, _ = strconv.Atoi(have[i])
		}
		if mine != number {
			return mine > number
		}
	}
	return true
}
