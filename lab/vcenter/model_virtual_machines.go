package main

import (
	"errors"
	"fmt"
	"slices"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/types"
)

// addVMs makes the template, the VMs and the fleet, in this order.
func (b *builder) addVMs() error {
	if b.spec.Template != nil {
		reference, err := b.addVM(b.spec.Template)
		if err != nil {
			return fmt.Errorf("template %s: %w", b.spec.Template.Name, err)
		}
		if _, err := methods.MarkAsTemplate(b.ctx, b.client, &types.MarkAsTemplate{This: reference}); err != nil {
			return err
		}
	}
	for _, described := range b.spec.VMs {
		if _, err := b.addVM(&described); err != nil {
			return fmt.Errorf("VM %s: %w", described.Name, err)
		}
	}
	if fleet := b.spec.Fleet; fleet != nil {
		hosts := slices.DeleteFunc(slices.Clone(b.hosts), func(h *builtHost) bool { return h.spec.Maintenance })
		for number := range fleet.Count {
			one := fleet.VM
			one.Name = fmt.Sprintf(fleet.VM.Name, number+1)
			if one.Host == "" {
				one.Host = hosts[number%len(hosts)].Name
			}
			if _, err := b.addVM(&one); err != nil {
				return fmt.Errorf("VM %s: %w", one.Name, err)
			}
		}
	}
	return nil
}

// addVM makes one VM under the same rules as a client would.
func (b *builder) addVM(described *vmSpec) (types.ManagedObjectReference, error) {
	var none types.ManagedObjectReference
	folder, err := b.folder(described.Folder)
	if err != nil {
		return none, err
	}
	host, err := b.host(described.Host)
	if err != nil {
		return none, err
	}
	spec, err := b.configSpec(described)
	if err != nil {
		return none, err
	}
	// Not through the client: a thousand waits for tasks take their time.
	ctx := b.guard.newContext()
	cluster := b.registry.Get(*host.Parent).(*simulator.ClusterComputeResource)
	vm, refused := b.guard.createVM(ctx, b.registry.Get(folder.Reference()).(*simulator.Folder), &types.CreateVM_Task{
		This: folder.Reference(), Config: spec, Pool: *cluster.ResourcePool, Host: &host.Self,
	})
	if refused == nil {
		ctx.WithLock(vm, func() { ctx.Update(vm, toolsChanges(described.Tools)) })
	}
	if refused == nil && described.PoweredOn {
		refused = b.guard.powerOn(ctx, vm)
	}
	if refused != nil {
		return none, errors.New(refused.message)
	}
	return vm.Self, nil
}

// folder returns the VM folder of the name, made at first sight; without a name the datacenter's own.
func (b *builder) folder(name string) (*object.Folder, error) {
	if name == "" {
		return b.folders.VmFolder, nil
	}
	parent := b.registry.Get(b.folders.VmFolder.Reference()).(*simulator.Folder)
	if found := b.registry.FindByName(name, parent.ChildEntity); found != nil {
		return object.NewFolder(b.client, found.Reference()), nil
	}
	return b.folders.VmFolder.CreateFolder(b.ctx, name)
}

func (b *builder) host(name string) (*builtHost, error) {
	if name == "" {
		return b.hosts[0], nil
	}
	number := slices.IndexFunc(b.hosts, func(h *builtHost) bool { return h.Name == name })
	if number < 0 {
		return nil, fmt.Errorf("host %s is not in the inventory", name)
	}
	return b.hosts[number], nil
}

func (b *builder) configSpec(described *vmSpec) (types.VirtualMachineConfigSpec, error) {
	spec := types.VirtualMachineConfigSpec{
		Name: described.Name, GuestId: described.GuestID, Version: described.HardwareVersion,
		NumCPUs: max(described.CPUs, 1), NumCoresPerSocket: max(described.CoresPerSocket, 1),
		SimultaneousThreads: described.SimultaneousThreads, MemoryMB: max(described.MemoryMB, 32),
		Files: &types.VirtualMachineFileInfo{VmPathName: fmt.Sprintf("[%s]", b.spec.Datastore)},
	}
	if spec.GuestId == "" {
		spec.GuestId = string(types.VirtualMachineGuestOsIdentifierOther6xLinux64Guest)
	}
	if spec.Version == "" {
		spec.Version = "vmx-20"
	}
	spec.Firmware = described.Firmware
	if described.SecureBoot {
		spec.BootOptions = &types.VirtualMachineBootOptions{EfiSecureBootEnabled: types.NewBool(true)}
	}
	applyScheduling(&spec, described)
	if described.Image != "" {
		spec.ExtraConfig = append(spec.ExtraConfig, &types.OptionValue{Key: imageKey, Value: described.Image})
	}
	for key, value := range described.ExtraConfig {
		spec.ExtraConfig = append(spec.ExtraConfig, &types.OptionValue{Key: key, Value: value})
	}
	var err error
	spec.DeviceChange, err = b.devices(described)
	return spec, err
}

