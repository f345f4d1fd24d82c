package main

import (
	"slices"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// CloneVMTask answers CloneVM_Task. The simulator's clone lacks the source's
// advanced settings and allocations, repeats its MAC addresses, and ignores the
// request's config and powerOn.
func (g *guard) CloneVMTask(ctx *simulator.Context, req *types.CloneVM_Task) soap.HasFault {
	source := g.vm(req.This)
	task := g.tasks.run(ctx, source, "CloneVM_Task", "clone", func() (types.AnyType, *refusal) {
		result, refused := g.clone(ctx, source, req)
		return result, refused
	})
	return &methods.CloneVM_TaskBody{Res: &types.CloneVM_TaskResponse{Returnval: task}}
}

func (g *guard) clone(ctx *simulator.Context, source *simulator.VirtualMachine, req *types.CloneVM_Task) (types.AnyType, *refusal) {
	plain := *req
	plain.Spec.Config, plain.Spec.Template = nil, false
	plain.Spec.Location.DeviceChange = nil
	body := source.CloneVMTask(ctx, &plain)
	result, refused := await(ctx, body.(*methods.CloneVM_TaskBody).Res.Returnval)
	if refused != nil {
		return nil, refused
	}
	clone := g.vm(result.(types.ManagedObjectReference))
	ctx.WithLock(clone, func() {
		copySettings(clone.Config, source.Config)
		for _, device := range adapters(clone.Config) {
			card := cardOf(device)
			card.MacAddress = ""
			assignMAC(card, g.macs.next)
		}
		ctx.Update(clone, g.guestChanges(clone, guestReport{}))
	})
	if refused := g.finishClone(ctx, clone, &req.Spec); refused != nil {
		_, _ = await(ctx, clone.DestroyTask(ctx, &types.Destroy_Task{This: clone.Self}).(*methods.Destroy_TaskBody).Res.Returnval)
		return nil, refused
	}
	return result, nil
}

// finishClone applies what the request wants changed on the copy.
func (g *guard) finishClone(ctx *simulator.Context, clone *simulator.VirtualMachine, spec *types.VirtualMachineCloneSpec) *refusal {
	if changes := spec.Location.DeviceChange; len(changes) > 0 {
		if refused := g.reconfigure(ctx, clone, &types.VirtualMachineConfigSpec{DeviceChange: changes}); refused != nil {
			return refused
		}
	}
	if spec.Config != nil {
		if refused := g.reconfigure(ctx, clone, spec.Config); refused != nil {
			return refused
		}
	}
	if spec.Template {
		clone.MarkAsTemplate(&types.MarkAsTemplate{This: clone.Self})
		return nil
	}
	if spec.PowerOn {
		return g.powerOn(ctx, clone)
	}
	return nil
}

// copySettings copies the hardware's settings; name, UUID and MAC addresses are the clone's own.
func copySettings(clone, source *types.VirtualMachineConfigInfo) {
	clone.ExtraConfig = slices.Clone(source.ExtraConfig)
	clone.Annotation = source.Annotation
	clone.Firmware = source.Firmware
	clone.Flags = source.Flags
	clone.BootOptions = source.BootOptions
	clone.Tools = copyOf(source.Tools)
	clone.NestedHVEnabled = source.NestedHVEnabled
	clone.CpuHotAddEnabled = source.CpuHotAddEnabled
	clone.CpuHotRemoveEnabled = source.CpuHotRemoveEnabled
	clone.MemoryHotAddEnabled = source.MemoryHotAddEnabled
	clone.MemoryReservationLockedToMax = source.MemoryReservationLockedToMax
	clone.VcpuConfig = slices.Clone(source.VcpuConfig)
	clone.NumaInfo = copyOf(source.NumaInfo)
	clone.Hardware.SimultaneousThreads = source.Hardware.SimultaneousThreads
	clone.CpuAffinity = copyOf(source.CpuAffinity)
	clone.LatencySensitivity = copyOf(source.LatencySensitivity)
	clone.CpuAllocation = copyOf(source.CpuAllocation)
	clone.MemoryAllocation = copyOf(source.MemoryAllocation)
}

func copyOf[T any](value *T) *T {
	if value == nil {
		return nil
	}
	copied := *value
	return &copied
}
