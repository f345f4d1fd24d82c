package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// nameSetting is the property path of a VM's name in its configuration.
const nameSetting = "config.name"

// restartedByHA is the identifier of the event that vSphere HA posts for a VM that it has started again.
const restartedByHA = "com.vmware.vc.ha.VmRestartedByHAEvent"

// journal knows the events that the lab has posted itself. The simulator posts a reconfiguration before it is carried
// out, even if it then fails, and a migration with the old host as the new one; readers see the lab's in their place.
type journal struct {
	mu  sync.Mutex
	own map[types.BaseEvent]bool
}

func newJournal() *journal { return &journal{own: map[types.BaseEvent]bool{}} }

func (j *journal) add(event types.BaseEvent) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.own[event] = true
}

// shown returns the events that a vCenter would have posted.
func (j *journal) shown(events []types.BaseEvent) []types.BaseEvent {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(events), func(event types.BaseEvent) bool {
		switch event.(type) {
		case *types.VmReconfiguredEvent, *types.VmMigratedEvent:
			return !j.own[event]
		}
		return false
	})
}

// post posts an event as the session's user.
func (g *guard) post(ctx *simulator.Context, event types.BaseEvent) {
	g.journal.add(event)
	manager := g.registry.EventManager()
	ctx.WithLock(manager, func() { manager.PostEvent(ctx, &types.PostEvent{This: manager.Self, EventToPost: event}) })
}

// eventOf names the VM, where it is, and the datacenter.
func (g *guard) eventOf(vm *simulator.VirtualMachine) types.VmEvent {
	event := types.VmEvent{Event: types.Event{
		Vm: &types.VmEventArgument{EntityEventArgument: types.EntityEventArgument{Name: vm.Name}, Vm: vm.Self},
	}}
	host := g.hostArgument(*vm.Runtime.Host)
	event.Host = &host
	for above := g.registry.Get(host.Host).(mo.Entity).Entity().Parent; above != nil; {
		entity := g.registry.Get(*above).(mo.Entity).Entity()
		named := types.EntityEventArgument{Name: entity.Name}
		switch above.Type {
		case "ClusterComputeResource", "ComputeResource":
			event.ComputeResource = &types.ComputeResourceEventArgument{EntityEventArgument: named, ComputeResource: *above}
		case "Datacenter":
			event.Datacenter = &types.DatacenterEventArgument{EntityEventArgument: named, Datacenter: *above}
		}
		above = entity.Parent
	}
	return event
}

func (g *guard) hostArgument(host types.ManagedObjectReference) types.HostEventArgument {
	name := g.registry.Get(host).(mo.Entity).Entity().Name
	return types.HostEventArgument{EntityEventArgument: types.EntityEventArgument{Name: name}, Host: host}
}

// postReconfigured posts what a reconfiguration has changed; a changed name has an event of its own, too.
func (g *guard) postReconfigured(ctx *simulator.Context, vm *simulator.VirtualMachine, spec types.VirtualMachineConfigSpec, before map[string]string) {
	changes := changesBetween(before, settingsOf(vm.Config))
	g.post(ctx, &types.VmReconfiguredEvent{VmEvent: g.eventOf(vm), ConfigSpec: spec, ConfigChanges: &changes})
	g.postRenamed(ctx, vm, before[nameSetting])
}

func (g *guard) postRenamed(ctx *simulator.Context, vm *simulator.VirtualMachine, oldName string) {
	if vm.Name != oldName {
		g.post(ctx, &types.VmRenamedEvent{VmEvent: g.eventOf(vm), OldName: oldName, NewName: vm.Name})
	}
}

// settingsOf describes a VM's configuration by property path, as far as an event's configChanges tell it here.
func settingsOf(config *types.VirtualMachineConfigInfo) map[string]string {
	settings := map[string]string{
		nameSetting:                         config.Name,
		"config.hardware.numCPU":            fmt.Sprint(config.Hardware.NumCPU),
		"config.hardware.numCoresPerSocket": fmt.Sprint(config.Hardware.NumCoresPerSocket),
		"config.hardware.memoryMB":          fmt.Sprint(config.Hardware.MemoryMB),
		"config.cpuAffinity.affinitySet":    fmt.Sprint(affinity(config.CpuAffinity)),
	}
	for name, allocation := range map[string]*types.ResourceAllocationInfo{"cpu": config.CpuAllocation, "memory": config.MemoryAllocation} {
		if allocation != nil && allocation.Reservation != nil {
			settings["config."+name+"Allocation.reservation"] = fmt.Sprint(*allocation.Reservation)
		}
	}
	if config.LatencySensitivity != nil {
		settings["config.latencySensitivity.level"] = string(config.LatencySensitivity.Level)
	}
	for _, option := range config.ExtraConfig {
		value := option.GetOptionValue()
		settings[fmt.Sprintf("config.extraConfig(%q).value", value.Key)] = optionText(value.Value)
	}
	for _, device := range adapters(config) {
		card := cardOf(device)
		settings[fmt.Sprintf("config.hardware.device(%d)", card.Key)] = adapterText(device)
	}
	return settings
}

func adapterText(device types.BaseVirtualDevice) string {
	card := cardOf(device)
	connected := card.Connectable == nil || card.Connectable.StartConnected
	return fmt.Sprintf("(%s, macAddress = %q, startConnected = %t)", adapterType(device), card.MacAddress, connected)
}

