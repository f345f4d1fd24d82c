package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// The simulator evaluates every filter of a collector anew for each change of any
// object: a client that waits for a thousand tasks waits for minutes. It also
// registers every session's own collector under one reference, so that only the
// session that asked last hears of changes. Here a wait looks at its filters when
// something has changed, compares them with what the client was told last, and
// tells the difference.
const (
	lookInterval = 20 * time.Millisecond // lets changes gather
	lookAnyway   = time.Second           // the simulator does not announce every change
	lookRest     = 4                     // times as long as a look took, so that looking leaves time for the work
	mostUpdates  = 100                   // objects in one answer, as a vCenter's default
)

// changeBell counts the changes of all objects.
type changeBell struct{ rung atomic.Int64 }

// Reference is where the registry keeps the bell among its handlers.
func (*changeBell) Reference() types.ManagedObjectReference {
	return types.ManagedObjectReference{Type: "LabChangeBell", Value: "bell"}
}

// PutObject, UpdateObject and RemoveObject are called by the registry.
func (b *changeBell) PutObject(*simulator.Context, mo.Reference) { b.rung.Add(1) }

// UpdateObject counts a change.
func (b *changeBell) UpdateObject(*simulator.Context, mo.Reference, []types.PropertyChange) {
	b.rung.Add(1)
}

// RemoveObject counts a removal.
func (b *changeBell) RemoveObject(*simulator.Context, types.ManagedObjectReference) { b.rung.Add(1) }

// seenObjects are properties as a client was told them last, encoded. What is in it for one object is never changed.
type seenObjects map[types.ManagedObjectReference]map[string]string

// told is what a client has been told, by filter.
type told map[types.ManagedObjectReference]seenObjects

// watch is what the clients of one property collector have been told, by version:
// several may wait on a session's own collector, each from a version of its own.
type watch struct {
	mu       sync.Mutex
	version  int
	told     map[string]told
	rested   time.Time // when to look again at the earliest
	canceled atomic.Bool
}

// keptVersions is how far back a client may go.
const keptVersions = 16

type watchKey struct {
	session   string
	collector types.ManagedObjectReference
}

// watches holds the watches of all sessions.
type watches struct {
	mu sync.Mutex
	by map[watchKey]*watch
}

// of returns a collector's watch.
func (w *watches) of(key watchKey) *watch {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.by[key] == nil {
		w.by[key] = &watch{told: map[string]told{}}
	}
	return w.by[key]
}

// forget drops the watches of a session.
func (w *watches) forget(session string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for key := range w.by {
		if key.session == session {
			delete(w.by, key)
		}
	}
}

// WaitForUpdatesEx answers WaitForUpdatesEx.
func (g *guard) WaitForUpdatesEx(ctx *simulator.Context, req *types.WaitForUpdatesEx) soap.HasFault {
	body := &methods.WaitForUpdatesExBody{}
	collector, ok := ctx.Session.Get(req.This).(*simulator.PropertyCollector)
	if !ok {
		body.Fault_ = simulator.Fault("The collector has been removed.", &types.ManagedObjectNotFound{Obj: req.This})
		return body
	}
	set, fault := g.wait(ctx, collector, g.watches.of(watchKey{ctx.Session.Key, req.This}), req)
	if fault != nil {
		body.Fault_ = simulator.Fault("", fault)
		return body
	}
	body.Res = &types.WaitForUpdatesExResponse{Returnval: set}
	return body
}

// wait returns what is new to the client, nil when the time is up.
func (g *guard) wait(ctx *simulator.Context, collector *simulator.PropertyCollector, watched *watch, req *types.WaitForUpdatesEx) (*types.UpdateSet, types.BaseMethodFault) {
	limit := mostUpdates
	var deadline <-chan time.Time
	if options := req.Options; options != nil {
		if most := int(options.MaxObjectUpdates); most > 0 {
			limit = min(limit, most)
		}
		if seconds := options.MaxWaitSeconds; seconds != nil {
			deadline = time.After(time.Duration(*seconds) * time.Second)
		}
	}
	rung, looked := int64(-1), time.Time{}
	for {
		if now := g.bell.rung.Load(); watched.mayLook() && (now != rung || time.Since(looked) > lookAnyway) {
			rung, looked = now, time.Now()
			set, fault := watched.news(ctx, collector, req.Version, limit)
			if fault != nil || len(set.FilterSet) > 0 || req.Version == "" {
				return set, fault
			}
		}
		select {
		case <-deadline:
			return nil, nil
		case <-ctx.Done(): // the client has gone
			return nil, nil
		case <-time.After(lookInterval):
		}
		if watched.canceled.Swap(false) {
			return nil, &types.RequestCanceled{}
		}
	}
}

