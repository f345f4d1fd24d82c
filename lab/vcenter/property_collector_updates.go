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

// The simulator evaluates every filter of a collector again for each change of any object, so a client that waits for a
// thousand tasks waits for minutes. It also registers every session's own collector under one reference, so only the
// session that asked last hears of changes. Here a wait evaluates its filters after something has changed, compares the
// result with what the client received last, and returns the difference. The API reference says what a client may
// expect: PropertyCollector, UpdateSet and WaitOptions.
const (
	pollInterval     = 20 * time.Millisecond // collects changes that come close together
	maxPollInterval  = time.Second           // the simulator does not announce every change
	restFactor       = 4                     // pause after an evaluation, in multiples of its duration, to leave time for the work itself
	maxObjectUpdates = 100                   // objects in one answer of WaitForUpdatesEx, a vCenter's default
	maxWait          = 30 * time.Minute      // of WaitForUpdatesEx: the guard does not learn that a client has gone
	versionHistory   = 16                    // versions that a client may go back
)

// changeCounter counts the changes of all objects.
type changeCounter struct{ count atomic.Int64 }

// Reference identifies the counter among the registry's handlers.
func (*changeCounter) Reference() types.ManagedObjectReference {
	return types.ManagedObjectReference{Type: "LabChangeCounter", Value: "changes"}
}

// PutObject counts an addition.
func (c *changeCounter) PutObject(*simulator.Context, mo.Reference) { c.count.Add(1) }

// UpdateObject counts a change.
func (c *changeCounter) UpdateObject(*simulator.Context, mo.Reference, []types.PropertyChange) {
	c.count.Add(1)
}

// RemoveObject counts a removal.
func (c *changeCounter) RemoveObject(*simulator.Context, types.ManagedObjectReference) {
	c.count.Add(1)
}

// updateStream holds what the clients of one property collector have received, by version. Several clients may wait on
// a session's own collector, each from a version of its own.
type updateStream struct {
	alive func() bool // whether the session is still open

	mu        sync.Mutex
	version   int
	reported  map[string]reportedFilters
	truncated string    // the version whose remaining updates are still to be sent
	evaluated contents  // what the filters selected when that answer was made
	restUntil time.Time // when to evaluate again at the earliest

	waits    sync.Mutex
	canceled chan struct{} // closed to cancel the waits under way
}

func newUpdateStream(alive func() bool) *updateStream {
	return &updateStream{alive: alive, reported: map[string]reportedFilters{}, canceled: make(chan struct{})}
}

// cancel ends the waits under way, not later ones.
func (w *updateStream) cancel() {
	w.waits.Lock()
	defer w.waits.Unlock()
	close(w.canceled)
	w.canceled = make(chan struct{})
}

func (w *updateStream) cancellation() <-chan struct{} {
	w.waits.Lock()
	defer w.waits.Unlock()
	return w.canceled
}

// contents are the objects that filters selected, by filter.
type contents map[types.ManagedObjectReference][]types.ObjectContent

type streamKey struct {
	session   string
	collector types.ManagedObjectReference
}

// updateStreams holds the streams of all sessions.
type updateStreams struct {
	filters sync.RWMutex // the collectors' lists of filters, which the simulator does not protect
	mu      sync.Mutex
	by      map[streamKey]*updateStream
}

// of returns a collector's stream. Making one drops the streams whose sessions have ended.
func (w *updateStreams) of(key streamKey, alive func() bool) *updateStream {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.by[key] == nil {
		maps.DeleteFunc(w.by, func(_ streamKey, each *updateStream) bool { return !each.alive() })
		w.by[key] = newUpdateStream(alive)
	}
	return w.by[key]
}

// remove drops the stream of a collector that is being destroyed, and ends its waits.
func (w *updateStreams) remove(key streamKey) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if stream := w.by[key]; stream != nil {
		stream.cancel()
		delete(w.by, key)
	}
}

// waitLimits bound a wait and its answer.
type waitLimits struct {
	wait    time.Duration // 0: do not wait; negative: for ever
	objects int           // the most in one answer
}

const forever = time.Duration(-1)

// limitsOf reads the options of a WaitForUpdatesEx.
func limitsOf(options *types.WaitOptions) (waitLimits, types.BaseMethodFault) {
	limits := waitLimits{maxWait, maxObjectUpdates}
	if options == nil {
		return limits, nil
	}
	if options.MaxObjectUpdates < 0 { // 0 is illegal too, and not told from unset here
		return limits, &types.InvalidArgument{InvalidProperty: "options.maxObjectUpdates"}
	}
	if options.MaxObjectUpdates > 0 {
		limits.objects = min(maxObjectUpdates, int(options.MaxObjectUpdates))
	}
	if seconds := options.MaxWaitSeconds; seconds != nil {
		if *seconds < 0 {
			return limits, &types.InvalidArgument{InvalidProperty: "options.maxWaitSeconds"}
		}
		limits.wait = min(maxWait, time.Duration(*seconds)*time.Second)
	}
	return limits, nil
}

