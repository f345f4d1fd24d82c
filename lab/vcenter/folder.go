package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/simulator/esx"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// CreateVMTask answers CreateVM_Task.
func (g *guard) CreateVMTask(ctx *simulator.Context, req *types.CreateVM_Task) soap.HasFault {
	folder := g.registry.Get(req.This).(*simulator.Folder)
	task := g.tasks.run(ctx, folder, "CreateVM_Task", "createVm", func() (types.AnyType, *refusal) {
		vm, refused := g.createVM(ctx, folder, req)
		if refused != nil {
			return nil, refused
		}
		return vm.Self, nil
	})
	return &methods.CreateVM_TaskBody{Res: &types.CreateVM_TaskResponse{Returnval: task}}
}

func (g *guard) createVM(ctx *simulator.Context, folder *simulator.Folder, req *types.CreateVM_Task) (*simulator.VirtualMachine, *refusal) {
	blank := vmState{
		config: &types.VirtualMachineConfigInfo{
			Hardware: types.VirtualHardware{NumCPU: 1, NumCoresPerSocket: 1, MemoryMB: 32},
			Firmware: string(types.GuestOsDescriptorFirmwareTypeBios), Version: esx.HardwareVersion,
		},
		networks: g.networks(),
	}
	if req.Host != nil {
		if host, ok := g.registry.Get(*req.Host).(*simulator.HostSystem); ok {
			blank.host = factsOf(host)
		}
	}
	if refused := firstRefusal(reconfigureRules, blank, &req.Config); refused != nil {
		return nil, refused
	}
	applyDefaults(blank.config, &req.Config, g.macs.next)
	disguiseOpaqueNetworks(&req.Config)
	body := folder.CreateVMTask(ctx, req)
	result, refused := await(ctx, body.(*methods.CreateVM_TaskBody).Res.Returnval)
	if refused != nil {
		return nil, refused
	}
	vm := g.vm(result.(types.ManagedObjectReference))
	ctx.WithLock(vm, func() {
		restoreOpaqueNetworks(vm.Config)
		storeDroppedFields(vm.Config, &req.Config, g.apiVersion)
		ctx.Update(vm, g.guestAdapters(vm, nil))
	})
	return vm, nil
}
