package main

import (
	"reflect"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/simulator/vpx"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// Logout answers Logout: the session no longer hears of changes.
func (g *guard) Logout(ctx *simulator.Context, req *types.Logout) soap.HasFault {
	g.watches.forget(ctx.Session.Key)
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
