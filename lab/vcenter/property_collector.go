package main

import (
	"math"
	"reflect"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/simulator/vpx"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// WaitForUpdatesEx answers WaitForUpdatesEx.
func (g *guard) WaitForUpdatesEx(ctx *simulator.Context, req *types.WaitForUpdatesEx) soap.HasFault {
	body := &methods.WaitForUpdatesExBody{}
	limits, fault := limitsOf(req.Options)
	if fault == nil {
		body.Res = &types.WaitForUpdatesExResponse{}
		body.Res.Returnval, fault = g.waitAs(ctx, req.This, req.Version, limits)
	}
	if fault != nil {
		return &methods.WaitForUpdatesExBody{Fault_: simulator.Fault(faultText(fault), fault)}
	}
	return body
}

// WaitForUpdates answers the older form, which pyvmomi's WaitForTask uses: it waits for ever and returns all updates at once.
func (g *guard) WaitForUpdates(ctx *simulator.Context, req *types.WaitForUpdates) soap.HasFault {
	if g.streamOf(ctx, req.This).isTruncated(req.Version) {
		return &methods.WaitForUpdatesBody{Fault_: simulator.Fault("", &types.InvalidCollectorVersion{})}
	}
	set, fault := g.waitAs(ctx, req.This, req.Version, waitLimits{forever, math.MaxInt})
	if fault != nil {
		return &methods.WaitForUpdatesBody{Fault_: simulator.Fault(faultText(fault), fault)}
	}
	return &methods.WaitForUpdatesBody{Res: &types.WaitForUpdatesResponse{Returnval: *set}}
}

// waitAs waits, and leaves out what the session's user may not know.
func (g *guard) waitAs(ctx *simulator.Context, collector types.ManagedObjectReference, version string, limits waitLimits) (*types.UpdateSet, types.BaseMethodFault) {
	set, fault := g.wait(ctx, sessionCollector(ctx, collector), version, limits)
	if user := g.restricted(ctx); user != nil {
		user.updates(set)
	}
	return set, fault
}

// CancelWaitForUpdates answers CancelWaitForUpdates.
func (g *guard) CancelWaitForUpdates(ctx *simulator.Context, req *types.CancelWaitForUpdates) soap.HasFault {
	g.streamOf(ctx, req.This).cancel()
	return &methods.CancelWaitForUpdatesBody{Res: &types.CancelWaitForUpdatesResponse{}}
}

// CreateFilter answers CreateFilter: a filter on a missing object is refused, unless it asks to have missing objects reported.
func (g *guard) CreateFilter(ctx *simulator.Context, req *types.CreateFilter) soap.HasFault {
	reported := req.Spec.ReportMissingObjectsInResults
	for _, object := range req.Spec.ObjectSet {
		if (reported == nil || !*reported) && !g.knows(ctx, object.Obj) {
			fault := &types.ManagedObjectNotFound{Obj: object.Obj}
			return &methods.CreateFilterBody{Fault_: simulator.Fault(faultText(fault), fault)}
		}
	}
	g.updateStreams.filters.Lock()
	defer g.updateStreams.filters.Unlock()
	return sessionCollector(ctx, req.This).CreateFilter(ctx, req)
}

// DestroyPropertyFilter answers DestroyPropertyFilter.
func (g *guard) DestroyPropertyFilter(ctx *simulator.Context, req *types.DestroyPropertyFilter) soap.HasFault {
	g.updateStreams.filters.Lock()
	defer g.updateStreams.filters.Unlock()
	return ctx.Session.Get(req.This).(*simulator.PropertyFilter).DestroyPropertyFilter(ctx, req)
}

// DestroyPropertyCollector answers DestroyPropertyCollector: waits on the collector end.
func (g *guard) DestroyPropertyCollector(ctx *simulator.Context, req *types.DestroyPropertyCollector) soap.HasFault {
	g.updateStreams.filters.Lock()
	defer g.updateStreams.filters.Unlock()
	g.updateStreams.remove(streamKey{ctx.Session.Key, req.This})
	return sessionCollector(ctx, req.This).DestroyPropertyCollector(ctx, req)
}

// sessionCollector returns a collector of the request's session; the guard is asked for no other.
func sessionCollector(ctx *simulator.Context, reference types.ManagedObjectReference) *simulator.PropertyCollector {
	return ctx.Session.Get(reference).(*simulator.PropertyCollector)
}

// FetchResponse answers a Fetch; without a value it says that the property is unset.
type FetchResponse struct {
	Value types.AnyType `xml:"returnval,omitempty,typeattr"`
}

type fetchBody struct {
	Res *FetchResponse `xml:"FetchResponse,omitempty"`
}

// Fault says that there is none.
func (*fetchBody) Fault() *soap.Fault { return nil }

// Fetch answers pyvmomi's reads of one property (vm.snapshot). The simulator
// answers for an unset property with the response of another method, on which
// pyvmomi fails; a vCenter answers with no value.
//
// The request's type is internal to govmomi, hence the reflection.
func (g *guard) Fetch(ctx *simulator.Context, req any) soap.HasFault {
	collector := reflect.ValueOf(ctx.Session.Get(vpx.ServiceContent.PropertyCollector))
	answers := collector.MethodByName("Fetch").Call([]reflect.Value{reflect.ValueOf(ctx), reflect.ValueOf(req)})
	body := answers[0].Interface().(soap.HasFault)
	if other, ok := body.(*methods.RetrievePropertiesExBody); ok && other.Fault() == nil {
		return &fetchBody{Res: &FetchResponse{}}
	}
	if user := g.restricted(ctx); user != nil && body.Fault() == nil {
		if value := reflect.ValueOf(body).Elem().FieldByName("Res").Elem().FieldByName("Returnval"); !value.IsNil() {
			value.Set(reflect.ValueOf(user.value(value.Interface())))
		}
	}
	return body
}
