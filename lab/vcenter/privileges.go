package main

import (
	"reflect"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/simulator/vpx"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// need is a privilege that a call needs on an object.
type need struct {
	object    types.ManagedObjectReference
	privilege string
}

// readingMethods need no more than the privileges of the role Read-only (vSphere API reference, "Required Privileges").
// Every other method needs a privilege that changes something, so that a method missing from the list shows up in the
// first test that needs it.
var readingMethods = set(`
	AcquireCloneTicket CancelWaitForUpdates CloneSession ContinueRetrievePropertiesEx CreateCollectorForEvents
	CreateCollectorForTasks CreateContainerView CreateFilter CreateInventoryView CreateListView
	CreateListViewFromView CreatePropertyCollector CurrentTime DestroyCollector DestroyPropertyCollector
	DestroyPropertyFilter DestroyView Fetch FetchDVPorts FetchUserPrivilegeOnEntities FindAllByDnsName FindAllByIp
	FindAllByUuid FindByDatastorePath FindByDnsName FindByInventoryPath FindByIp FindByUuid FindChild
	FindRulesForVm HasPrivilegeOnEntities HasPrivilegeOnEntity HasUserPrivilegeOnEntities Login Logout
	ModifyListView QueryAvailablePerfMetric QueryConfigOption QueryConfigOptionDescriptor QueryConfigOptionEx
	QueryConfigTarget QueryDateTime QueryDvsByUuid QueryEvents QueryNetworkHint QueryOptions QueryPerf QueryPerfCounter
	QueryPerfProviderSummary QueryTargetCapabilities ReadNextEvents ReadNextTasks ReadPreviousEvents
	ReadPreviousTasks ResetCollector ResetListView ResetListViewFromView RetrieveAllPermissions
	RetrieveEntityPermissions RetrieveInternalContent RetrieveProperties RetrievePropertiesEx
	RetrieveRolePermissions RetrieveServiceContent RewindCollector SessionIsActive SetCollectorPageSize
	SetLocale WaitForUpdates WaitForUpdatesEx
`)

func set(words string) map[string]bool {
	all := map[string]bool{}
	for _, word := range strings.Fields(words) {
		all[word] = true
	}
	return all
}

// privileges that writing methods need on their object (vSphere API reference, "Required Privileges"). Methods that need
// several, or need them on other objects, are in needs.
var privileges = map[string]string{
	"AddDVPortgroup_Task":                "DVPortgroup.Create",
	"AddAuthorizationRole":               "Authorization.ModifyRoles",
	"AddHost_Task":                       "Host.Inventory.AddHostToCluster",
	"AddPortGroup":                       "Host.Config.Network",
	"AnswerVM":                           "VirtualMachine.Interact.AnswerQuestion",
	"CancelTask":                         "Global.CancelTask",
	"ConfigurePowerPolicy":               "Host.Config.Power",
	"CreateDVS_Task":                     "DVSwitch.Create",
	"CreateFolder":                       "Folder.Create",
	"CreateSnapshotEx_Task":              "VirtualMachine.State.CreateSnapshot",
	"CreateSnapshot_Task":                "VirtualMachine.State.CreateSnapshot",
	"EnterMaintenanceMode_Task":          "Host.Config.Maintenance",
	"ExitMaintenanceMode_Task":           "Host.Config.Maintenance",
	"ImpersonateUser":                    "Sessions.ImpersonateUser",
	"MarkAsTemplate":                     "VirtualMachine.Provisioning.MarkAsTemplate",
	"MarkAsVirtualMachine":               "VirtualMachine.Provisioning.MarkAsVM",
	"PowerOffVM_Task":                    "VirtualMachine.Interact.PowerOff",
	"PowerOnMultiVM_Task":                "VirtualMachine.Interact.PowerOn",
	"PowerOnVM_Task":                     "VirtualMachine.Interact.PowerOn",
	"QueryFaultToleranceCompatibility":   "VirtualMachine.Config.QueryFTCompatibility",
	"QueryFaultToleranceCompatibilityEx": "VirtualMachine.Config.QueryFTCompatibility",
	"RebootGuest":                        "VirtualMachine.Interact.Reset",
	"ReconfigureComputeResource_Task":    "Host.Inventory.EditCluster",
	"ReconfigureDVPortgroup_Task":        "DVPortgroup.Modify",
	"ReconfigureDvs_Task":                "DVSwitch.Modify",
	"RemoveAuthorizationRole":            "Authorization.ModifyRoles",
	"RemoveAllSnapshots_Task":            "VirtualMachine.State.RemoveSnapshot",
	"RemoveSnapshot_Task":                "VirtualMachine.State.RemoveSnapshot",
	"ResetGuestInformation":              "VirtualMachine.Config.ResetGuestInfo",
	"ResetVM_Task":                       "VirtualMachine.Interact.Reset",
	"RevertToCurrentSnapshot_Task":       "VirtualMachine.State.RevertToSnapshot",
	"RevertToSnapshot_Task":              "VirtualMachine.State.RevertToSnapshot",
	"ShutdownGuest":                      "VirtualMachine.Interact.PowerOff",
	"StandbyGuest":                       "VirtualMachine.Interact.Suspend",
	"SuspendVM_Task":                     "VirtualMachine.Interact.Suspend",
	"TerminateSession":                   "Sessions.TerminateSession",
	"UnregisterVM":                       "VirtualMachine.Inventory.Unregister",
	"UpdateAuthorizationRole":            "Authorization.ModifyRoles",
	"UpgradeVM_Task":                     "VirtualMachine.Config.UpgradeVirtualHardware",
}

// readPrivileges are those of reading methods that need more than to see the object.
var readPrivileges = map[string]string{
	"FetchDVPorts":     systemRead,
	"QueryNetworkHint": systemRead,
}

// deletePrivileges are needed on the object and on its parent.
var deletePrivileges = map[string]string{
	"ClusterComputeResource":      "Host.Inventory.DeleteCluster",
	"Datacenter":                  "Datacenter.Delete",
	"DistributedVirtualPortgroup": "DVPortgroup.Delete",
	"DistributedVirtualSwitch":    "DVSwitch.Delete",
	"Folder":                      "Folder.Delete",
	"HostSystem":                  "Host.Inventory.RemoveHostFromCluster",
	"VirtualMachine":              "VirtualMachine.Inventory.Delete",
}

// otherPrivilege stands for the methods that the tables lack.
const otherPrivilege = "Global.Settings"

// checkPrivileges refuses a call for which its user lacks a privilege. The fault names the first one and, since vSphere
// 7.0.3.2, all of them by object.
func (g *guard) checkPrivileges(user *account, method *simulator.Method) types.BaseMethodFault {
	var missing []need
	for _, one := range g.needs(method) {
		if !user.on(one.object)[one.privilege] {
			missing = append(missing, one)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return g.noPermission(missing)
}

func (g *guard) noPermission(missing []need) *types.NoPermission {
	fault := &types.NoPermission{Object: &missing[0].object, PrivilegeId: missing[0].privilege}
	if !atLeast(g.apiVersion, "7.0.3.2") {
		return fault
	}
	for _, one := range missing {
		last := len(fault.MissingPrivileges) - 1
		if last < 0 || fault.MissingPrivileges[last].Entity != one.object {
			fault.MissingPrivileges = append(fault.MissingPrivileges, types.NoPermissionEntityPrivileges{Entity: one.object})
			last++
		}
		listed := &fault.MissingPrivileges[last].PrivilegeIds
		*listed = append(*listed, one.privilege)
	}
	return fault
}

// needs returns the privileges that a call needs.
func (g *guard) needs(method *simulator.Method) []need {
	object := g.objectOf(method.This)
	if readingMethods[method.Name] {
		return g.readingNeeds(method, object)
	}
	switch body := method.Body.(type) {
	case *types.ReconfigVM_Task:
		return g.reconfigureNeeds(object, &body.Spec)
	case *types.CloneVM_Task:
		return g.cloneNeeds(body)
	case *types.RelocateVM_Task:
		return g.relocateNeeds(body)
	case *types.MigrateVM_Task:
		return g.migrateNeeds(body)
	case *types.CreateVM_Task:
		return g.createNeeds(body)
	case *types.SetEntityPermissions:
		return []need{{body.Entity, "Authorization.ModifyPermissions"}}
	case *types.RemoveEntityPermission:
		return []need{{body.Entity, "Authorization.ModifyPermissions"}}
	case *types.Destroy_Task:
		return g.destroyNeeds(object)
	}
	return []need{{object, privilegeFor(method)}}
}

// readingNeeds: to see an object, or to read it. The managers of the service answer everybody who has logged in.
func (g *guard) readingNeeds(method *simulator.Method, object types.ManagedObjectReference) []need {
	var all []need
	add := func(privilege string, objects ...types.ManagedObjectReference) {
		for _, each := range objects {
			all = append(all, need{each, privilege})
		}
	}
	switch body := method.Body.(type) {
	case *types.HasPrivilegeOnEntities:
		add(systemRead, body.Entity...)
	case *types.HasPrivilegeOnEntity:
		add(systemRead, body.Entity)
	case *types.HasUserPrivilegeOnEntities:
		add(systemView, body.Entities...)
	case *types.FetchUserPrivilegeOnEntities:
		add(systemView, body.Entities...)
	case *types.RetrieveEntityPermissions:
		add(systemRead, body.Entity)
	case *types.CreateContainerView:
		add(systemView, body.Container)
	case *types.QueryPerf:
		for _, spec := range body.QuerySpec {
			add(systemRead, spec.Entity)
		}
	}
	if method.Name == "Fetch" { // its type is internal to govmomi
		body := reflect.ValueOf(method.Body).Elem()
		read := body.FieldByName("This").Interface().(types.ManagedObjectReference)
		if wanted, ok := g.propertyNeed(read, body.FieldByName("Prop").String()); ok {
			all = append(all, wanted)
		}
	}
	if object != vpx.ServiceContent.RootFolder {
		privilege := readPrivileges[method.Name]
		if privilege == "" {
			privilege = systemView
		}
		add(privilege, object)
	}
	return all
}

func (g *guard) destroyNeeds(object types.ManagedObjectReference) []need {
	privilege := deletePrivileges[object.Type]
	if privilege == "" {
		privilege = otherPrivilege
	}
	all := []need{{object, privilege}}
	if entity, ok := g.registry.Get(object).(mo.Entity); ok && entity.Entity().Parent != nil {
		all = append(all, need{*entity.Entity().Parent, privilege})
	}
	return all
}

// privilegeFor returns the privilege of a method that needs one on its object.
func privilegeFor(method *simulator.Method) string {
	switch method.Name {
	case "Rename_Task":
		if method.This.Type == "Folder" {
			return "Folder.Rename"
		}
		return "VirtualMachine.Config.Rename"
	case "UpdateOptions":
		if method.This.Value != "VpxSettings" {
			return "Host.Config.AdvancedConfig"
		}
	}
	if privilege := privileges[method.Name]; privilege != "" {
		return privilege
	}
	return otherPrivilege
}

// objectOf returns the inventory object whose permissions count for calls on the given one: a host's managers are the
// host's, a task is its object's, and the managers of the service are the root folder's.
func (g *guard) objectOf(reference types.ManagedObjectReference) types.ManagedObjectReference {
	switch object := g.registry.Get(reference).(type) {
	case *simulator.Task:
		if object.Info.Entity != nil {
			return *object.Info.Entity
		}
	case mo.Entity:
		return reference
	}
	for _, entity := range g.registry.All("HostSystem") {
		host := entity.(*simulator.HostSystem)
		managers := reflect.ValueOf(host.ConfigManager)
		for i := range managers.NumField() {
			if manager, ok := managers.Field(i).Interface().(*types.ManagedObjectReference); ok && manager != nil && *manager == reference {
				return host.Self
			}
		}
	}
	return vpx.ServiceContent.RootFolder
}
