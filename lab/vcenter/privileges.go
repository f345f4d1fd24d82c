package main

import (
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// readOnlyPrivileges are those of the system role Read-only.
var readOnlyPrivileges = map[string]bool{"System.Anonymous": true, "System.View": true, "System.Read": true}

// readingMethods need no more than these privileges (vSphere API reference, "Required
// Privileges"). All others are refused to the read-only user, so that a method missing
// from the list shows up in the first test that needs it.
var readingMethods = set(`
	AcquireCloneTicket CancelWaitForUpdates CloneSession ContinueRetrievePropertiesEx CreateCollectorForEvents
	CreateCollectorForTasks CreateContainerView CreateFilter CreateInventoryView CreateListView
	CreateListViewFromView CreatePropertyCollector CurrentTime DestroyCollector DestroyPropertyCollector
	DestroyPropertyFilter DestroyView Fetch FetchDVPorts FetchUserPrivilegeOnEntities FindAllByDnsName FindAllByIp
	FindAllByUuid FindByDatastorePath FindByDnsName FindByInventoryPath FindByIp FindByUuid FindChild
	FindRulesForVm HasPrivilegeOnEntities HasPrivilegeOnEntity HasUserPrivilegeOnEntities Login Logout
	ModifyListView QueryAvailablePerfMetric QueryConfigOption QueryConfigOptionDescriptor QueryConfigOptionEx
	QueryConfigTarget QueryDvsByUuid QueryEvents QueryNetworkHint QueryOptions QueryPerf QueryPerfCounter
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

// privileges that writing methods need (vSphere API reference, "Required Privileges").
var privileges = map[string]string{
	"AddDVPortgroup_Task":                "DVPortgroup.Create",
	"AddHost_Task":                       "Host.Inventory.AddHostToCluster",
	"AddPortGroup":                       "Host.Config.Network",
	"AnswerVM":                           "VirtualMachine.Interact.AnswerQuestion",
	"CloneVM_Task":                       "VirtualMachine.Provisioning.DeployTemplate",
	"ConfigurePowerPolicy":               "Host.Config.Power",
	"CreateDVS_Task":                     "DVSwitch.Create",
	"CreateFolder":                       "Folder.Create",
	"CreateSnapshotEx_Task":              "VirtualMachine.State.CreateSnapshot",
	"CreateSnapshot_Task":                "VirtualMachine.State.CreateSnapshot",
	"CreateVM_Task":                      "VirtualMachine.Inventory.Create",
	"EnterMaintenanceMode_Task":          "Host.Config.Maintenance",
	"ExitMaintenanceMode_Task":           "Host.Config.Maintenance",
	"ImpersonateUser":                    "Sessions.ImpersonateUser",
	"MarkAsTemplate":                     "VirtualMachine.Provisioning.MarkAsTemplate",
	"MarkAsVirtualMachine":               "VirtualMachine.Provisioning.MarkAsVM",
	"MigrateVM_Task":                     "Resource.HotMigrate",
	"PowerOffVM_Task":                    "VirtualMachine.Interact.PowerOff",
	"PowerOnMultiVM_Task":                "VirtualMachine.Interact.PowerOn",
	"PowerOnVM_Task":                     "VirtualMachine.Interact.PowerOn",
	"QueryFaultToleranceCompatibility":   "VirtualMachine.Config.QueryFTCompatibility",
	"QueryFaultToleranceCompatibilityEx": "VirtualMachine.Config.QueryFTCompatibility",
	"RebootGuest":                        "VirtualMachine.Interact.Reset",
	"ReconfigureComputeResource_Task":    "Host.Inventory.EditCluster",
	"ReconfigureDVPortgroup_Task":        "DVPortgroup.Modify",
	"ReconfigureDvs_Task":                "DVSwitch.Modify",
	"RelocateVM_Task":                    "Resource.ColdMigrate",
	"RemoveAllSnapshots_Task":            "VirtualMachine.State.RemoveSnapshot",
	"RemoveSnapshot_Task":                "VirtualMachine.State.RemoveSnapshot",
	"ResetVM_Task":                       "VirtualMachine.Interact.Reset",
	"RevertToCurrentSnapshot_Task":       "VirtualMachine.State.RevertToSnapshot",
	"RevertToSnapshot_Task":              "VirtualMachine.State.RevertToSnapshot",
	"SetEntityPermissions":               "Authorization.ModifyPermissions",
	"ShutdownGuest":                      "VirtualMachine.Interact.PowerOff",
	"StandbyGuest":                       "VirtualMachine.Interact.Suspend",
	"SuspendVM_Task":                     "VirtualMachine.Interact.Suspend",
	"TerminateSession":                   "Sessions.TerminateSession",
	"UnregisterVM":                       "VirtualMachine.Inventory.Unregister",
	"UpgradeVM_Task":                     "VirtualMachine.Config.UpgradeVirtualHardware",
}

// otherPrivilege stands for the methods that the table above lacks.
const otherPrivilege = "Global.Settings"

func privilegeFor(method *simulator.Method) string {
	switch method.Name {
	case "Destroy_Task":
		if privilege := deletePrivileges[method.This.Type]; privilege != "" {
			return privilege
		}
	case "Rename_Task":
		if method.This.Type == "Folder" {
			return "Folder.Rename"
		}
		return "VirtualMachine.Config.Rename"
	case "UpdateOptions":
		if method.This.Value != "VpxSettings" {
			return "Host.Config.AdvancedConfig"
		}
	case "ReconfigVM_Task":
		return reconfigurePrivilege(&method.Body.(*types.ReconfigVM_Task).Spec)
	}
	if privilege := privileges[method.Name]; privilege != "" {
		return privilege
	}
	return otherPrivilege
}

var deletePrivileges = map[string]string{
	"ClusterComputeResource":      "Host.Inventory.DeleteCluster",
	"Datacenter":                  "Datacenter.Delete",
	"DistributedVirtualPortgroup": "DVPortgroup.Delete",
	"DistributedVirtualSwitch":    "DVSwitch.Delete",
	"Folder":                      "Folder.Delete",
	"HostSystem":                  "Host.Inventory.RemoveHostFromCluster",
	"VirtualMachine":              "VirtualMachine.Inventory.Delete",
}

// reconfigurePrivilege names the first privilege that a change needs, by what it changes.
func reconfigurePrivilege(spec *types.VirtualMachineConfigSpec) string {
	for _, part := range []struct {
		set       bool
		privilege string
	}{
		{spec.NumCPUs != 0 || spec.NumCoresPerSocket != 0 || spec.SimultaneousThreads != 0, "VirtualMachine.Config.CPUCount"},
		{spec.MemoryMB != 0, "VirtualMachine.Config.Memory"},
		{spec.CpuAllocation != nil || spec.MemoryAllocation != nil || spec.CpuAffinity != nil ||
			spec.LatencySensitivity != nil || spec.VcpuConfig != nil || spec.MemoryReservationLockedToMax != nil,
			"VirtualMachine.Config.Resource"},
		{addsOrRemoves(spec), "VirtualMachine.Config.AddRemoveDevice"},
		{len(spec.DeviceChange) > 0, "VirtualMachine.Config.EditDevice"},
		{len(spec.ExtraConfig) > 0, "VirtualMachine.Config.AdvancedConfig"},
		{spec.Name != "", "VirtualMachine.Config.Rename"},
		{spec.Annotation != "", "VirtualMachine.Config.Annotation"},
	} {
		if part.set {
			return part.privilege
		}
	}
	return "VirtualMachine.Config.Settings"
}

func addsOrRemoves(spec *types.VirtualMachineConfigSpec) bool {
	for _, change := range spec.DeviceChange {
		if change.GetVirtualDeviceConfigSpec().Operation != types.VirtualDeviceConfigSpecOperationEdit {
			return true
		}
	}
	return false
}
