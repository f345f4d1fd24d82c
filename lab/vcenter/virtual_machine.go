package main

import (
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

func (g *guard) vm(reference types.ManagedObjectReference) *simulator.VirtualMachine {
	return g.registry.Get(reference).(*simulator.VirtualMachine)
}

// vmByName returns nil when there is no such VM.
func (g *guard) vmByName(name string) *simulator.VirtualMachine {
	for _, entity := range g.registry.All("VirtualMachine") {
		if vm := entity.(*simulator.VirtualMachine); vm.Name == name {
			return vm
		}
	}
	return nil
}

// vmByUUID returns nil when there is no such VM.
func (g *guard) vmByUUID(uuid string) *simulator.VirtualMachine {
	for _, entity := range g.registry.All("VirtualMachine") {
		vm := entity.(*simulator.VirtualMachine)
		if strings.EqualFold(vm.Config.Uuid, uuid) {
			return vm
		}
	}
	return nil
}

// ReconfigVMTask answers ReconfigVM_Task.
func (g *guard) ReconfigVMTask(ctx *simulator.Context, req *types.ReconfigVM_Task) soap.HasFault {
	vm := g.vm(req.This)
	task := g.tasks.run(ctx, vm, "ReconfigVM_Task", "reconfigure", func() (types.AnyType, *refusal) {
		asked, before := req.Spec, settingsOf(vm.Config)
		refused := g.reconfigure(ctx, vm, &req.Spec)
		if refused == nil {
			g.postReconfigured(ctx, vm, asked, before)
		}
		return nil, refused
	})
	return &methods.ReconfigVM_TaskBody{Res: &types.ReconfigVM_TaskResponse{Returnval: task}}
}

// reconfigure applies the spec as a real vCenter does: refused whole or applied whole.
func (g *guard) reconfigure(ctx *simulator.Context, vm *simulator.VirtualMachine, spec *types.VirtualMachineConfigSpec) *refusal {
	if reserves(spec) {
		g.admission.Lock()
		defer g.admission.Unlock()
	}
	var refused *refusal
	var shown []guestNIC
	host := g.factsFor(ctx, vm, reserves(spec))
	ctx.WithLock(vm, func() {
		shown = reportedNICs(vm.Guest.Net) // the simulator rewrites guest.net at device changes
		if refused = firstRefusal(reconfigureRules, g.stateOf(vm, host), spec); refused == nil {
			applyDefaults(vm.Config, spec, g.macs.next)
			disguiseOpaqueNetworks(spec)
		}
	})
	if refused != nil {
		return refused
	}
	body := vm.ReconfigVMTask(ctx, &types.ReconfigVM_Task{This: vm.Self, Spec: *spec})
	if _, refused = await(ctx, body.(*methods.ReconfigVM_TaskBody).Res.Returnval); refused != nil {
		return refused
	}
	ctx.WithLock(vm, func() {
		restoreOpaqueNetworks(vm.Config)
		storeDroppedFields(vm.Config, spec, g.apiVersion)
		vm.Config.Hardware.Device = inOrder(vm.Config)
		ctx.Update(vm, changedFields(vm.Config, spec))
		ctx.Update(vm, g.guestAdapters(vm, shown))
	})
	return nil
}

// reserves tells whether the spec may change what the VM holds of its host.
func reserves(spec *types.VirtualMachineConfigSpec) bool {
	return spec.CpuAllocation != nil || spec.MemoryAllocation != nil || spec.MemoryReservationLockedToMax != nil || spec.MemoryMB != 0
}
