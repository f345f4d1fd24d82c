package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/simulator/esx"
	"github.com/vmware/govmomi/vim25"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// apiVersion is what clients negotiate with; the simulator's own default is 6.5.
const apiVersion = "8.0.3.0"

// The lab's hosts: 2 sockets of 8 cores with 2 threads, at the clock and with
// the memory that a data-plane VM's full reservation fits into.
const (
	hostSockets    = 2
	hostCores      = 16
	hostThreads    = 32
	hostMHz        = 2300
	hostMemoryByte = 128 << 30
)

const (
	datacenterName = "nfv-dc"
	clusterName    = "nfv-a"
	datastoreName  = "nfv-ds"
	switchName     = "nfv-dvs"
	templateName   = "debian-12-dpdk"
	templateFolder = "templates"
	templateImage  = "debian-12"
)

var (
	hostNames              = []string{"esx-a1.lab", "esx-a2.lab"}
	standardPortGroup      = "PG-Mgmt"
	distributedPortGroups  = []string{"PG-S5U", "PG-SGi"}
	templateAdapterNetwork = []string{"PG-Mgmt", "PG-S5U", "PG-SGi"}
)

// builder makes the inventory through the simulator's own API.
type builder struct {
	ctx      context.Context
	client   *vim25.Client
	registry *simulator.Registry
	home     string
	folders  *object.DatacenterFolders
	cluster  *object.ClusterComputeResource
	hosts    []*object.HostSystem
}

// newModel returns a vCenter without a datacenter. The caller removes it, which
// deletes the simulator's temporary files.
func newModel() (*simulator.Model, error) {
	shapeHosts()
	model := simulator.VPX()
	model.ServiceContent.About.ApiVersion = apiVersion
	model.ServiceContent.About.Version = "8.0.3"
	model.Datacenter = 0 // buildInventory makes everything under the lab's names
	return model, model.Create()
}

