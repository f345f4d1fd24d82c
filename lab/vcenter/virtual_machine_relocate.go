package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// relocateRules apply to RelocateVM_Task with another host; the VM's host is then the target.
var relocateRules = []rule{
	{"the host is not in maintenance", checkMaintenance},
	{"a VM that is on has no affinity", checkAffinityMoves},
}

// checkAffinityMoves: a VM that is tied to CPUs does not migrate while it runs (AffinityConfigured).
func checkAffinityMoves(m vmState, _ *types.VirtualMachineConfigSpec) *refusal {
	if m.power != poweredOn || len(affinity(m.config.CpuAffinity)) == 0 {
		return nil
	}
	return &refusal{
		fault:   &types.AffinityConfigured{ConfiguredAffinity: []string{string(types.AffinityTypeCpu)}},
		message: "The virtual machine has CPU affinity configured, which prevents its migration while it is powered on.",
	}
}

// RelocateVMTask answers RelocateVM_Task.
func (g *guard) RelocateVMTask(ctx *simulator.Context, req *types.RelocateVM_Task) soap.HasFault {
	vm := g.vm(req.This)
	task := g.tasks.run(ctx, vm, "RelocateVM_Task", "relocate", func() (types.AnyType, *refusal) {
		if refused := g.checkRelocation(ctx, vm, req.Spec.Host); refused != nil {
			return nil, refused
		}
		source := g.eventOf(vm)
		result, refused := await(ctx, vm.RelocateVMTask(ctx, req).(*methods.RelocateVM_TaskBody).Res.Returnval)
		if refused == nil {
			g.post(ctx, &types.VmMigratedEvent{
				VmEvent: g.eventOf(vm), SourceHost: *source.Host, SourceDatacenter: source.Datacenter,
			})
		}
		return result, refused
	})
	return &methods.RelocateVM_TaskBody{Res: &types.RelocateVM_TaskResponse{Returnval: task}}
}

func (g *guard) checkRelocation(ctx *simulator.Context, vm *simulator.VirtualMachine, target *types.ManagedObjectReference) *refusal {
	if target == nil || *target == *vm.Runtime.Host {
		return nil
	}
	host, ok := g.registry.Get(*target).(*simulator.HostSystem)
	if !ok {
		return refuse(&types.InvalidArgument{InvalidProperty: "spec.host"})
	}
	var refused *refusal
	ctx.WithLock(vm, func() { refused = firstRefusal(relocateRules, g.stateOf(vm, factsOf(host)), nil) })
	return refused
}
