package main

import (
	"testing"

	"github.com/vmware/govmomi/vim25/types"
)

var (
	first  = types.ManagedObjectReference{Type: "Task", Value: "task-1"}
	second = types.ManagedObjectReference{Type: "Task", Value: "task-2"}
)

func content(object types.ManagedObjectReference, properties map[string]types.AnyType) types.ObjectContent {
	found := types.ObjectContent{Obj: object}
	for name, value := range properties {
		found.PropSet = append(found.PropSet, types.DynamicProperty{Name: name, Val: value})
	}
	return found
}

func TestCompareTellsWhatIsNewChangedAndGone(t *testing.T) {
	seen := reportedObjects{}
	running := map[string]types.AnyType{"info.state": types.TaskInfoStateRunning}
	both := []types.ObjectContent{content(first, running), content(second, running)}
	updates, more := seen.compare(both, 10)
	if len(updates) != 2 || more || updates[0].Kind != types.ObjectUpdateKindEnter {
		t.Fatalf("at first sight: %v, more %v", updates, more)
	}
	if updates, _ = seen.compare(both, 10); updates != nil {
		t.Fatalf("nothing has changed: %v", updates)
	}
	ended := content(second, map[string]types.AnyType{"info.state": types.TaskInfoStateSuccess})
	updates, _ = seen.compare([]types.ObjectContent{content(first, running), ended}, 10)
	if len(updates) != 1 || updates[0].Obj != second || updates[0].Kind != types.ObjectUpdateKindModify {
		t.Fatalf("one has changed: %v", updates)
	}
	updates, _ = seen.compare([]types.ObjectContent{content(first, nil)}, 10)
	if len(updates) != 2 || updates[0].ChangeSet[0].Val != nil || updates[1].Kind != types.ObjectUpdateKindLeave {
		t.Fatalf("a property and an object are gone: %v", updates)
	}
}

func TestCompareStopsAtTheLimitAndGoesOnThere(t *testing.T) {
	seen := reportedObjects{}
	both := []types.ObjectContent{content(first, nil), content(second, nil)}
	updates, more := seen.compare(both, 1)
	if len(updates) != 1 || updates[0].Obj != first || !more {
		t.Fatalf("%v, more %v", updates, more)
	}
	updates, more = seen.compare(both, 1)
	if len(updates) != 1 || updates[0].Obj != second || more {
		t.Fatalf("%v, more %v", updates, more)
	}
}
