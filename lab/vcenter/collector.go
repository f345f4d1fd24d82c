package main

import (
	"reflect"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/simulator/vpx"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// sessionCollector passes changes on to the property collector of one session.
//
// The simulator registers every session's collector under one reference, so that
// only the session that asked last hears of changes and the others wait forever.
type sessionCollector struct {
	*simulator.PropertyCollector
	self types.ManagedObjectReference
}

// Reference is the registration's own, in place of the collector's shared one.
func (c *sessionCollector) Reference() types.ManagedObjectReference { return c.self }

func (g *guard) sessionCollector(ctx *simulator.Context) *sessionCollector {
	return &sessionCollector{
		PropertyCollector: ctx.Session.Get(vpx.ServiceContent.PropertyCollector).(*simulator.PropertyCollector),
		self:              types.ManagedObjectReference{Type: "LabSessionCollector", Value: ctx.Session.Key},
	}
}

// WaitForUpdatesEx answers WaitForUpdatesEx on a session's own property collector.
func (g *guard) WaitForUpdatesEx(ctx *simulator.Context, req *types.WaitForUpdatesEx) soap.HasFault {
	collector := g.sessionCollector(ctx)
	if req.Version != "" {
		return collector.PropertyCollector.WaitForUpdatesEx(ctx, req)
	}
	g.registry.AddHandler(collector)
	defer g.registry.RemoveHandler(collector.PropertyCollector)
	return collector.PropertyCollector.WaitForUpdatesEx(ctx, req)
}

// WaitForUpdates answers the older form, which pyvmomi's WaitForTask uses.
func (g *guard) WaitForUpdates(ctx *simulator.Context, req *types.WaitForUpdates) soap.HasFault {
	answer := g.WaitForUpdatesEx(ctx, &types.WaitForUpdatesEx{This: req.This, Version: req.Version}).(*methods.WaitForUpdatesExBody)
	if answer.Fault() != nil {
		return &methods.WaitForUpdatesBody{Fault_: answer.Fault()}
	}
	return &methods.WaitForUpdatesBody{Res: &types.WaitForUpdatesResponse{Returnval: *answer.Res.Returnval}}
}

// Logout answers Logout: the session no longer hears of changes.
func (g *guard) Logout(ctx *simulator.Context, req *types.Logout) soap.HasFault {
	g.registry.RemoveHandler(g.sessionCollector(ctx))
	return g.registry.SessionManager().Logout(ctx, req)
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
	return body
}