// changesBetween writes changes as a vCenter does: "path:old -> new; ", one line each.
func changesBetween(before, after map[string]string) types.ChangesInfoEventArgument {
	var modified, added, deleted strings.Builder
	for _, path := range slices.Sorted(maps.Keys(after)) {
		old, was := before[path]
		switch {
		case !was:
			fmt.Fprintf(&added, "%s:%s; \n", path, after[path])
		case old != after[path]:
			fmt.Fprintf(&modified, "%s:%s -> %s; \n", path, old, after[path])
		}
	}
	for _, path := range slices.Sorted(maps.Keys(before)) {
		if _, is := after[path]; !is {
			fmt.Fprintf(&deleted, "%s:%s; \n", path, before[path])
		}
	}
	return types.ChangesInfoEventArgument{Modified: modified.String(), Added: added.String(), Deleted: deleted.String()}
}

// RenameTask answers Rename_Task.
func (g *guard) RenameTask(ctx *simulator.Context, req *types.Rename_Task) soap.HasFault {
	vm := g.vm(req.This)
	task := g.tasks.run(ctx, vm, "Rename_Task", "rename", func() (types.AnyType, *refusal) {
		oldName := vm.Name
		result, refused := await(ctx, vm.RenameTask(ctx, req).(*methods.Rename_TaskBody).Res.Returnval)
		if refused == nil {
			ctx.WithLock(vm, func() { ctx.Update(vm, []types.PropertyChange{{Name: nameSetting, Val: vm.Name}}) })
			g.postRenamed(ctx, vm, oldName)
		}
		return result, refused
	})
	return &methods.Rename_TaskBody{Res: &types.Rename_TaskResponse{Returnval: task}}
}

// QueryEvents answers QueryEvents.
func (g *guard) QueryEvents(ctx *simulator.Context, req *types.QueryEvents) soap.HasFault {
	manager := g.registry.EventManager()
	var answer soap.HasFault
	ctx.WithLock(manager, func() { answer = manager.QueryEvents(ctx, req) })
	if body := answer.(*methods.QueryEventsBody); body.Res != nil {
		body.Res.Returnval = g.journal.shown(body.Res.Returnval)
	}
	return answer
}

// ReadNextEvents answers ReadNextEvents. Only the end is empty.
func (g *guard) ReadNextEvents(ctx *simulator.Context, req *types.ReadNextEvents) soap.HasFault {
	collector := ctx.Session.Get(req.This).(*simulator.EventHistoryCollector)
	for {
		var body *methods.ReadNextEventsBody
		ctx.WithLock(collector, func() { body = collector.ReadNextEvents(ctx, req).(*methods.ReadNextEventsBody) })
		if body.Res == nil || len(body.Res.Returnval) == 0 {
			return body
		}
		if body.Res.Returnval = g.journal.shown(body.Res.Returnval); len(body.Res.Returnval) > 0 {
			return body
		}
	}
}

// CreateCollectorForEvents answers CreateCollectorForEvents, and remembers the session, which the collector ends with.
func (g *guard) CreateCollectorForEvents(ctx *simulator.Context, req *types.CreateCollectorForEvents) soap.HasFault {
	g.collecting.Store(ctx.Session.Key, ctx.Session)
	return g.registry.EventManager().CreateCollectorForEvents(ctx, req)
}

// endCollectors destroys the collectors of a session that has ended. The simulator's would count towards the limit.
func (g *guard) endCollectors(sessionKey string) {
	known, found := g.collecting.LoadAndDelete(sessionKey)
	if !found {
		return
	}
	ctx := g.newContext()
	ctx.Session = known.(*simulator.Session)
	for _, collector := range ctx.Session.AllReference("EventHistoryCollector") {
		g.DestroyCollector(ctx, &types.DestroyCollector{This: collector.Reference()})
	}
}

// DestroyCollector answers DestroyCollector of events. The simulator's forgets that an event may be under way to the
// collectors, which ends its process.
func (g *guard) DestroyCollector(ctx *simulator.Context, req *types.DestroyCollector) soap.HasFault {
	collector := ctx.Session.Get(req.This).(*simulator.EventHistoryCollector)
	var body soap.HasFault
	ctx.WithLock(g.registry.EventManager(), func() { body = collector.DestroyCollector(ctx, req) })
	return body
}

// restartByHA restarts a VM on another host, as vSphere HA does when a host has failed.
func (g *guard) restartByHA(uuid, hostName string) error {
	vm := g.vmByUUID(uuid)
	if vm == nil {
		return fmt.Errorf("there is no VM with uuid %s", uuid)
	}
	host := g.hostByName(hostName)
	if host == nil {
		return fmt.Errorf("there is no host %s", hostName)
	}
	ctx := g.newContext()
	defer g.tasks.lock(vm.Self)()
	if refused := g.powerOff(ctx, vm); refused != nil {
		return fmt.Errorf("%s", refused.message)
	}
	spec := types.VirtualMachineRelocateSpec{Host: &host.Self}
	moved := vm.RelocateVMTask(ctx, &types.RelocateVM_Task{This: vm.Self, Spec: spec})
	if _, refused := await(ctx, moved.(*methods.RelocateVM_TaskBody).Res.Returnval); refused != nil {
		return fmt.Errorf("%s", refused.message)
	}
	if refused := g.powerOn(ctx, vm); refused != nil {
		return fmt.Errorf("%s", refused.message)
	}
	g.post(ctx, &types.EventEx{
		Event: g.eventOf(vm).Event, EventTypeId: restartedByHA, Severity: string(types.EventEventSeverityWarning),
		Message:  fmt.Sprintf("vSphere HA restarted virtual machine %s on host %s", vm.Name, host.Name),
		ObjectId: vm.Self.Value, ObjectType: vm.Self.Type, ObjectName: vm.Name,
	})
	return nil
}

func (g *guard) hostByName(name string) *simulator.HostSystem {
	for _, entity := range g.registry.All("HostSystem") {
		if host := entity.(*simulator.HostSystem); host.Name == name {
			return host
		}
	}
	return nil
}
