package main

import (
	"fmt"
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

const (
	poweredOn  = types.VirtualMachinePowerStatePoweredOn
	poweredOff = types.VirtualMachinePowerStatePoweredOff
)

// transitions tracks the VMs that the hypervisor is working on: reports about them may arrive while the power task still
// waits for the hypervisor's answer.
type transitions struct {
	mu    sync.Mutex
	byVM  map[types.ManagedObjectReference]types.VirtualMachinePowerState // the state to come
	ended map[types.ManagedObjectReference]bool                           // whether the guest ended meanwhile
}

func newTransitions() *transitions {
	return &transitions{
		byVM:  map[types.ManagedObjectReference]types.VirtualMachinePowerState{},
		ended: map[types.ManagedObjectReference]bool{},
	}
}

func (t *transitions) begin(vm types.ManagedObjectReference, to types.VirtualMachinePowerState) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.byVM[vm] = to
	delete(t.ended, vm)
}

// end tells whether the guest ended during the transition.
func (t *transitions) end(vm types.ManagedObjectReference) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	ended := t.ended[vm]
	delete(t.byVM, vm)
	delete(t.ended, vm)
	return ended
}

// target returns the state that the VM is changing to, "" when no change is under way.
func (t *transitions) target(vm types.ManagedObjectReference) types.VirtualMachinePowerState {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.byVM[vm]
}

// recordEnd records that the guest ended, and tells whether a transition under way will handle it.
func (t *transitions) recordEnd(vm types.ManagedObjectReference) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.byVM[vm] == "" {
		return false
	}
	t.ended[vm] = true
	return true
}

// stateOf returns what the rules know of the VM; the caller holds the VM's lock.
func (g *guard) stateOf(vm *simulator.VirtualMachine, host hostFacts) vmState {
	return vmState{config: vm.Config, power: vm.Runtime.PowerState, networks: g.networks(), host: host}
}

// require refuses unless the VM is in the power state.
func requirePowerState(vm *simulator.VirtualMachine, state types.VirtualMachinePowerState) *refusal {
	if vm.Runtime.PowerState == state {
		return nil
	}
	return refuse(&types.InvalidPowerState{RequestedState: state, ExistingState: vm.Runtime.PowerState})
}

// ask sends an operation to the hypervisor; its error message becomes the fault's.
func (g *guard) ask(path string, body any) *refusal {
	if err := g.hypervisor.call(path, body); err != nil {
		return refuseConfiguration("%s", err)
	}
	return nil
}

func (g *guard) powerOn(ctx *simulator.Context, vm *simulator.VirtualMachine) *refusal {
	hardware, refused := g.admit(ctx, vm)
	if refused != nil {
		return refused
	}
	if refused = g.ask("/power-on", hardware); refused == nil {
		body := vm.PowerOnVMTask(ctx, &types.PowerOnVM_Task{This: vm.Self})
		if _, refused = await(ctx, body.(*methods.PowerOnVM_TaskBody).Res.Returnval); refused != nil {
			_ = g.ask("/power-off", vmRef{hardware.UUID})
		}
	}
	if ended := g.transitions.end(vm.Self); ended && refused == nil {
		return g.showPoweredOff(ctx, vm)
	}
	return refused
}

// admit begins the power-on of a VM that no rule refuses. Its reservations count from then on, so that two VMs at a time
// do not both get a host's last free capacity.
func (g *guard) admit(ctx *simulator.Context, vm *simulator.VirtualMachine) (hardware guestHardware, refused *refusal) {
	g.admission.Lock()
	defer g.admission.Unlock()
	host := g.factsFor(ctx, vm, true)
	ctx.WithLock(vm, func() {
		known := g.stateOf(vm, host)
		if refused = requirePowerState(vm, poweredOff); refused == nil {
			refused = firstRefusal(powerOnRules, known, nil)
		}
		if refused == nil {
			chooseVirtualNuma(vm.Config, host.coresPerNode)
			g.transitions.begin(vm.Self, poweredOn)
		}
		hardware = hardwareOf(vm.Name, vm.Self.Value, vm.Config, known.networks)
	})
	return hardware, refused
}

func (g *guard) powerOff(ctx *simulator.Context, vm *simulator.VirtualMachine) *refusal {
	if refused := g.checkPowerStateNow(ctx, vm, poweredOn); refused != nil {
		return refused
	}
	g.transitions.begin(vm.Self, poweredOff)
	defer g.transitions.end(vm.Self)
	if refused := g.ask("/power-off", vmRef{vm.Config.Uuid}); refused != nil {
		return refused
	}
	return g.showPoweredOff(ctx, vm)
}

