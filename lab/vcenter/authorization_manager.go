package main

import (
	"strings"
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/simulator/vpx"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// users are the accounts that may log in, with their passwords, by name in lower case. What they may do is in the
// permissions. Without any, the guard checks no privileges.
type users struct {
	mu        sync.RWMutex
	passwords map[string]string
}

func newUsers() *users { return &users{passwords: map[string]string{}} }

// add makes a user, or gives it another password.
func (u *users) add(name, password string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.passwords[strings.ToLower(name)] = password
}

// validLogin tells whether the password is the user's; like SSO, it ignores the case of names.
func (u *users) validLogin(login *types.Login) bool {
	u.mu.RLock()
	defer u.mu.RUnlock()
	password, ok := u.passwords[strings.ToLower(login.UserName)]
	return ok && login.Password == password
}

func (u *users) none() bool {
	u.mu.RLock()
	defer u.mu.RUnlock()
	return len(u.passwords) == 0
}

func (g *guard) authorization() *simulator.AuthorizationManager {
	return g.registry.Get(*vpx.ServiceContent.AuthorizationManager).(*simulator.AuthorizationManager)
}

// permit gives a user a role on everything, as an administrator would have done.
func (g *guard) permit(name string, role int32) {
	g.permissions.set(vpx.ServiceContent.RootFolder, types.Permission{
		Principal: principal(name), RoleId: role, Propagate: true,
	})
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

func (g *guard) availability(name string, objects []types.ManagedObjectReference, privileges []string) []types.EntityPrivilege {
	user := g.account(name)
	var all []types.EntityPrivilege
	for _, object := range objects {
		one, granted := types.EntityPrivilege{Entity: object}, user.on(object)
		for _, privilege := range privileges {
			one.PrivAvailability = append(one.PrivAvailability, types.PrivilegeAvailability{
				PrivId: privilege, IsGranted: granted[privilege],
			})
		}
		all = append(all, one)
	}
	return all
}

// HasPrivilegeOnEntities answers HasPrivilegeOnEntities; the simulator grants everything to everybody.
func (g *guard) HasPrivilegeOnEntities(_ *simulator.Context, req *types.HasPrivilegeOnEntities) soap.HasFault {
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
func (g *guard) HasPrivilegeOnEntity(_ *simulator.Context, req *types.HasPrivilegeOnEntity) soap.HasFault {
	granted, held := []bool{}, g.account(g.userOf(req.SessionId)).on(req.Entity)
	for _, privilege := range req.PrivId {
		granted = append(granted, held[privilege])
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
	user := g.account(req.UserName)
	for i := range body.Res.Returnval {
		one, held := &body.Res.Returnval[i], user.on(body.Res.Returnval[i].Entity)
		var granted []string
		for _, privilege := range one.Privileges {
			if held[privilege] {
				granted = append(granted, privilege)
			}
		}
		one.Privileges = granted
	}
	return body
}

// SetEntityPermissions answers SetEntityPermissions: other principals keep what they have on the object.
func (g *guard) SetEntityPermissions(_ *simulator.Context, req *types.SetEntityPermissions) soap.HasFault {
	roles := g.rolePrivileges()
	for _, one := range req.Permission {
		if _, ok := roles[one.RoleId]; !ok {
			return &methods.SetEntityPermissionsBody{Fault_: simulator.Fault("", &types.NotFound{})}
		}
	}
	g.permissions.set(req.Entity, req.Permission...)
	return &methods.SetEntityPermissionsBody{Res: &types.SetEntityPermissionsResponse{}}
}

// RemoveEntityPermission answers RemoveEntityPermission.
func (g *guard) RemoveEntityPermission(_ *simulator.Context, req *types.RemoveEntityPermission) soap.HasFault {
	if !g.permissions.remove(req.Entity, req.User) {
		return &methods.RemoveEntityPermissionBody{Fault_: simulator.Fault("", &types.NotFound{})}
	}
	return &methods.RemoveEntityPermissionBody{Res: &types.RemoveEntityPermissionResponse{}}
}

// RetrieveEntityPermissions answers RetrieveEntityPermissions.
func (g *guard) RetrieveEntityPermissions(_ *simulator.Context, req *types.RetrieveEntityPermissions) soap.HasFault {
	objects := map[types.ManagedObjectReference]bool{req.Entity: true}
	if req.Inherited {
		g.climb(req.Entity, objects)
	}
	return &methods.RetrieveEntityPermissionsBody{Res: &types.RetrieveEntityPermissionsResponse{
		Returnval: g.permissions.matching(func(one types.Permission) bool {
			return objects[*one.Entity] && (one.Propagate || *one.Entity == req.Entity)
		}),
	}}
}

// RetrieveAllPermissions answers RetrieveAllPermissions.
func (g *guard) RetrieveAllPermissions(*simulator.Context, *types.RetrieveAllPermissions) soap.HasFault {
	return &methods.RetrieveAllPermissionsBody{Res: &types.RetrieveAllPermissionsResponse{
		Returnval: g.permissions.matching(func(types.Permission) bool { return true }),
	}}
}

// RetrieveRolePermissions answers RetrieveRolePermissions.
func (g *guard) RetrieveRolePermissions(_ *simulator.Context, req *types.RetrieveRolePermissions) soap.HasFault {
	return &methods.RetrieveRolePermissionsBody{Res: &types.RetrieveRolePermissionsResponse{
		Returnval: g.permissions.matching(func(one types.Permission) bool { return one.RoleId == req.RoleId }),
	}}
}

// AddAuthorizationRole answers AddAuthorizationRole with the new role's identifier, which the simulator leaves out.
func (g *guard) AddAuthorizationRole(ctx *simulator.Context, req *types.AddAuthorizationRole) soap.HasFault {
	var body *methods.AddAuthorizationRoleBody
	g.changeRoles(ctx, func(manager *simulator.AuthorizationManager) {
		body = manager.AddAuthorizationRole(req).(*methods.AddAuthorizationRoleBody)
		if body.Res != nil {
			g.lastRole++
			added := &manager.RoleList[len(manager.RoleList)-1]
			added.RoleId, body.Res.Returnval = g.lastRole, g.lastRole
		}
	})
	return body
}

// UpdateAuthorizationRole answers UpdateAuthorizationRole. Without privileges, the simulator would leave those that the
// role has.
func (g *guard) UpdateAuthorizationRole(ctx *simulator.Context, req *types.UpdateAuthorizationRole) (answer soap.HasFault) {
	if len(req.PrivIds) == 0 {
		req.PrivIds = []string{"System.Anonymous", systemView, systemRead}
	}
	g.changeRoles(ctx, func(manager *simulator.AuthorizationManager) { answer = manager.UpdateAuthorizationRole(req) })
	return answer
}

// RemoveAuthorizationRole answers RemoveAuthorizationRole.
func (g *guard) RemoveAuthorizationRole(ctx *simulator.Context, req *types.RemoveAuthorizationRole) (answer soap.HasFault) {
	used := g.permissions.matching(func(one types.Permission) bool { return one.RoleId == req.RoleId })
	if req.FailIfUsed && len(used) > 0 {
		return &methods.RemoveAuthorizationRoleBody{Fault_: simulator.Fault("", &types.RemoveFailed{})}
	}
	for _, one := range used {
		g.permissions.remove(*one.Entity, one.Principal)
	}
	g.changeRoles(ctx, func(manager *simulator.AuthorizationManager) { answer = manager.RemoveAuthorizationRole(req) })
	return answer
}

// changeRoles changes the list of roles, which the simulator's collector reads under the manager's lock.
func (g *guard) changeRoles(ctx *simulator.Context, change func(*simulator.AuthorizationManager)) {
	g.roles.Lock()
	defer g.roles.Unlock()
	manager := g.authorization()
	ctx.WithLock(manager, func() { change(manager) })
}