func (w *watch) mayLook() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().After(w.rested)
}

// news returns what differs from what was told in a version, at most so many objects.
func (w *watch) news(ctx *simulator.Context, collector *simulator.PropertyCollector, version string, limit int) (*types.UpdateSet, types.BaseMethodFault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before, known := w.told[version]
	if version != "" && !known {
		return nil, &types.InvalidCollectorVersion{}
	}
	began := time.Now()
	set, now := &types.UpdateSet{}, told{}
	for _, reference := range collector.Filter {
		filter, ok := ctx.Session.Get(reference).(*simulator.PropertyFilter)
		if !ok {
			continue
		}
		objects, fault := contents(ctx, collector, filter.Spec)
		if fault != nil {
			return nil, fault
		}
		now[reference] = seenObjects{}
		maps.Copy(now[reference], before[reference])
		updates, more := now[reference].compare(objects, limit)
		limit -= len(updates)
		if more {
			set.Truncated = types.NewBool(true)
		}
		if len(updates) > 0 {
			set.FilterSet = append(set.FilterSet, types.PropertyFilterUpdate{Filter: reference, ObjectSet: updates})
		}
	}
	if set.Truncated == nil { // the rest is wanted at once
		w.rested = time.Now().Add(lookRest * time.Since(began))
	}
	if len(set.FilterSet) > 0 || version == "" {
		w.version++
		set.Version = strconv.Itoa(w.version)
		w.told[set.Version] = now
		delete(w.told, strconv.Itoa(w.version-keptVersions))
	}
	return set, nil
}

// contents returns what a filter selects; objects that are gone are left out.
func contents(ctx *simulator.Context, collector *simulator.PropertyCollector, spec types.PropertyFilterSpec) ([]types.ObjectContent, types.BaseMethodFault) {
	there := spec
	there.ObjectSet = nil
	for _, object := range spec.ObjectSet {
		if ctx.Session.Get(object.Obj) != nil {
			there.ObjectSet = append(there.ObjectSet, object)
		}
	}
	if len(there.ObjectSet) == 0 {
		return nil, nil
	}
	answer := collector.RetrievePropertiesEx(ctx, &types.RetrievePropertiesEx{
		This: collector.Self, SpecSet: []types.PropertyFilterSpec{there},
	}).(*methods.RetrievePropertiesExBody)
	if fault := answer.Fault(); fault != nil {
		return nil, fault.VimFault().(types.BaseMethodFault)
	}
	if answer.Res.Returnval == nil {
		return nil, nil
	}
	return answer.Res.Returnval.Objects, nil
}

// compare returns what differs, and whether there is more than the limit.
func (s seenObjects) compare(objects []types.ObjectContent, limit int) ([]types.ObjectUpdate, bool) {
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

// difference returns the update of one object, nil when it is as it was told, and how it is now.
func (s seenObjects) difference(object types.ObjectContent) (*types.ObjectUpdate, map[string]string) {
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
			update.ChangeSet = append(update.ChangeSet, types.PropertyChange{Name: name, Op: types.PropertyChangeOpRemove})
		}
	}
	if known && len(update.ChangeSet) == 0 {
		return nil, now
	}
	return update, now
}

// encoded is a value as text: the simulator may change it in place, so it is no use to keep the value.
func encoded(value types.AnyType) string {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprintf("%+v", value)
	}
	return string(text)
}

// WaitForUpdates answers the older form, which pyvmomi's WaitForTask uses.
func (g *guard) WaitForUpdates(ctx *simulator.Context, req *types.WaitForUpdates) soap.HasFault {
	answer := g.WaitForUpdatesEx(ctx, &types.WaitForUpdatesEx{This: req.This, Version: req.Version}).(*methods.WaitForUpdatesExBody)
	if answer.Fault() != nil {
		return &methods.WaitForUpdatesBody{Fault_: answer.Fault()}
	}
	body := &methods.WaitForUpdatesBody{Res: &types.WaitForUpdatesResponse{}}
	if answer.Res.Returnval != nil {
		body.Res.Returnval = *answer.Res.Returnval
	}
	return body
}

// CancelWaitForUpdates answers CancelWaitForUpdates.
func (g *guard) CancelWaitForUpdates(ctx *simulator.Context, req *types.CancelWaitForUpdates) soap.HasFault {
	g.watches.of(watchKey{ctx.Session.Key, req.This}).canceled.Store(true)
	return &methods.CancelWaitForUpdatesBody{Res: &types.CancelWaitForUpdatesResponse{}}
}
