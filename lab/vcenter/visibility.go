package main

import (
	"slices"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/simulator/vpx"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// A user reads of an object what its privileges allow: with System.View its name and its place in the inventory, with
// System.Read everything. What a traversal or a view finds without System.View is left out; a property that may not be
// read is named as missing, with NoPermission (vSphere API reference: PropertyCollector, ObjectContent.missingSet).

// viewProperties need System.View only (vSphere API reference, "Required Privilege" of each property).
var viewProperties = set(`parent customValue effectiveRole name declaredAlarmState triggeredAlarmState tag value availableField`)

// viewPropertiesOf are further ones by type.
var viewPropertiesOf = map[string]map[string]bool{
	"ClusterComputeResource": set(`resourcePool host datastore network environmentBrowser`),
	"ComputeResource":        set(`resourcePool host datastore network environmentBrowser`),
	"Datacenter":             set(`vmFolder hostFolder datastoreFolder networkFolder configuration`),
	"Folder":                 set(`childType childEntity namespace`),
	"HostSystem":             set(`datastore network datastoreBrowser`),
	"ResourcePool":           set(`owner resourcePool vm namespace`),
	"VirtualMachine":         set(`datastore network`),
}

// filteredMethods are those whose answers are filtered for a user who is no administrator, by the type of their object.
var filteredMethods = map[string]string{
	"ContinueRetrievePropertiesEx": "PropertyCollector",
	"FindAllByUuid":                "SearchIndex",
	"FindByInventoryPath":          "SearchIndex",
	"FindByUuid":                   "SearchIndex",
	"FindChild":                    "SearchIndex",
	"RetrieveProperties":           "PropertyCollector",
	"RetrievePropertiesEx":         "PropertyCollector",
}

// restricted returns the account of a user whose privileges count, nil for an administrator.
func (g *guard) restricted(ctx *simulator.Context) *account {
	if ctx.Session == nil || g.users.none() {
		return nil
	}
	if user := g.account(ctx.Session.UserName); !user.unrestricted() {
		return user
	}
	return nil
}

// sees tells whether the user may know of the object. What is no object of the inventory is everybody's.
func (a *account) sees(object types.ManagedObjectReference) bool {
	_, ok := a.guard.registry.Get(object).(mo.Entity)
	return !ok || a.on(object)[systemView]
}

// propertyNeed returns the privilege that reading a property needs, and the object that it is needed on. What is no object
// of the inventory is read by everybody who has logged in, except the list of sessions.
func (g *guard) propertyNeed(object types.ManagedObjectReference, path string) (need, bool) {
	name, _, _ := strings.Cut(path, ".")
	name, _, _ = strings.Cut(name, "[")
	if object.Type == "SessionManager" && name == "sessionList" {
		return need{vpx.ServiceContent.RootFolder, "Sessions.TerminateSession"}, true
	}
	if _, ok := g.registry.Get(object).(mo.Entity); !ok {
		return need{}, false
	}
	if viewProperties[name] || viewPropertiesOf[object.Type][name] {
		return need{object, systemView}, true
	}
	return need{object, systemRead}, true
}

// lacks tells what the user lacks to read a property.
func (a *account) lacks(object types.ManagedObjectReference, path string) (need, bool) {
	wanted, ok := a.guard.propertyNeed(object, path)
	return wanted, ok && !a.on(wanted.object)[wanted.privilege]
}

// contents filters what a collector returns. named: the objects that the request names itself, which are never left out.
func (a *account) contents(found []types.ObjectContent, named map[types.ManagedObjectReference]bool) []types.ObjectContent {
	var kept []types.ObjectContent
	for _, content := range found {
		if a.sees(content.Obj) || named[content.Obj] {
			kept = append(kept, a.content(content))
		}
	}
	return kept
}

func (a *account) content(content types.ObjectContent) types.ObjectContent {
	var shown []types.DynamicProperty
	for _, property := range content.PropSet {
		if lacking, ok := a.lacks(content.Obj, property.Name); ok {
			content.MissingSet = append(content.MissingSet, types.MissingProperty{
				Path:  property.Name,
				Fault: types.LocalizedMethodFault{Fault: a.guard.noPermission([]need{lacking})},
			})
			continue
		}
		property.Val = a.value(property.Val)
		shown = append(shown, property)
	}
	content.PropSet = shown
	return content
}

// value leaves the references to objects that the user does not see out of a list.
func (a *account) value(value types.AnyType) types.AnyType {
	list, ok := value.(*types.ArrayOfManagedObjectReference)
	if !ok {
		return value
	}
	kept := slices.DeleteFunc(slices.Clone(list.ManagedObjectReference), func(each types.ManagedObjectReference) bool {
		return !a.sees(each)
	})
	return &types.ArrayOfManagedObjectReference{ManagedObjectReference: kept}
}

// updates filters what a wait returns.
func (a *account) updates(set *types.UpdateSet) {
	if set == nil {
		return
	}
	for i := range set.FilterSet {
		objects := &set.FilterSet[i].ObjectSet
		*objects = slices.DeleteFunc(*objects, func(each types.ObjectUpdate) bool { return !a.sees(each.Obj) })
		for j := range *objects {
			update := &(*objects)[j]
			update.ChangeSet = slices.DeleteFunc(update.ChangeSet, func(change types.PropertyChange) bool {
				_, lacking := a.lacks(update.Obj, change.Name)
				return lacking
			})
		}
	}
}

// filtered answers a collector's method for a user who is no administrator.
func (g *guard) filtered(ctx *simulator.Context, collector types.ManagedObjectReference, retrieve func(*simulator.PropertyCollector) []types.ObjectContent, specs ...types.PropertyFilterSpec) []types.ObjectContent {
	named := map[types.ManagedObjectReference]bool{}
	for _, spec := range specs {
		for _, object := range spec.ObjectSet {
			named[object.Obj] = true
		}
	}
	answering := sessionCollector(ctx, collector)
	var found []types.ObjectContent
	ctx.WithLock(answering, func() { found = retrieve(answering) })
	return g.account(ctx.Session.UserName).contents(found, named)
}

// RetrievePropertiesEx answers RetrievePropertiesEx for a user who is no administrator.
func (g *guard) RetrievePropertiesEx(ctx *simulator.Context, req *types.RetrievePropertiesEx) soap.HasFault {
	var body *methods.RetrievePropertiesExBody
	kept := g.filtered(ctx, req.This, func(collector *simulator.PropertyCollector) []types.ObjectContent {
		body = collector.RetrievePropertiesEx(ctx, req).(*methods.RetrievePropertiesExBody)
		if body.Res == nil || body.Res.Returnval == nil {
			return nil
		}
		return body.Res.Returnval.Objects
	}, req.SpecSet...)
	if body.Res != nil && body.Res.Returnval != nil {
		body.Res.Returnval.Objects = kept
	}
	return body
}

// ContinueRetrievePropertiesEx answers ContinueRetrievePropertiesEx for a user who is no administrator.
func (g *guard) ContinueRetrievePropertiesEx(ctx *simulator.Context, req *types.ContinueRetrievePropertiesEx) soap.HasFault {
	var body *methods.ContinueRetrievePropertiesExBody
	kept := g.filtered(ctx, req.This, func(collector *simulator.PropertyCollector) []types.ObjectContent {
		body = collector.ContinueRetrievePropertiesEx(ctx, req).(*methods.ContinueRetrievePropertiesExBody)
		if body.Res == nil {
			return nil
		}
		return body.Res.Returnval.Objects
	})
	if body.Res != nil {
		body.Res.Returnval.Objects = kept
	}
	return body
}

// RetrieveProperties answers RetrieveProperties for a user who is no administrator.
func (g *guard) RetrieveProperties(ctx *simulator.Context, req *types.RetrieveProperties) soap.HasFault {
	var body *methods.RetrievePropertiesBody
	kept := g.filtered(ctx, req.This, func(collector *simulator.PropertyCollector) []types.ObjectContent {
		body = collector.RetrieveProperties(ctx, req).(*methods.RetrievePropertiesBody)
		if body.Res == nil {
			return nil
		}
		return body.Res.Returnval
	}, req.SpecSet...)
	if body.Res != nil {
		body.Res.Returnval = kept
	}
	return body
}

// seen returns the reference, nil when the session's user does not see the object.
func (g *guard) seen(ctx *simulator.Context, found *types.ManagedObjectReference) *types.ManagedObjectReference {
	if found == nil || !g.account(ctx.Session.UserName).sees(*found) {
		return nil
	}
	return found
}

func (g *guard) searchIndex(reference types.ManagedObjectReference) *simulator.SearchIndex {
	return g.registry.Get(reference).(*simulator.SearchIndex)
}

// FindByUuid answers FindByUuid for a user who is no administrator.
func (g *guard) FindByUuid(ctx *simulator.Context, req *types.FindByUuid) soap.HasFault {
	body := g.searchIndex(req.This).FindByUuid(ctx, req).(*methods.FindByUuidBody)
	if body.Res != nil {
		body.Res.Returnval = g.seen(ctx, body.Res.Returnval)
	}
	return body
}

// FindAllByUuid answers FindAllByUuid for a user who is no administrator.
func (g *guard) FindAllByUuid(ctx *simulator.Context, req *types.FindAllByUuid) soap.HasFault {
	body := g.searchIndex(req.This).FindAllByUuid(ctx, req).(*methods.FindAllByUuidBody)
	if body.Res != nil {
		user := g.account(ctx.Session.UserName)
		body.Res.Returnval = slices.DeleteFunc(body.Res.Returnval, func(each types.ManagedObjectReference) bool {
			return !user.sees(each)
		})
	}
	return body
}

// FindByInventoryPath answers FindByInventoryPath for a user who is no administrator.
func (g *guard) FindByInventoryPath(ctx *simulator.Context, req *types.FindByInventoryPath) soap.HasFault {
	body := g.searchIndex(req.This).FindByInventoryPath(ctx, req).(*methods.FindByInventoryPathBody)
	if body.Res != nil {
		body.Res.Returnval = g.seen(ctx, body.Res.Returnval)
	}
	return body
}

// FindChild answers FindChild for a user who is no administrator.
func (g *guard) FindChild(ctx *simulator.Context, req *types.FindChild) soap.HasFault {
	body := g.searchIndex(req.This).FindChild(ctx, req).(*methods.FindChildBody)
	if body.Res != nil {
		body.Res.Returnval = g.seen(ctx, body.Res.Returnval)
	}
	return body
}
