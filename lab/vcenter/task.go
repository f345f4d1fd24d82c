package main

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// refusal is a fault with the text that a client shows for it.
type refusal struct {
	fault   types.BaseMethodFault
	message string
}

// taskQueue runs one task at a time on each object, as a vCenter does.
type taskQueue struct {
	counter atomic.Int64
	mu      sync.Mutex
	locks   map[types.ManagedObjectReference]*sync.Mutex
	wait    func(types.ManagedObjectReference) // called before a task's work; may be nil
}

func newTaskQueue() *taskQueue {
	return &taskQueue{locks: map[types.ManagedObjectReference]*sync.Mutex{}}
}

// lock waits for the object's running task and returns the function that lets the next one in.
func (q *taskQueue) lock(object types.ManagedObjectReference) func() {
	q.mu.Lock()
	lock := q.locks[object]
	if lock == nil {
		lock = &sync.Mutex{}
		q.locks[object] = lock
	}
	q.mu.Unlock()
	lock.Lock()
	return lock.Unlock
}

// run starts the work as a task on the object and returns the task at once. The
// simulator's own task runner shows Go type names as error messages, and its
// task names are no API methods (pyvmomi fails on such a name while the task
// runs), so this one fills in the task itself.
func (q *taskQueue) run(ctx *simulator.Context, object mo.Reference, method, description string, work func() (types.AnyType, *refusal)) types.ManagedObjectReference {
	task := simulator.CreateTask(object, description, nil)
	task.Self = types.ManagedObjectReference{Type: "Task", Value: fmt.Sprintf("task-lab-%d", q.counter.Add(1))}
	task.Info.Name = method
	task.Info.Key, task.Info.Task = task.Self.Value, task.Self
	task.Info.Reason = &types.TaskReasonUser{UserName: userName(ctx)}
	task.Info.State = types.TaskInfoStateRunning
	task.Info.StartTime = types.NewTime(time.Now())
	ctx.Map.Put(task)
	target := object.Reference()
	go func() {
		unlock := q.lock(target)
		if q.wait != nil {
			q.wait(target)
		}
		result, refused := work()
		unlock()
		changes := []types.PropertyChange{{Name: "info.completeTime", Val: time.Now()}}
		if refused == nil {
			changes = append(changes,
				types.PropertyChange{Name: "info.result", Val: result},
				types.PropertyChange{Name: "info.state", Val: types.TaskInfoStateSuccess})
		} else {
			changes = append(changes,
				types.PropertyChange{Name: "info.error", Val: types.LocalizedMethodFault{Fault: refused.fault, LocalizedMessage: refused.message}},
				types.PropertyChange{Name: "info.state", Val: types.TaskInfoStateError})
		}
		ctx.Map.AtomicUpdate(ctx, task, changes)
	}()
	return task.Self
}

// userName is the session's user; the lab itself has no session.
func userName(ctx *simulator.Context) string {
	if ctx.Session == nil {
		return "lab"
	}
	return ctx.Session.UserName
}

// await waits for a task of the simulator and returns its outcome. The simulator's
// own Wait looks every 10 ms, which is most of the time that a change takes.
func await(ctx *simulator.Context, reference types.ManagedObjectReference) (types.AnyType, *refusal) {
	task := ctx.Map.Get(reference).(*simulator.Task)
	pause := 50 * time.Microsecond
	for {
		var info types.TaskInfo
		ctx.Map.WithLock(&simulator.Context{}, task, func() { info = task.Info }) // not the task's own lock
		switch {
		case info.Error != nil:
			return nil, refuse(info.Error.Fault.(types.BaseMethodFault))
		case info.State == types.TaskInfoStateSuccess:
			return info.Result, nil
		}
		time.Sleep(pause)
		pause = min(2*pause, 10*time.Millisecond)
	}
}

// refuse gives a fault without a text of its own a vCenter's wording.
func refuse(fault types.BaseMethodFault) *refusal {
	return &refusal{fault: fault, message: faultText(fault)}
}

func faultText(fault types.BaseMethodFault) string {
	switch fault := fault.(type) {
	case *types.InvalidPowerState:
		state := map[types.VirtualMachinePowerState]string{
			types.VirtualMachinePowerStatePoweredOn:  "Powered on",
			types.VirtualMachinePowerStatePoweredOff: "Powered off",
			types.VirtualMachinePowerStateSuspended:  "Suspended",
		}[fault.ExistingState]
		return fmt.Sprintf("The attempted operation cannot be performed in the current state (%s).", state)
	case *types.InvalidArgument:
		return fmt.Sprintf("A specified parameter was not correct: %s", fault.InvalidProperty)
	case *types.DuplicateName:
		return fmt.Sprintf("The name '%s' already exists.", fault.Name)
	case *types.ToolsUnavailable:
		return "Cannot complete operation because VMware Tools is not running in this virtual machine."
	case *types.ManagedObjectNotFound:
		return "The object has already been deleted or has not been completely created"
	case *types.RequestCanceled:
		return "The request was canceled by a client."
	case *types.NotSupported:
		return "The operation is not supported on the object."
	case *types.InvalidDeviceSpec:
		return fmt.Sprintf("Invalid configuration for device '%d'.", fault.DeviceIndex)
	}
	return fmt.Sprintf("The operation failed: %T", fault)
}