// buildInventory fills the model; home becomes the datastore's directory.
func buildInventory(ctx context.Context, model *simulator.Model, home string) error {
	client, err := vim25.NewClient(ctx, model.Service)
	if err != nil {
		return err
	}
	b := &builder{ctx: ctx, client: client, registry: model.Map(), home: home}
	for _, step := range []func() error{
		b.addDatacenter, b.addHosts, b.addDatastore, b.addStandardNetwork, b.addDistributedNetworks, b.addTemplate,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	_, err = methods.Logout(ctx, client, &types.Logout{This: *client.ServiceContent.SessionManager})
	return err
}

// shapeHosts changes the simulator's host template before any host is made from it.
func shapeHosts() {
	summary := esx.HostSystem.Summary.Hardware
	summary.CpuModel = "Lab CPU @ 2.30GHz"
	summary.NumCpuPkgs, summary.NumCpuCores, summary.NumCpuThreads = hostSockets, hostCores, hostThreads
	summary.CpuMhz = hostMHz
	summary.MemorySize = hostMemoryByte

	hardware := esx.HostHardwareInfo
	hardware.CpuInfo = types.HostCpuInfo{
		NumCpuPackages: hostSockets, NumCpuCores: hostCores, NumCpuThreads: hostThreads, Hz: hostMHz * 1_000_000,
	}
	hardware.MemorySize = hostMemoryByte
	template := hardware.CpuPkg[0]
	hardware.CpuPkg = nil
	for socket := range hostSockets {
		cpu := template
		cpu.Index, cpu.Hz, cpu.Description, cpu.ThreadId = int16(socket), hostMHz*1_000_000, summary.CpuModel, nil
		for thread := range hostThreads / hostSockets {
			cpu.ThreadId = append(cpu.ThreadId, int16(socket*hostThreads/hostSockets+thread))
		}
		hardware.CpuPkg = append(hardware.CpuPkg, cpu)
	}
	esx.HostCapability.LatencySensitivitySupported = types.NewBool(true)
	esx.HostCapability.MaxSupportedSimultaneousThreads = 2
}

func (b *builder) addDatacenter() error {
	datacenter, err := object.NewRootFolder(b.client).CreateDatacenter(b.ctx, datacenterName)
	if err != nil {
		return err
	}
	b.folders, err = datacenter.Folders(b.ctx)
	return err
}

func (b *builder) addHosts() error {
	cluster, err := b.folders.HostFolder.CreateCluster(b.ctx, clusterName, types.ClusterConfigSpecEx{})
	if err != nil {
		return err
	}
	b.cluster = cluster
	for _, name := range hostNames {
		task, err := cluster.AddHost(b.ctx, types.HostConnectSpec{HostName: name}, true, nil, nil)
		if err != nil {
			return err
		}
		info, err := task.WaitForResult(b.ctx, nil)
		if err != nil {
			return fmt.Errorf("host %s: %w", name, err)
		}
		b.hosts = append(b.hosts, object.NewHostSystem(b.client, info.Result.(types.ManagedObjectReference)))
	}
	return nil
}

func (b *builder) addDatastore() error {
	for _, host := range b.hosts {
		system, err := host.ConfigManager().DatastoreSystem(b.ctx)
		if err != nil {
			return err
		}
		if _, err := system.CreateLocalDatastore(b.ctx, datastoreName, b.home); err != nil {
			return err
		}
	}
	return nil
}

// addStandardNetwork makes one network of the port group on every host, as vCenter
// shows port groups of one name; the simulator knows the port group of one host only.
func (b *builder) addStandardNetwork() error {
	system, err := b.hosts[0].ConfigManager().NetworkSystem(b.ctx)
	if err != nil {
		return err
	}
	spec := types.HostPortGroupSpec{Name: standardPortGroup, VswitchName: "vSwitch0"}
	if err := system.AddPortGroup(b.ctx, spec); err != nil {
		return err
	}
	folder := b.registry.Get(b.folders.NetworkFolder.Reference()).(*simulator.Folder)
	network := b.registry.FindByName(standardPortGroup, folder.ChildEntity).(*mo.Network)
	network.Summary = &types.NetworkSummary{Network: &network.Self, Name: standardPortGroup, Accessible: true}
	for _, reference := range b.hosts {
		host := b.registry.Get(reference.Reference()).(*simulator.HostSystem)
		host.Network = append(host.Network, network.Self)
		network.Host = append(network.Host, host.Self)
	}
	cluster := b.registry.Get(b.cluster.Reference()).(*simulator.ClusterComputeResource)
	cluster.Network = append(cluster.Network, network.Self)
	return nil
}

func (b *builder) addDistributedNetworks() error {
	spec := &types.DVSConfigSpec{Name: switchName}
	for _, host := range b.hosts {
		spec.Host = append(spec.Host, types.DistributedVirtualSwitchHostMemberConfigSpec{
			Operation: string(types.ConfigSpecOperationAdd), Host: host.Reference(),
		})
	}
	task, err := b.folders.NetworkFolder.CreateDVS(b.ctx, types.DVSCreateSpec{
		ConfigSpec: &types.VMwareDVSConfigSpec{DVSConfigSpec: types.DVSConfigSpec{Name: switchName}},
	})
	if err != nil {
		return err
	}
	info, err := task.WaitForResult(b.ctx, nil)
	if err != nil {
		return err
	}
	distributed := object.NewDistributedVirtualSwitch(b.client, info.Result.(types.ManagedObjectReference))
	if task, err = distributed.Reconfigure(b.ctx, spec); err != nil {
		return err
	}
	if err := task.Wait(b.ctx); err != nil {
		return err
	}
	var portGroups []types.DVPortgroupConfigSpec
	for _, name := range distributedPortGroups {
		portGroups = append(portGroups, types.DVPortgroupConfigSpec{
			Name: name, NumPorts: 8, Type: string(types.DistributedVirtualPortgroupPortgroupTypeEarlyBinding),
		})
	}
	if task, err = distributed.AddPortgroup(b.ctx, portGroups); err != nil {
		return err
	}
	if err := task.Wait(b.ctx); err != nil {
		return err
	}
	// The simulator lists a port group once per host.
	cluster := b.registry.Get(b.cluster.Reference()).(*simulator.ClusterComputeResource)
	cluster.Network = slices.Compact(cluster.Network)
	return nil
}

// addTemplate makes the one VM of the inventory: what an operator's image
// pipeline leaves behind, with the E1000 adapters that the collection converts.
func (b *builder) addTemplate() error {
	folder, err := b.folders.VmFolder.CreateFolder(b.ctx, templateFolder)
	if err != nil {
		return err
	}
	pool, err := b.cluster.ResourcePool(b.ctx)
	if err != nil {
		return err
	}
	spec, err := b.templateSpec()
	if err != nil {
		return err
	}
	task, err := folder.CreateVM(b.ctx, spec, pool, b.hosts[0])
	if err != nil {
		return err
	}
	info, err := task.WaitForResult(b.ctx, nil)
	if err != nil {
		return err
	}
	reference := info.Result.(types.ManagedObjectReference)
	_, err = methods.MarkAsTemplate(b.ctx, b.client, &types.MarkAsTemplate{This: reference})
	return err
}

func (b *builder) templateSpec() (types.VirtualMachineConfigSpec, error) {
	spec := types.VirtualMachineConfigSpec{
		Name: templateName, GuestId: string(types.VirtualMachineGuestOsIdentifierDebian12_64Guest),
		Version: "vmx-20", NumCPUs: 2, NumCoresPerSocket: 1, MemoryMB: 1024,
		Files:       &types.VirtualMachineFileInfo{VmPathName: fmt.Sprintf("[%s]", datastoreName)},
		ExtraConfig: []types.BaseOptionValue{&types.OptionValue{Key: imageKey, Value: templateImage}},
	}
	var devices object.VirtualDeviceList
	controller, err := devices.CreateSCSIController("pvscsi")
	if err != nil {
		return spec, err
	}
	disk := devices.CreateDisk(controller.(types.BaseVirtualController), types.ManagedObjectReference{}, "")
	disk.CapacityInKB = 4 << 20
	disk.Backing.(*types.VirtualDiskFlatVer2BackingInfo).FileName = fmt.Sprintf("[%s]", datastoreName)
	devices = append(devices, controller, disk)
	for _, name := range templateAdapterNetwork {
		backing, err := b.adapterBacking(name)
		if err != nil {
			return spec, err
		}
		adapter, err := devices.CreateEthernetCard("e1000", backing)
		if err != nil {
			return spec, err
		}
		adapter.GetVirtualDevice().Key = 0 // the guard numbers adapters
		devices = append(devices, adapter)
	}
	spec.DeviceChange, err = devices.ConfigSpec(types.VirtualDeviceConfigSpecOperationAdd)
	return spec, err
}

func (b *builder) adapterBacking(network string) (types.BaseVirtualDeviceBackingInfo, error) {
	folder := b.registry.Get(b.folders.NetworkFolder.Reference()).(*simulator.Folder)
	found := b.registry.FindByName(network, folder.ChildEntity)
	if found == nil {
		return nil, fmt.Errorf("network %s is not in the inventory", network)
	}
	if found.Reference().Type == "DistributedVirtualPortgroup" {
		return object.NewDistributedVirtualPortgroup(b.client, found.Reference()).EthernetCardBackingInfo(b.ctx)
	}
	return &types.VirtualEthernetCardNetworkBackingInfo{
		VirtualDeviceDeviceBackingInfo: types.VirtualDeviceDeviceBackingInfo{DeviceName: network},
	}, nil
}

// networks lists the port groups of the inventory as it now is.
func (g *guard) networks() networks {
	known := networks{standard: map[string]bool{}, distributed: map[portGroup]string{}}
	for _, entity := range g.registry.All("Network") {
		known.standard[entity.(*mo.Network).Name] = true
	}
	for _, entity := range g.registry.All("DistributedVirtualPortgroup") {
		group := entity.(*simulator.DistributedVirtualPortgroup)
		if parent, ok := g.registry.Get(*group.Config.DistributedVirtualSwitch).(*simulator.DistributedVirtualSwitch); ok {
			known.distributed[portGroup{group.Key, parent.Uuid}] = group.Name
		}
	}
	return known
}
