package main

import (
	"slices"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// reconfigureNeeds: privileges on the VM by what the spec changes, and to use the networks that adapters are put on.
func (g *guard) reconfigureNeeds(vm types.ManagedObjectReference, spec *types.VirtualMachineConfigSpec) []need {
	var config types.VirtualMachineConfigInfo
	if known, ok := g.registry.Get(vm).(*simulator.VirtualMachine); ok {
		config = *known.Config
	}
	var all []need
	for _, privilege := range reconfigurePrivileges(&config, spec) {
		all = append(all, need{vm, privilege})
	}
	return append(all, g.networkNeeds(&config, spec.DeviceChange)...)
}

// reconfigurePrivileges returns the privileges on the VM (vSphere API reference, ReconfigVM_Task and
// VirtualMachineConfigSpec, "Reconfigure privilege"). The reference names none for numCoresPerSocket,
// simultaneousThreads, vcpuConfig, virtualNuma and firmware; here they need that of their neighbours.
func reconfigurePrivileges(config *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec) []string {
	var all []string
	for _, part := range []struct {
		set       bool
		privilege string
	}{
		{spec.NumCPUs != 0 || spec.NumCoresPerSocket != 0 || spec.SimultaneousThreads != 0 ||
			spec.CpuHotAddEnabled != nil || spec.CpuHotRemoveEnabled != nil, "VirtualMachine.Config.CPUCount"},
		{spec.MemoryMB != 0 || spec.MemoryHotAddEnabled != nil, "VirtualMachine.Config.Memory"},
		{spec.CpuAllocation != nil || spec.MemoryAllocation != nil || spec.CpuAffinity != nil || spec.MemoryAffinity != nil ||
			spec.LatencySensitivity != nil || spec.VcpuConfig != nil || spec.MemoryReservationLockedToMax != nil,
			"VirtualMachine.Config.Resource"},
		{len(spec.ExtraConfig) > 0, "VirtualMachine.Config.AdvancedConfig"},
		{spec.Name != "", "VirtualMachine.Config.Rename"},
		{spec.Annotation != "", "VirtualMachine.Config.Annotation"},
		{spec.Version != "" || spec.ScheduledHardwareUpgradeInfo != nil, "VirtualMachine.Config.UpgradeVirtualHardware"},
		{spec.SwapPlacement != "", "VirtualMachine.Config.SwapPlacement"},
		{spec.ChangeTrackingEnabled != nil, "VirtualMachine.Config.ChangeTracking"},
		{changesSettings(spec), "VirtualMachine.Config.Settings"},
	} {
		if part.set {
			all = append(all, part.privilege)
		}
	}
	for _, change := range spec.DeviceChange {
		for _, privilege := range devicePrivileges(config, change.GetVirtualDeviceConfigSpec()) {
			if !slices.Contains(all, privilege) {
				all = append(all, privilege)
			}
		}
	}
	if len(all) == 0 {
		return []string{"VirtualMachine.Config.Settings"}
	}
	return all
}

func changesSettings(spec *types.VirtualMachineConfigSpec) bool {
	return spec.Firmware != "" || spec.GuestId != "" || spec.AlternateGuestName != "" || spec.Flags != nil || spec.Tools != nil ||
		spec.BootOptions != nil || spec.PowerOpInfo != nil || spec.NestedHVEnabled != nil || spec.VPMCEnabled != nil ||
		spec.VirtualNuma != nil || spec.Uuid != "" || spec.InstanceUuid != "" || spec.LocationId != "" || spec.Files != nil ||
		len(spec.CpuFeatureMask) > 0
}

// devicePrivileges returns the privileges that a change of one device needs.
func devicePrivileges(config *types.VirtualMachineConfigInfo, change *types.VirtualDeviceConfigSpec) []string {
	var all []string
	disk, isDisk := change.Device.(*types.VirtualDisk)
	switch change.Operation {
	case types.VirtualDeviceConfigSpecOperationEdit:
		all = append(all, editPrivilege(config, change.Device, disk))
	case types.VirtualDeviceConfigSpecOperationRemove:
		if isDisk {
			return []string{"VirtualMachine.Config.RemoveDisk"}
		}
		return []string{"VirtualMachine.Config.AddRemoveDevice"}
	default:
		switch {
		case !isDisk:
			all = append(all, "VirtualMachine.Config.AddRemoveDevice")
		case change.FileOperation == "":
			return []string{"VirtualMachine.Config.AddExistingDisk"}
		default:
			return []string{"VirtualMachine.Config.AddNewDisk"}
		}
	}
	if setsConnection(config, change.Device.GetVirtualDevice()) {
		all = append(all, "VirtualMachine.Interact.DeviceConnection")
	}
	return all
}

func editPrivilege(config *types.VirtualMachineConfigInfo, device types.BaseVirtualDevice, disk *types.VirtualDisk) string {
	switch device.(type) {
	case *types.VirtualCdrom:
		return "VirtualMachine.Interact.SetCDMedia"
	case *types.VirtualFloppy:
		return "VirtualMachine.Interact.SetFloppyMedia"
	}
	if disk != nil {
		if now, ok := deviceOf(config, disk.Key).(*types.VirtualDisk); ok && disk.CapacityInKB > now.CapacityInKB {
			return "VirtualMachine.Config.DiskExtend"
		}
	}
	return "VirtualMachine.Config.EditDevice"
}

// setsConnection tells whether the device gets another connection state, or a new device one of its own.
func setsConnection(config *types.VirtualMachineConfigInfo, device *types.VirtualDevice) bool {
	if device.Connectable == nil {
		return false
	}
	known := deviceOf(config, device.Key)
	if known == nil {
		return true
	}
	now := known.GetVirtualDevice().Connectable
	return now == nil || now.Connected != device.Connectable.Connected ||
		now.StartConnected != device.Connectable.StartConnected || now.AllowGuestControl != device.Connectable.AllowGuestControl
}

// networkNeeds: Network.Assign on every network that an adapter is newly put on.
func (g *guard) networkNeeds(config *types.VirtualMachineConfigInfo, changes []types.BaseVirtualDeviceConfigSpec) []need {
	var all []need
	known := g.networks()
	for _, change := range changes {
		spec := change.GetVirtualDeviceConfigSpec()
		card, ok := spec.Device.(types.BaseVirtualEthernetCard)
		if !ok || spec.Operation == types.VirtualDeviceConfigSpecOperationRemove {
			continue
		}
		device := card.GetVirtualEthernetCard()
		wanted := known.of(device.Backing)
		now := deviceOf(config, device.Key)
		if wanted.name == "" || now != nil && known.of(now.GetVirtualDevice().Backing) == wanted {
			continue
		}
		all = append(all, need{wanted.self, "Network.Assign"})
	}
	return all
}

// cloneNeeds (vSphere API reference, CloneVM_Task; "vSphere Security", Required Privileges for Common Tasks).
func (g *guard) cloneNeeds(req *types.CloneVM_Task) []need {
	source := g.vm(req.This)
	all := []need{
		{source.Self, clonePrivilege(source.Config.Template, req.Spec.Template)},
		{req.Folder, "VirtualMachine.Inventory.CreateFromExisting"},
		{req.Folder, "VirtualMachine.Config.AddNewDisk"},
	}
	if req.Spec.Customization != nil {
		all = append(all, need{source.Self, "VirtualMachine.Provisioning.Customize"})
	}
	if pool := g.poolFor(source, &req.Spec.Location); pool != nil && !req.Spec.Template {
		all = append(all, need{*pool, "Resource.AssignVMToPool"})
	}
	all = append(all, datastoreNeeds(source, &req.Spec.Location, source.Datastore)...)
	known := g.networks()
	for _, device := range adapters(source.Config) {
		if network := known.of(device.GetVirtualDevice().Backing); network.name != "" {
			all = append(all, need{network.self, "Network.Assign"})
		}
	}
	if req.Spec.Config != nil {
		for _, privilege := range reconfigurePrivileges(source.Config, req.Spec.Config) {
			all = append(all, need{req.Folder, privilege})
		}
	}
	if req.Spec.PowerOn {
		all = append(all, need{req.Folder, "VirtualMachine.Interact.PowerOn"})
	}
	return all
}

func clonePrivilege(fromTemplate, toTemplate bool) string {
	switch {
	case fromTemplate && toTemplate:
		return "VirtualMachine.Provisioning.CloneTemplate"
	case fromTemplate:
		return "VirtualMachine.Provisioning.DeployTemplate"
	case toTemplate:
		return "VirtualMachine.Provisioning.CreateTemplateFromVM"
	}
	return "VirtualMachine.Provisioning.Clone"
}

// poolFor returns the resource pool that a VM is put into: the one asked for, the host's, or the one it is in.
func (g *guard) poolFor(vm *simulator.VirtualMachine, location *types.VirtualMachineRelocateSpec) *types.ManagedObjectReference {
	if location.Pool != nil {
		return location.Pool
	}
	if location.Host != nil {
		if host, ok := g.registry.Get(*location.Host).(*simulator.HostSystem); ok && host.Parent != nil {
			switch parent := g.registry.Get(*host.Parent).(type) {
			case *simulator.ClusterComputeResource:
				return parent.ResourcePool
			case *mo.ComputeResource:
				return parent.ResourcePool
			}
		}
	}
	return vm.ResourcePool
}

// datastoreNeeds: space on the datastores asked for, otherwise on those given.
func datastoreNeeds(vm *simulator.VirtualMachine, location *types.VirtualMachineRelocateSpec, otherwise []types.ManagedObjectReference) []need {
	wanted := otherwise
	if location.Datastore != nil {
		wanted = []types.ManagedObjectReference{*location.Datastore}
	}
	for _, disk := range location.Disk {
		if !slices.Contains(wanted, disk.Datastore) {
			wanted = append(slices.Clone(wanted), disk.Datastore)
		}
	}
	var all []need
	for _, datastore := range wanted {
		all = append(all, need{datastore, "Datastore.AllocateSpace"})
	}
	return all
}

// relocateNeeds (vSphere API reference, RelocateVM_Task).
func (g *guard) relocateNeeds(req *types.RelocateVM_Task) []need {
	vm := g.vm(req.This)
	all := []need{{vm.Self, "Resource.ColdMigrate"}}
	if vm.Runtime.PowerState == poweredOn {
		all = append(all, need{vm.Self, "Resource.HotMigrate"})
	}
	if req.Spec.Pool != nil {
		all = append(all, need{*req.Spec.Pool, "Resource.AssignVMToPool"})
	}
	all = append(all, datastoreNeeds(vm, &req.Spec, nil)...)
	return append(all, g.networkNeeds(vm.Config, req.Spec.DeviceChange)...)
}

// migrateNeeds (vSphere API reference, MigrateVM_Task).
func (g *guard) migrateNeeds(req *types.MigrateVM_Task) []need {
	vm := g.vm(req.This)
	all := []need{{vm.Self, "Resource.ColdMigrate"}}
	if vm.Runtime.PowerState == poweredOn {
		all[0].privilege = "Resource.HotMigrate"
	}
	if req.Pool != nil {
		all = append(all, need{*req.Pool, "Resource.AssignVMToPool"})
	}
	return all
}

// createNeeds (vSphere API reference, CreateVM_Task).
func (g *guard) createNeeds(req *types.CreateVM_Task) []need {
	all := []need{{req.This, "VirtualMachine.Inventory.Create"}, {req.Pool, "Resource.AssignVMToPool"}}
	var blank types.VirtualMachineConfigInfo
	for _, change := range req.Config.DeviceChange {
		if spec := change.GetVirtualDeviceConfigSpec(); spec.FileOperation != "" {
			all = append(all, need{req.This, "VirtualMachine.Config.AddNewDisk"})
		}
	}
	return append(all, g.networkNeeds(&blank, req.Config.DeviceChange)...)
}
