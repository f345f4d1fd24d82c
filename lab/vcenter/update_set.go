package main

import (
	"bytes"
	"fmt"

	"github.com/vmware/govmomi/vim25/types"
)

// reportedObjects are the properties that a client received last, encoded, by object and name. An object's map is
// replaced, never changed.
type reportedObjects map[types.ManagedObjectReference]map[string]string

// reportedFilters are the objects that a client received last, by filter.
type reportedFilters map[types.ManagedObjectReference]reportedObjects

// compare returns the updates from what was reported to the objects, at most limit of them, and whether there are more.
// What it returns counts as reported.
func (s reportedObjects) compare(objects []types.ObjectContent, limit int) ([]types.ObjectUpdate, bool) {
	var updates []types.ObjectUpdate
	gone := map[types.ManagedObjectReference]bool{}
	for object := range s {
		gone[object] = true
	}
	for _, object := range objects {
		delete(gone, object.Obj)
		update, now := s.difference(object)
		if update == nil {
			continue
		}
		if len(updates) >= limit {
			return updates, true
		}
		updates = append(updates, *update)
		s[object.Obj] = now
	}
	for object := range gone {
		if len(updates) >= limit {
			return updates, true
		}
		updates = append(updates, types.ObjectUpdate{Kind: types.ObjectUpdateKindLeave, Obj: object})
		delete(s, object)
	}
	return updates, false
}

// difference returns the update of one object, nil if it has not changed, and its properties as they are now.
func (s reportedObjects) difference(object types.ObjectContent) (*types.ObjectUpdate, map[string]string) {
	before, known := s[object.Obj]
	update := &types.ObjectUpdate{Kind: types.ObjectUpdateKindModify, Obj: object.Obj}
	if !known {
		update.Kind = types.ObjectUpdateKindEnter
	}
	now := map[string]string{}
	for _, property := range object.PropSet {
		now[property.Name] = encoded(property.Val)
		if was, had := before[property.Name]; !had || was != now[property.Name] {
			update.ChangeSet = append(update.ChangeSet, types.PropertyChange{
				Name: property.Name, Op: types.PropertyChangeOpAssign, Val: property.Val,
			})
		}
	}
	for name := range before {
		if _, still := now[name]; !still {
			// "remove" is for elements of collections.
			update.ChangeSet = append(update.ChangeSet, types.PropertyChange{Name: name, Op: types.PropertyChangeOpAssign})
		}
	}
	if known && len(update.ChangeSet) == 0 {
		return nil, now
	}
	return update, now
}

// encoded returns a value as text that includes its type. The simulator may change a value in place, so keeping the
// value itself would not show a change.
func encoded(value types.AnyType) string {
	switch plain := value.(type) {
	case string:
		return plain
	case types.TaskInfoState: // what is waited for most, and by the thousand
		return string(plain)
	}
	var text bytes.Buffer
	if err := types.NewJSONEncoder(&text).Encode(value); err != nil {
		return fmt.Sprintf("%T %+v", value, value)
	}
	return text.String()
}