// wait returns what has changed since a version that the client has, nil when the time is up.
func (g *guard) wait(ctx *simulator.Context, collector *simulator.PropertyCollector, version string, limits waitLimits) (*types.UpdateSet, types.BaseMethodFault) {
	stream := g.streamOf(ctx, collector.Self)
	canceled := stream.cancellation()
	var deadline <-chan time.Time
	if limits.wait >= 0 {
		deadline = time.After(limits.wait)
	}
	seen, polled := int64(-1), time.Time{}
	for {
		now := g.changes.count.Load()
		if limits.wait == 0 || stream.mayPoll() && (now != seen || time.Since(polled) > maxPollInterval) {
			seen, polled = now, time.Now()
			set, fault := stream.updatesSince(ctx, collector, g.filtersOf(collector), version, limits.objects)
			if fault != nil || set != nil || limits.wait == 0 {
				return set, fault
			}
		}
		select {
		case <-deadline:
			return nil, nil
		case <-canceled:
			return nil, &types.RequestCanceled{}
		case <-time.After(pollInterval):
		}
		if !stream.alive() {
			return nil, &types.RequestCanceled{}
		}
	}
}

// streamOf returns the stream of a collector of the request's session.
func (g *guard) streamOf(ctx *simulator.Context, collector types.ManagedObjectReference) *updateStream {
	asked := &types.SessionIsActive{SessionID: ctx.Session.Key, UserName: ctx.Session.UserName}
	active := func() bool {
		answer := g.registry.SessionManager().SessionIsActive(g.newContext(), asked)
		return answer.(*methods.SessionIsActiveBody).Res.Returnval
	}
	alive := active
	if !active() { // the lab's own, which nobody logged in
		alive = func() bool { return true }
	}
	return g.updateStreams.of(streamKey{asked.SessionID, collector}, alive)
}

func (g *guard) filtersOf(collector *simulator.PropertyCollector) []types.ManagedObjectReference {
	g.updateStreams.filters.RLock()
	defer g.updateStreams.filters.RUnlock()
	return slices.Clone(collector.Filter)
}

func (w *updateStream) mayPoll() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().After(w.restUntil)
}

// updatesSince returns the changes since a version, of at most limit objects; nil when there are none.
func (w *updateStream) updatesSince(ctx *simulator.Context, collector *simulator.PropertyCollector, filters []types.ManagedObjectReference, version string, limit int) (*types.UpdateSet, types.BaseMethodFault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before, known := w.reported[version]
	if version != "" && !known {
		return nil, &types.InvalidCollectorVersion{}
	}
	began := time.Now()
	set, now := &types.UpdateSet{}, reportedFilters{}
	found, fault := w.evaluate(ctx, collector, filters, version)
	if fault != nil {
		return nil, fault
	}
	for _, reference := range filters {
		objects, ok := found[reference]
		if !ok {
			continue
		}
		now[reference] = reportedObjects{}
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
	if set.Truncated == nil { // the client asks for the rest at once
		w.restUntil = time.Now().Add(restFactor * time.Since(began))
	}
	if len(set.FilterSet) == 0 {
		return nil, nil
	}
	w.commit(set, now, found)
	return set, nil
}

// evaluate returns what the filters select. The rest of a truncated answer is sent from the same evaluation, as a vCenter
// does; else the answers about thousands of objects would take the time of hundreds of evaluations.
func (w *updateStream) evaluate(ctx *simulator.Context, collector *simulator.PropertyCollector, filters []types.ManagedObjectReference, version string) (contents, types.BaseMethodFault) {
	if version != "" && version == w.truncated {
		return w.evaluated, nil
	}
	found := contents{}
	for _, reference := range filters {
		filter, ok := ctx.Session.Get(reference).(*simulator.PropertyFilter)
		if !ok {
			continue
		}
		objects, fault := selected(ctx, collector, filter.Spec)
		if fault != nil {
			return nil, fault
		}
		found[reference] = objects
	}
	return found, nil
}

// commit gives an answer its version. The version of a truncated answer is valid for the next call only.
func (w *updateStream) commit(set *types.UpdateSet, now reportedFilters, found contents) {
	delete(w.reported, w.truncated)
	delete(w.reported, strconv.Itoa(w.version-versionHistory))
	w.version++
	set.Version = strconv.Itoa(w.version)
	w.reported[set.Version] = now
	w.truncated, w.evaluated = "", nil
	if set.Truncated != nil {
		w.truncated, w.evaluated = set.Version, found
	}
}

// isTruncated tells whether a version is that of a truncated answer.
func (w *updateStream) isTruncated(version string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return version != "" && version == w.truncated
}

// selected returns what a filter selects, without objects that no longer exist.
func selected(ctx *simulator.Context, collector *simulator.PropertyCollector, spec types.PropertyFilterSpec) ([]types.ObjectContent, types.BaseMethodFault) {
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
	// Nor is an object that disappears right now an error.
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
