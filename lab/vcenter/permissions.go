package main

import (
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/simulator/vpx"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// Roles that every vCenter has.
const (
	administratorRole int32 = -1
	readOnlyRole      int32 = -2
)

// The privileges that the lab itself asks for.
const (
	systemView = "System.View"
	systemRead = "System.Read"
)

// privilegeSet holds privileges by their identifiers.
type privilegeSet map[string]bool

// visibility is what a user has on the parents of an object on which it has a permission (system role View).
var visibility = privilegeSet{"System.Anonymous": true, systemView: true}

// permissions are the rights of users on objects. A user may have one permission on each object; it applies to the
// object and, when it propagates, to what is below. The nearest permission counts, and replaces those above it ("vSphere
// Security", Hierarchical Inheritance of Permissions).
type permissions struct {
	mu     sync.RWMutex
	byUser map[string]map[types.ManagedObjectReference]types.Permission
}

func newPermissions() *permissions {
	return &permissions{byUser: map[string]map[types.ManagedObjectReference]types.Permission{}}
}

// userKey identifies a user in both spellings of the API, "name@domain" and "DOMAIN\name", in any case.
func userKey(name string) string {
	if domain, short, ok := strings.Cut(name, `\`); ok {
		name = short + "@" + domain
	}
	return strings.ToLower(name)
}

// principal is how a permission names a user.
func principal(name string) string {
	if short, domain, ok := strings.Cut(name, "@"); ok {
		return strings.ToUpper(domain) + `\` + short
	}
	return name
}

// set gives permissions on the object, in place of those that the same principals had on it.
func (p *permissions) set(object types.ManagedObjectReference, given ...types.Permission) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range given {
		one.Entity = &object
		key := userKey(one.Principal)
		if p.byUser[key] == nil {
			p.byUser[key] = map[types.ManagedObjectReference]types.Permission{}
		}
		p.byUser[key][object] = one
	}
}

// remove takes the principal's permission on the object, and tells whether there was one.
func (p *permissions) remove(object types.ManagedObjectReference, name string) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, ok := p.byUser[userKey(name)][object]
	delete(p.byUser[userKey(name)], object)
	return ok
}

// matching returns the permissions that the condition holds for.
func (p *permissions) matching(wanted func(types.Permission) bool) []types.Permission {
	p.mu.RLock()
	defer p.mu.RUnlock()
	var found []types.Permission
	for _, user := range slices.Sorted(maps.Keys(p.byUser)) {
		for _, one := range p.byUser[user] {
			if wanted(one) {
				found = append(found, one)
			}
		}
	}
	return found
}

// of returns the user's permissions by object. The caller does not change them.
func (p *permissions) of(name string) map[types.ManagedObjectReference]types.Permission {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return maps.Clone(p.byUser[userKey(name)])
}

// account is a user's view of the inventory during one request. What it works out is kept: a request asks often.
type account struct {
	guard *guard
	own   map[types.ManagedObjectReference]types.Permission
	above map[types.ManagedObjectReference]bool // parents of the objects that the user has permissions on
	held  map[types.ManagedObjectReference]privilegeSet
	roles map[int32]privilegeSet
}

// account returns what the user may do as things are now.
func (g *guard) account(name string) *account {
	return &account{guard: g, own: g.permissions.of(name), held: map[types.ManagedObjectReference]privilegeSet{}}
}

// unrestricted tells whether the user is an administrator of everything, whose calls need no further look.
func (a *account) unrestricted() bool {
	root, ok := a.own[vpx.ServiceContent.RootFolder]
	return ok && len(a.own) == 1 && root.Propagate && root.RoleId == administratorRole
}

// on returns the user's privileges on the object.
func (a *account) on(object types.ManagedObjectReference) privilegeSet {
	if held, ok := a.held[object]; ok {
		return held
	}
	granted := a.inherited(object)
	if own, ok := a.own[object]; ok {
		granted = a.role(own)
	}
	if a.isAbove(object) && !granted[systemView] {
		granted = union(granted, visibility)
	}
	a.held[object] = granted
	return granted
}

func (a *account) role(given types.Permission) privilegeSet {
	if a.roles == nil {
		a.roles = a.guard.rolePrivileges()
	}
	return a.roles[given.RoleId]
}

// isAbove tells whether the user has a permission on something below the object.
func (a *account) isAbove(object types.ManagedObjectReference) bool {
	if a.above == nil {
		a.above = map[types.ManagedObjectReference]bool{}
		for own := range a.own {
			a.guard.climb(own, a.above)
		}
	}
	return a.above[object]
}

// climb adds everything above the object.
func (g *guard) climb(object types.ManagedObjectReference, above map[types.ManagedObjectReference]bool) {
	for _, parent := range g.parents(object) {
		if !above[parent] {
			above[parent] = true
			g.climb(parent, above)
		}
	}
}

// inherited returns what propagates to the object from above. An object with two parents gets what each of them gives.
func (a *account) inherited(object types.ManagedObjectReference) privilegeSet {
	var granted privilegeSet
	for _, parent := range a.guard.parents(object) {
		if own, ok := a.own[parent]; ok && own.Propagate {
			granted = union(granted, a.role(own))
		} else {
			granted = union(granted, a.inherited(parent))
		}
	}
	return granted
}

func union(one, other privilegeSet) privilegeSet {
	if len(one) == 0 {
		return other
	}
	all := maps.Clone(one)
	maps.Copy(all, other)
	return all
}

// parents returns the objects that permissions propagate from: one, except that a VM has its folder and its resource pool.
func (g *guard) parents(object types.ManagedObjectReference) []types.ManagedObjectReference {
	entity, ok := g.registry.Get(object).(mo.Entity)
	if !ok {
		return nil
	}
	var found []types.ManagedObjectReference
	if parent := entity.Entity().Parent; parent != nil {
		found = append(found, *parent)
	}
	if vm, ok := entity.(*simulator.VirtualMachine); ok && vm.ResourcePool != nil {
		found = append(found, *vm.ResourcePool)
	}
	return found
}

// rolePrivileges returns the privileges of every role.
func (g *guard) rolePrivileges() map[int32]privilegeSet {
	g.roles.Lock()
	defer g.roles.Unlock()
	all := map[int32]privilegeSet{}
	for _, role := range g.authorization().RoleList {
		granted := privilegeSet{}
		for _, privilege := range role.Privilege {
			granted[privilege] = true
		}
		all[role.RoleId] = granted
	}
	return all
}