// reset restarts the running guest; its tools and address are gone until reported again.
func (g *guard) reset(ctx *simulator.Context, vm *simulator.VirtualMachine) *refusal {
	if refused := g.checkPowerStateNow(ctx, vm, poweredOn); refused != nil {
		return refused
	}
	ctx.WithLock(vm, func() { ctx.Update(vm, g.guestChanges(vm, guestReport{})) })
	g.transitions.begin(vm.Self, poweredOn)
	refused := g.ask("/reset", vmRef{vm.Config.Uuid})
	if refused == nil {
		g.post(ctx, &types.VmResettingEvent{VmEvent: g.eventOf(vm)})
	}
	if ended := g.transitions.end(vm.Self); ended {
		return g.showPoweredOff(ctx, vm)
	}
	return refused
}

// showPoweredOff shows the VM of a guest that no longer runs as powered off.
func (g *guard) showPoweredOff(ctx *simulator.Context, vm *simulator.VirtualMachine) *refusal {
	body := vm.PowerOffVMTask(ctx, &types.PowerOffVM_Task{This: vm.Self})
	_, refused := await(ctx, body.(*methods.PowerOffVM_TaskBody).Res.Returnval)
	if refused == nil {
		ctx.WithLock(vm, func() { ctx.Update(vm, g.guestChanges(vm, guestReport{})) })
	}
	return refused
}

func (g *guard) checkPowerStateNow(ctx *simulator.Context, vm *simulator.VirtualMachine, state types.VirtualMachinePowerState) *refusal {
	var refused *refusal
	ctx.WithLock(vm, func() { refused = requirePowerState(vm, state) })
	return refused
}

// PowerOnVMTask answers PowerOnVM_Task.
func (g *guard) PowerOnVMTask(ctx *simulator.Context, req *types.PowerOnVM_Task) soap.HasFault {
	vm := g.vm(req.This)
	if vm.Config.Template {
		return &methods.PowerOnVM_TaskBody{Fault_: simulator.Fault("A template cannot be powered on.", &types.InvalidState{})}
	}
	task := g.tasks.run(ctx, vm, "PowerOnVM_Task", "powerOn", func() (types.AnyType, *refusal) { return nil, g.powerOn(ctx, vm) })
	return &methods.PowerOnVM_TaskBody{Res: &types.PowerOnVM_TaskResponse{Returnval: task}}
}

// PowerOffVMTask answers PowerOffVM_Task.
func (g *guard) PowerOffVMTask(ctx *simulator.Context, req *types.PowerOffVM_Task) soap.HasFault {
	vm := g.vm(req.This)
	task := g.tasks.run(ctx, vm, "PowerOffVM_Task", "powerOff", func() (types.AnyType, *refusal) { return nil, g.powerOff(ctx, vm) })
	return &methods.PowerOffVM_TaskBody{Res: &types.PowerOffVM_TaskResponse{Returnval: task}}
}

// ResetVMTask answers ResetVM_Task.
func (g *guard) ResetVMTask(ctx *simulator.Context, req *types.ResetVM_Task) soap.HasFault {
	vm := g.vm(req.This)
	task := g.tasks.run(ctx, vm, "ResetVM_Task", "reset", func() (types.AnyType, *refusal) { return nil, g.reset(ctx, vm) })
	return &methods.ResetVM_TaskBody{Res: &types.ResetVM_TaskResponse{Returnval: task}}
}

// guestOperation sends an operation to VMware Tools in the guest, which must be running.
func (g *guard) guestOperation(ctx *simulator.Context, vm *simulator.VirtualMachine, path string) *soap.Fault {
	refused := g.checkPowerStateNow(ctx, vm, poweredOn)
	if refused == nil && vm.Guest.ToolsRunningStatus != string(types.VirtualMachineToolsRunningStatusGuestToolsRunning) {
		refused = refuse(&types.ToolsUnavailable{})
	}
	if refused == nil {
		refused = g.ask(path, vmRef{vm.Config.Uuid})
	}
	if refused != nil {
		return simulator.Fault(refused.message, refused.fault)
	}
	return nil
}

