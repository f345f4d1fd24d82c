package main

import (
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/simulator/vpx"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// user is an account that may log in.
type user struct {
	password string
	readOnly bool
}

// users are the accounts by name in lower case; without any, the guard checks no privileges.
type users map[string]user

// validLogin tells whether the password is the user's; like SSO, it ignores the case of names.
func (u users) validLogin(login *types.Login) bool {
	known, ok := u[strings.ToLower(login.UserName)]
	return ok && login.Password == known.password
}

// readOnly tells whether the user may only read.
func (u users) readOnly(name string) bool { return u[strings.ToLower(name)].readOnly }

// grants tells whether the user has the privilege, which is the same on every entity of the lab.
func (u users) grants(name, privilege string) bool {
	known, ok := u[strings.ToLower(name)]
	return ok && (!known.readOnly || readOnlyPrivileges[privilege])
}

// allowed tells whether the session is open and its user may call the method.
func (u users) allowed(registry *simulator.Registry, session, method string) bool {
	for name := range u {
		ctx := &simulator.Context{Map: registry}
		answer := registry.SessionManager().SessionIsActive(ctx, &types.SessionIsActive{SessionID: session, UserName: name})
		if body := answer.(*methods.SessionIsActiveBody); body.Res != nil && body.Res.Returnval {
			return !u.readOnly(name) || readingMethods[method]
		}
	}
	return false
}

// checkPrivilege refuses every method to the read-only user that is not known to read.
func (g *guard) checkPrivilege(ctx *simulator.Context, method *simulator.Method) types.BaseMethodFault {
	if ctx.Session == nil || !g.users.readOnly(ctx.Session.UserName) || readingMethods[method.Name] {
		return nil
	}
	return &types.NoPermission{Object: &method.This, PrivilegeId: privilegeFor(method)}
}

// userOf returns the name of a session's user, "" when the session is not open.
func (g *guard) userOf(session string) string {
	for _, open := range g.sessions() {
		if open.Key == session {
			return open.UserName
		}
	}
	return ""
}

func (g *guard) availability(name string, entities []types.ManagedObjectReference, privileges []string) []types.EntityPrivilege {
	var all []types.EntityPrivilege
	for _, entity := range entities {
		one := types.EntityPrivilege{Entity: entity}
		for _, privilege := range privileges {
			one.PrivAvailability = append(one.PrivAvailability, types.PrivilegeAvailability{
				PrivId: privilege, IsGranted: g.users.grants(name, privilege),
			})
		}
		all = append(all, one)
	}
	return all
}

// HasPrivilegeOnEntities answers HasPrivilegeOnEntities; the simulator grants everything to everybody.
func (g *guard) HasPrivilegeOnEntities(ctx *simulator.Context, req *types.HasPrivilegeOnEntities) soap.HasFault {
	return &methods.HasPrivilegeOnEntitiesBody{Res: &types.HasPrivilegeOnEntitiesResponse{
		Returnval: g.availability(g.userOf(req.SessionId), req.Entity, req.PrivId),
	}}
}

// HasPrivilegeOnEntityResponse answers a HasPrivilegeOnEntity; govmomi's own leaves out every false.
type HasPrivilegeOnEntityResponse struct {
	Returnval []bool `xml:"returnval"`
}

type hasPrivilegeOnEntityBody struct {
	Res *HasPrivilegeOnEntityResponse `xml:"HasPrivilegeOnEntityResponse,omitempty"`
}

// Fault says that there is none.
func (*hasPrivilegeOnEntityBody) Fault() *soap.Fault { return nil }

// HasPrivilegeOnEntity answers HasPrivilegeOnEntity.
func (g *guard) HasPrivilegeOnEntity(ctx *simulator.Context, req *types.HasPrivilegeOnEntity) soap.HasFault {
	granted := []bool{}
	for _, privilege := range req.PrivId {
		granted = append(granted, g.users.grants(g.userOf(req.SessionId), privilege))
	}
	return &hasPrivilegeOnEntityBody{Res: &HasPrivilegeOnEntityResponse{Returnval: granted}}
}

// HasUserPrivilegeOnEntities answers HasUserPrivilegeOnEntities.
func (g *guard) HasUserPrivilegeOnEntities(_ *simulator.Context, req *types.HasUserPrivilegeOnEntities) soap.HasFault {
	return &methods.HasUserPrivilegeOnEntitiesBody{Res: &types.HasUserPrivilegeOnEntitiesResponse{
		Returnval: g.availability(req.UserName, req.Entities, req.PrivId),
	}}
}

// FetchUserPrivilegeOnEntities answers FetchUserPrivilegeOnEntities.
func (g *guard) FetchUserPrivilegeOnEntities(_ *simulator.Context, req *types.FetchUserPrivilegeOnEntities) soap.HasFault {
	body := g.authorization().FetchUserPrivilegeOnEntities(req).(*methods.FetchUserPrivilegeOnEntitiesBody)
	for i := range body.Res.Returnval {
		var granted []string
		for _, privilege := range body.Res.Returnval[i].Privileges {
			if g.users.grants(req.UserName, privilege) {
				granted = append(granted, privilege)
			}
		}
		body.Res.Returnval[i].Privileges = granted
	}
	return body
}

func (g *guard) authorization() *simulator.AuthorizationManager {
	return g.registry.Get(*vpx.ServiceContent.AuthorizationManager).(*simulator.AuthorizationManager)
}

// permit shows the read-only user's role on the root folder, as an administrator would have set it.
func (g *guard) permit(name string) {
	root := vpx.ServiceContent.RootFolder
	manager := g.authorization()
	answer := manager.RetrieveEntityPermissions(g.newContext(), &types.RetrieveEntityPermissions{Entity: root})
	permissions := answer.(*methods.RetrieveEntityPermissionsBody).Res.Returnval
	domainAndName := name
	if short, domain, ok := strings.Cut(name, "@"); ok {
		domainAndName = strings.ToUpper(domain) + `\` + short
	}
	const readOnlyRole = -2
	permissions = append(permissions, types.Permission{
		Entity: &root, Principal: domainAndName, RoleId: readOnlyRole, Propagate: true,
	})
	manager.SetEntityPermissions(&types.SetEntityPermissions{Entity: root, Permission: permissions})
}
