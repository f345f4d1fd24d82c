package main

import (
	"strings"
	"sync"
	"sync/atomic"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/simulator/esx"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// guard stands between the clients and the simulator: it answers the methods
// below in place of the simulator's objects, which stay as they are, and calls
// those once a real vCenter would have agreed.
//
// The simulator dispatches by reference and reflection, so the handler turns a
// call of one of these methods on a VM into the same call on the guard; the
// request's body still names the VM.
type guard struct {
	mo.SearchIndex // gives Self; searches of the simulator panic at an object that is no managed one

	registry    *simulator.Registry
	context     simulator.Context // template of contexts for work that no request asked for
	hypervisor  *hypervisor
	calls       *callCounter
	tasks       *taskQueue
	macs        *macPool
	transitions *transitions
	faults      *faultTable
	watches     *watches
	bell        *changeBell
	users       users
	ruleKeys    atomic.Int32
	apiVersion  string
	admission   sync.Mutex // held while reservations are compared with what a host has left
}

func newGuard(service *simulator.Service, hypervisor *hypervisor, calls *callCounter, apiVersion string) *guard {
	g := &guard{
		registry:    service.Context.Map,
		context:     *service.Context,
		hypervisor:  hypervisor,
		calls:       calls,
		tasks:       newTaskQueue(),
		macs:        &macPool{},
		transitions: newTransitions(),
		faults:      &faultTable{},
		watches:     &watches{by: map[watchKey]*watch{}},
		bell:        &changeBell{},
		apiVersion:  apiVersion,
	}
	g.Self = types.ManagedObjectReference{Type: "LabGuard", Value: "guard"}
	g.registry.Put(g)
	g.registry.Handler = g.handle
	g.registry.AddHandler(g.bell)
	return g
}

// Lock and Unlock opt out of the simulator's lock per object: the guard serves many VMs at a time.
func (*guard) Lock() {}

// Unlock does nothing, as Lock.
func (*guard) Unlock() {}

// guardedTypes names, for each method that the guard answers, the type of object it is called on.
var guardedTypes = map[string]string{
	"CancelWaitForUpdates":               "PropertyCollector",
	"CloneVM_Task":                       "VirtualMachine",
	"CreateFilter":                       "PropertyCollector",
	"CreateVM_Task":                      "Folder",
	"DestroyPropertyCollector":           "PropertyCollector",
	"DestroyPropertyFilter":              "PropertyFilter",
	"Destroy_Task":                       "VirtualMachine",
	"Fetch":                              "PropertyCollector",
	"FetchUserPrivilegeOnEntities":       "AuthorizationManager",
	"HasPrivilegeOnEntities":             "AuthorizationManager",
	"HasPrivilegeOnEntity":               "AuthorizationManager",
	"HasUserPrivilegeOnEntities":         "AuthorizationManager",
	"PowerOffVM_Task":                    "VirtualMachine",
	"PowerOnVM_Task":                     "VirtualMachine",
	"QueryFaultToleranceCompatibility":   "VirtualMachine",
	"QueryFaultToleranceCompatibilityEx": "VirtualMachine",
	"ReconfigureComputeResource_Task":    "ClusterComputeResource",
	"RebootGuest":                        "VirtualMachine",
	"ReconfigVM_Task":                    "VirtualMachine",
	"RelocateVM_Task":                    "VirtualMachine",
	"ResetVM_Task":                       "VirtualMachine",
	"ShutdownGuest":                      "VirtualMachine",
	"UnregisterVM":                       "VirtualMachine",
	"WaitForUpdates":                     "PropertyCollector",
	"WaitForUpdatesEx":                   "PropertyCollector",
}

// unguarded are methods that would pass by the guard's power operations.
var unguarded = map[string]bool{
	"PowerOnMultiVM_Task": true,
	"SuspendVM_Task":      true,
	"StandbyGuest":        true,
}

// handle sees every call before the simulator does.
func (g *guard) handle(ctx *simulator.Context, method *simulator.Method) (mo.Reference, types.BaseMethodFault) {
	g.calls.add(method.Name)
	if fault := checkLogin(ctx, method); fault != nil {
		return nil, fault
	}
	if fault := g.checkPrivilege(ctx, method); fault != nil {
		return nil, fault
	}
	if unguarded[method.Name] {
		return nil, &types.NotSupported{}
	}
	if guardedTypes[method.Name] == method.This.Type && g.knows(ctx, method.This) {
		method.This = g.Self
	}
	return nil, nil
}

// stepAside leaves every call to the simulator, which shows that clients do not
// depend on what the lab adds to it. Calls are still counted.
func (g *guard) stepAside() {
	g.registry.Handler = func(_ *simulator.Context, method *simulator.Method) (mo.Reference, types.BaseMethodFault) {
		g.calls.add(method.Name)
		return nil, nil
	}
}

// knows tells whether there is such an object, one of the session's own included.
func (g *guard) knows(ctx *simulator.Context, reference types.ManagedObjectReference) bool {
	if g.registry.Get(reference) != nil {
		return true
	}
	return ctx.Session != nil && ctx.Session.Get(reference) != nil
}

// newContext returns a context of its own, so that locks taken with it are not
// shared with any request's.
func (g *guard) newContext() *simulator.Context {
	ctx := g.context
	return &ctx
}

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
		return nil, g.reconfigure(ctx, vm, &req.Spec)
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
		if refused = firstRefusal(reconfigureRules, g.machine(vm, host), spec); refused == nil {
			completeSpec(vm.Config, spec, g.macs.next)
			hideOpaque(spec)
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
		showOpaque(vm.Config)
		keepDroppedFields(vm.Config, spec, g.apiVersion)
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
	blank := machine{
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
	completeSpec(blank.config, &req.Config, g.macs.next)
	hideOpaque(&req.Config)
	body := folder.CreateVMTask(ctx, req)
	result, refused := await(ctx, body.(*methods.CreateVM_TaskBody).Res.Returnval)
	if refused != nil {
		return nil, refused
	}
	vm := g.vm(result.(types.ManagedObjectReference))
	ctx.WithLock(vm, func() {
		showOpaque(vm.Config)
		keepDroppedFields(vm.Config, &req.Config, g.apiVersion)
		ctx.Update(vm, g.guestAdapters(vm, nil))
	})
	return vm, nil
}
