package main

import (
	"sync"
	"sync/atomic"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// guard stands between the clients and the simulator: it answers the methods of guardedTypes in place of the simulator's
// objects, and calls those objects once a real vCenter would have accepted the request.
//
// The simulator dispatches by reference and reflection, so the handler turns a
// call of one of these methods on a VM into the same call on the guard; the
// request's body still names the VM.
type guard struct {
	mo.SearchIndex // gives Self; the simulator's searches panic on an object that is no managed one

	registry      *simulator.Registry
	context       simulator.Context // template of the contexts for work without a request
	hypervisor    *hypervisor
	calls         *callCounter
	tasks         *taskQueue
	macs          *macPool
	transitions   *transitions
	faults        *faultTable
	updateStreams *updateStreams
	changes       *changeCounter
	questions     *questions
	performance   *performance
	journal       *journal
	users         *users
	permissions   *permissions
	roles         sync.Mutex // the list of roles
	lastRole      int32      // identifier of the role added last; those of a vCenter's own are smaller
	ruleKeys      atomic.Int32
	collecting    sync.Map // sessions that have made collectors of events, by their keys
	apiVersion    string
	locale        string     // of a session that asks for none
	admission     sync.Mutex // held while reservations are compared with a host's free capacity
}

func newGuard(service *simulator.Service, hypervisor *hypervisor, calls *callCounter, apiVersion string) *guard {
	g := &guard{
		registry:      service.Context.Map,
		context:       *service.Context,
		hypervisor:    hypervisor,
		calls:         calls,
		tasks:         newTaskQueue(),
		macs:          &macPool{},
		transitions:   newTransitions(),
		faults:        &faultTable{},
		updateStreams: &updateStreams{by: map[streamKey]*updateStream{}},
		changes:       &changeCounter{},
		questions:     newQuestions(),
		performance:   newPerformance(),
		journal:       newJournal(),
		users:         newUsers(),
		permissions:   newPermissions(),
		lastRole:      1000,
		apiVersion:    apiVersion,
	}
	g.tasks.wait = g.questions.wait
	g.Self = types.ManagedObjectReference{Type: "LabGuard", Value: "guard"}
	g.registry.Put(g)
	g.registry.Handler = g.handle
	g.registry.AddHandler(g.changes)
	return g
}

// Lock does nothing: the guard serves many VMs at a time, so it opts out of the simulator's lock per object.
func (*guard) Lock() {}

// Unlock does nothing, like Lock.
func (*guard) Unlock() {}

// guardedTypes names, for each method that the guard answers, the type of object it is called on.
var guardedTypes = map[string]string{
	"AddAuthorizationRole":               "AuthorizationManager",
	"AnswerVM":                           "VirtualMachine",
	"CancelWaitForUpdates":               "PropertyCollector",
	"CloneVM_Task":                       "VirtualMachine",
	"CreateFilter":                       "PropertyCollector",
	"CreateVM_Task":                      "Folder",
	"CreateCollectorForEvents":           "EventManager",
	"DestroyCollector":                   "EventHistoryCollector",
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
	"QueryEvents":                        "EventManager",
	"QueryFaultToleranceCompatibility":   "VirtualMachine",
	"QueryFaultToleranceCompatibilityEx": "VirtualMachine",
	"QueryPerf":                          "PerformanceManager",
	"ReconfigureComputeResource_Task":    "ClusterComputeResource",
	"ReadNextEvents":                     "EventHistoryCollector",
	"RebootGuest":                        "VirtualMachine",
	"ReconfigVM_Task":                    "VirtualMachine",
	"RelocateVM_Task":                    "VirtualMachine",
	"RemoveAuthorizationRole":            "AuthorizationManager",
	"RemoveEntityPermission":             "AuthorizationManager",
	"Rename_Task":                        "VirtualMachine",
	"ResetVM_Task":                       "VirtualMachine",
	"RetrieveAllPermissions":             "AuthorizationManager",
	"RetrieveEntityPermissions":          "AuthorizationManager",
	"RetrieveRolePermissions":            "AuthorizationManager",
	"SetEntityPermissions":               "AuthorizationManager",
	"ShutdownGuest":                      "VirtualMachine",
	"UnregisterVM":                       "VirtualMachine",
	"UpdateAuthorizationRole":            "AuthorizationManager",
	"WaitForUpdates":                     "PropertyCollector",
	"WaitForUpdatesEx":                   "PropertyCollector",
}

// closedMethods would bypass the guard's power operations.
var closedMethods = map[string]bool{
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
	user := g.restricted(ctx)
	if user != nil && g.knows(ctx, method.This) {
		if fault := g.checkPrivileges(user, method); fault != nil {
			return nil, fault
		}
	}
	if closedMethods[method.Name] {
		return nil, &types.NotSupported{}
	}
	if login, ok := method.Body.(*types.Login); ok {
		if fault := g.checkAccess(login); fault != nil {
			return nil, fault
		}
		if login.Locale == "" {
			login.Locale = g.locale
		}
	}
	answered := guardedTypes[method.Name] == method.This.Type || user != nil && filteredMethods[method.Name] == method.This.Type
	if answered && g.knows(ctx, method.This) {
		method.This = g.Self
	}
	return nil, nil
}

// disable leaves every call to the simulator, so that tests can show that clients do not
// depend on what the lab adds to it. Calls are still counted.
func (g *guard) disable() {
	g.registry.Handler = func(_ *simulator.Context, method *simulator.Method) (mo.Reference, types.BaseMethodFault) {
		g.calls.add(method.Name)
		return nil, nil
	}
}

// knows tells whether the object exists, in the inventory or in the session.
func (g *guard) knows(ctx *simulator.Context, reference types.ManagedObjectReference) bool {
	if g.registry.Get(reference) != nil {
		return true
	}
	return ctx.Session != nil && ctx.Session.Get(reference) != nil
}

// newContext returns a new context, which shares no locks with a request's.
func (g *guard) newContext() *simulator.Context {
	ctx := g.context
	return &ctx
}
