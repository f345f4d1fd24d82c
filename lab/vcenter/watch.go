package main

import (
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// The simulator evaluates every filter of a collector anew for each change of any
// object: a client that waits for a thousand tasks waits for minutes. It also
// registers every session's own collector under one reference, so that only the
// session that asked last hears of changes. Here a wait looks at its filters when
// something has changed, compares them with what the client was told last, and
// tells the difference. What a client may expect is in the API reference:
// PropertyCollector, UpdateSet and WaitOptions.
const (
	lookInterval = 20 * time.Millisecond // lets changes gather
	lookAnyway   = time.Second           // the simulator does not announce every change
	lookRest     = 4                     // times as long as a look took, so that looking leaves time for the work
	mostUpdates  = 100                   // objects in one answer of WaitForUpdatesEx, as a vCenter's default
	longestWait  = 30 * time.Minute      // of WaitForUpdatesEx: nobody tells the guard that a client has gone
	keptVersions = 16                    // how far back a client may go
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

// watch is what the clients of one property collector have been told, by version:
// several may wait on a session's own collector, each from a version of its own.
type watch struct {
	alive func() bool // whether the session is

	mu        sync.Mutex
	version   int
	told      map[string]told
	truncated string    // the version whose rest is still to be told
	rested    time.Time // when to look again at the earliest

	waits    sync.Mutex
	canceled chan struct{} // closed to end the waits that there are
}

func newWatch(alive func() bool) *watch {
	return &watch{alive: alive, told: map[string]told{}, canceled: make(chan struct{})}
}

// cancel ends the waits that there are, not those to come.
func (w *watch) cancel() {
	w.waits.Lock()
	defer w.waits.Unlock()
	close(w.canceled)
	w.canceled = make(chan struct{})
}

func (w *watch) cancellation() <-chan struct{} {
	w.waits.Lock()
	defer w.waits.Unlock()
	return w.canceled
}

type watchKey struct {
	session   string
	collector types.ManagedObjectReference
}

// watches holds the watches of all sessions.
type watches struct {
	filters sync.RWMutex // the collectors' lists of filters, which the simulator does not protect
	mu      sync.Mutex
	by      map[watchKey]*watch
}

// of returns a collector's watch. A new one takes the place of those whose sessions have ended.
func (w *watches) of(key watchKey, alive func() bool) *watch {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.by[key] == nil {
		maps.DeleteFunc(w.by, func(_ watchKey, each *watch) bool { return !each.alive() })
		w.by[key] = newWatch(alive)
	}
	return w.by[key]
}

// forget drops the watch of a collector that is being destroyed, and ends its waits.
func (w *watches) forget(key watchKey) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if watched := w.by[key]; watched != nil {
		watched.cancel()
		delete(w.by, key)
	}
}

// waitLimits say when a wait is over. wait: how long, 0 for one look, forever when negative; objects: in one answer.
type waitLimits struct {
	wait    time.Duration
	objects int
}

const forever = time.Duration(-1)

// limitsOf reads the options of a WaitForUpdatesEx.
func limitsOf(options *types.WaitOptions) (waitLimits, types.BaseMethodFault) {
	limits := waitLimits{longestWait, mostUpdates}
	if options == nil {
		return limits, nil
	}
	if options.MaxObjectUpdates < 0 { // 0 is illegal too, and not told from unset here
		return limits, &types.InvalidArgument{InvalidProperty: "options.maxObjectUpdates"}
	}
	if options.MaxObjectUpdates > 0 {
		limits.objects = min(mostUpdates, int(options.MaxObjectUpdates))
	}
	if seconds := options.MaxWaitSeconds; seconds != nil {
		if *seconds < 0 {
			return limits, &types.InvalidArgument{InvalidProperty: "options.maxWaitSeconds"}
		}
		limits.wait = min(longestWait, time.Duration(*seconds)*time.Second)
	}
	return limits, nil
}

// wait returns what is new to the client since a version, nil when the time is up.
func (g *guard) wait(ctx *simulator.Context, collector *simulator.PropertyCollector, version string, limits waitLimits) (*types.UpdateSet, types.BaseMethodFault) {
	watched := g.watchOf(ctx, collector.Self)
	canceled := watched.cancellation()
	var deadline <-chan time.Time
	if limits.wait >= 0 {
		deadline = time.After(limits.wait)
	}
	rung, looked := int64(-1), time.Time{}
	for {
		now := g.bell.rung.Load()
		if limits.wait == 0 || watched.mayLook() && (now != rung || time.Since(looked) > lookAnyway) {
			rung, looked = now, time.Now()
			set, fault := watched.news(ctx, collector, g.filtersOf(collector), version, limits.objects)
			if fault != nil || set != nil || limits.wait == 0 {
				return set, fault
			}
		}
		select {
		case <-deadline:
			return nil, nil
		case <-canceled:
			return nil, &types.RequestCanceled{}
		case <-time.After(lookInterval):
		}
		if !watched.alive() {
			return nil, &types.RequestCanceled{}
		}
	}
}

// watchOf returns the watch of a collector of the request's session.
func (g *guard) watchOf(ctx *simulator.Context, collector types.ManagedObjectReference) *watch {
	asked := &types.SessionIsActive{SessionID: ctx.Session.Key, UserName: ctx.Session.UserName}
	active := func() bool {
		answer := g.registry.SessionManager().SessionIsActive(g.newContext(), asked)
		return answer.(*methods.SessionIsActiveBody).Res.Returnval
	}
	alive := active
	if !active() { // the lab's own, which nobody logged in
		alive = func() bool { return true }
	}
	return g.watches.of(watchKey{asked.SessionID, collector}, alive)
}

func (g *guard) filtersOf(collector *simulator.PropertyCollector) []types.ManagedObjectReference {
	g.watches.filters.RLock()
	defer g.watches.filters.RUnlock()
	return slices.Clone(collector.Filter)
}

func (w *watch) mayLook() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().After(w.rested)
}

// news returns what differs from what was told in a version, at most so many objects; nil when nothing does.
func (w *watch) news(ctx *simulator.Context, collector *simulator.PropertyCollector, filters []types.ManagedObjectReference, version string, limit int) (*types.UpdateSet, types.BaseMethodFault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before, known := w.told[version]
	if version != "" && !known {
		return nil, &types.InvalidCollectorVersion{}
	}
	began := time.Now()
	set, now := &types.UpdateSet{}, told{}
	for _, reference := range filters {
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
	if len(set.FilterSet) == 0 {
		return nil, nil
	}
	w.keep(set, now)
	return set, nil
}

// keep gives an answer its version. A truncated version is good for the next call only, a whole one for more than one.
func (w *watch) keep(set *types.UpdateSet, now told) {
	delete(w.told, w.truncated)
	delete(w.told, strconv.Itoa(w.version-keptVersions))
	w.version++
	set.Version = strconv.Itoa(w.version)
	w.told[set.Version] = now
	w.truncated = ""
	if set.Truncated != nil {
		w.truncated = set.Version
	}
}

// suspended tells whether a version is that of a truncated answer.
func (w *watch) suspended(version string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return version != "" && version == w.truncated
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
	// One that goes just now is no error either.
	there.ReportMissingObjectsInResults = types.NewBool(true)
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