// applyScheduling adds what the VM claims of its host.
func applyScheduling(spec *types.VirtualMachineConfigSpec, described *vmSpec) {
	if described.LatencySensitivity != "" {
		spec.LatencySensitivity = latency(described.LatencySensitivity)
	}
	for _, level := range described.VCPULatency {
		spec.VcpuConfig = append(spec.VcpuConfig, types.VirtualMachineVcpuConfig{LatencySensitivity: latency(level)})
	}
	if described.CPUReservationMHz != 0 {
		spec.CpuAllocation = &types.ResourceAllocationInfo{Reservation: &described.CPUReservationMHz}
	}
	if described.MemoryReservationMB != 0 {
		spec.MemoryAllocation = &types.ResourceAllocationInfo{Reservation: &described.MemoryReservationMB}
	}
	if described.MemoryLocked {
		spec.MemoryReservationLockedToMax = types.NewBool(true)
	}
	if len(described.Affinity) > 0 {
		spec.CpuAffinity = &types.VirtualMachineAffinityInfo{AffinitySet: described.Affinity}
	}
}

func latency(level string) *types.LatencySensitivity {
	return &types.LatencySensitivity{Level: types.LatencySensitivitySensitivityLevel(level)}
}

func (b *builder) devices(described *vmSpec) ([]types.BaseVirtualDeviceConfigSpec, error) {
	var devices object.VirtualDeviceList
	if described.DiskGB != 0 {
		controller, err := devices.CreateSCSIController("pvscsi")
		if err != nil {
			return nil, err
		}
		disk := devices.CreateDisk(controller.(types.BaseVirtualController), types.ManagedObjectReference{}, "")
		disk.CapacityInKB = described.DiskGB << 20
		backing := disk.Backing.(*types.VirtualDiskFlatVer2BackingInfo)
		backing.FileName = fmt.Sprintf("[%s]", b.spec.Datastore)
		if described.DiskMode != "" {
			backing.DiskMode = described.DiskMode
		}
		devices = append(devices, controller, disk)
	}
	kind := described.AdapterType
	if kind == "" {
		kind = "e1000" // what an image pipeline leaves behind, and the collection converts
	}
	for _, name := range described.Networks {
		backing, err := b.adapterBacking(name)
		if err != nil {
			return nil, err
		}
		adapter, err := devices.CreateEthernetCard(kind, backing)
		if err != nil {
			return nil, err
		}
		adapter.GetVirtualDevice().Key = 0 // the guard numbers adapters
		devices = append(devices, adapter)
	}
	return devices.ConfigSpec(types.VirtualDeviceConfigSpecOperationAdd)
}

func (b *builder) adapterBacking(network string) (types.BaseVirtualDeviceBackingInfo, error) {
	folder := b.registry.Get(b.folders.NetworkFolder.Reference()).(*simulator.Folder)
	found := b.registry.FindByName(network, folder.ChildEntity)
	if found == nil {
		return nil, fmt.Errorf("network %s is not in the inventory", network)
	}
	switch found.Reference().Type {
	case "DistributedVirtualPortgroup":
		return object.NewDistributedVirtualPortgroup(b.client, found.Reference()).EthernetCardBackingInfo(b.ctx)
	case "OpaqueNetwork":
		return object.NewOpaqueNetwork(b.client, found.Reference()).EthernetCardBackingInfo(b.ctx)
	}
	return &types.VirtualEthernetCardNetworkBackingInfo{
		VirtualDeviceDeviceBackingInfo: types.VirtualDeviceDeviceBackingInfo{DeviceName: network},
	}, nil
}