// ShutdownGuest answers ShutdownGuest: the guest ends later and the hypervisor then reports it.
func (g *guard) ShutdownGuest(ctx *simulator.Context, req *types.ShutdownGuest) soap.HasFault {
	vm := g.vm(req.This)
	if fault := g.guestOperation(ctx, vm, "/shutdown-guest"); fault != nil {
		return &methods.ShutdownGuestBody{Fault_: fault}
	}
	if !g.hypervisor.connected() {
		g.tasks.run(ctx, vm, "PowerOffVM_Task", "powerOff", func() (types.AnyType, *refusal) { return nil, g.powerOff(ctx, vm) })
	}
	return &methods.ShutdownGuestBody{Res: &types.ShutdownGuestResponse{}}
}

// RebootGuest answers RebootGuest.
func (g *guard) RebootGuest(ctx *simulator.Context, req *types.RebootGuest) soap.HasFault {
	if fault := g.guestOperation(ctx, g.vm(req.This), "/reboot-guest"); fault != nil {
		return &methods.RebootGuestBody{Fault_: fault}
	}
	return &methods.RebootGuestBody{Res: &types.RebootGuestResponse{}}
}

// DestroyTask answers Destroy_Task of a VM.
func (g *guard) DestroyTask(ctx *simulator.Context, req *types.Destroy_Task) soap.HasFault {
	vm := g.vm(req.This)
	task := g.tasks.run(ctx, vm, "Destroy_Task", "destroy", func() (types.AnyType, *refusal) {
		if refused := g.release(ctx, vm); refused != nil {
			return nil, refused
		}
		result, refused := await(ctx, vm.DestroyTask(ctx, req).(*methods.Destroy_TaskBody).Res.Returnval)
		if refused == nil {
			g.removeFromClusters(ctx, vm.Self)
		}
		return result, refused
	})
	return &methods.Destroy_TaskBody{Res: &types.Destroy_TaskResponse{Returnval: task}}
}

// UnregisterVM answers UnregisterVM.
func (g *guard) UnregisterVM(ctx *simulator.Context, req *types.UnregisterVM) soap.HasFault {
	vm := g.vm(req.This)
	defer g.tasks.lock(vm.Self)()
	if refused := g.release(ctx, vm); refused != nil {
		return &methods.UnregisterVMBody{Fault_: simulator.Fault(refused.message, refused.fault)}
	}
	var body soap.HasFault
	ctx.WithLock(vm, func() { body = vm.UnregisterVM(ctx, req) })
	if body.Fault() == nil {
		g.removeFromClusters(ctx, vm.Self)
	}
	return body
}

// release makes the hypervisor delete what it stores for a powered-off VM.
func (g *guard) release(ctx *simulator.Context, vm *simulator.VirtualMachine) *refusal {
	if refused := g.checkPowerStateNow(ctx, vm, poweredOff); refused != nil {
		return refused
	}
	return g.ask("/destroy", vmRef{vm.Config.Uuid})
}

// report applies a guest's state as the hypervisor reports it.
func (g *guard) report(report guestReport) error {
	vm := g.vmByUUID(report.UUID)
	if vm == nil {
		return fmt.Errorf("there is no VM with uuid %s", report.UUID)
	}
	ctx := g.newContext()
	if report.PowerState == poweredOff {
		return g.reportEnd(ctx, vm)
	}
	if report.PowerState != poweredOn {
		return fmt.Errorf("power_state is poweredOn or poweredOff, not %q", report.PowerState)
	}
	var off bool
	ctx.WithLock(vm, func() {
		off = vm.Runtime.PowerState != poweredOn && g.transitions.target(vm.Self) != poweredOn
		if !off {
			ctx.Update(vm, g.guestChanges(vm, report))
		}
	})
	if off {
		return fmt.Errorf("VM %s is powered off in vCenter", vm.Name)
	}
	return nil
}

func (g *guard) reportEnd(ctx *simulator.Context, vm *simulator.VirtualMachine) error {
	if g.transitions.recordEnd(vm.Self) || g.checkPowerStateNow(ctx, vm, poweredOn) != nil {
		return nil // a transition takes care of it, or it is known already
	}
	defer g.tasks.lock(vm.Self)()
	if g.checkPowerStateNow(ctx, vm, poweredOn) != nil {
		return nil // a task came first
	}
	if refused := g.showPoweredOff(ctx, vm); refused != nil {
		return fmt.Errorf("%s", refused.message)
	}
	return nil
}
