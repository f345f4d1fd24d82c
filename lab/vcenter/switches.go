package main

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// addStandardNetworks makes one network of all port groups of a name, as vCenter
// shows them, and gives each host its switches; the simulator has the port group of one host only.
func (b *builder) addStandardNetworks() error {
	folder := b.registry.Get(b.folders.NetworkFolder.Reference()).(*simulator.Folder)
	for _, name := range b.standardPortGroups() {
		system, err := b.hosts[0].ref(b).ConfigManager().NetworkSystem(b.ctx)
		if err != nil {
			return err
		}
		spec := types.HostPortGroupSpec{Name: name, VswitchName: "vSwitch0"} // as fresh hosts have it
		if err := system.AddPortGroup(b.ctx, spec); err != nil {
			return fmt.Errorf("port group %s: %w", name, err)
		}
		network := b.registry.FindByName(name, folder.ChildEntity).(*mo.Network)
		network.Summary = &types.NetworkSummary{Network: &network.Self, Name: name, Accessible: true}
		network.Host = nil
		for _, host := range b.hosts {
			if host.shape.hasPortGroup(name) {
				network.Host = append(network.Host, host.Self)
				b.connect(host, network.Self)
			}
		}
	}
	for number, host := range b.hosts {
		shown := host.Config.Network
		shown.Pnic = physicalNICs(host.shape, number)
		shown.Vswitch, shown.Portgroup = standardSwitches(host.shape)
		system := b.registry.Get(*host.ConfigManager.NetworkSystem).(*simulator.HostNetworkSystem)
		system.NetworkInfo = shown
	}
	b.removeNetwork(folder, "VM Network") // the simulator's, on no switch of these
	return nil
}

func standardSwitches(described *hostShape) (switches []types.HostVirtualSwitch, groups []types.HostPortGroup) {
	for number, one := range described.StandardSwitches {
		if number == 0 {
			// Where the host's own vmk0 is; a VMkernel's port group is no network of vCenter's.
			own := portGroupShape{Name: "Management Network"}
			one.PortGroups = append(slices.Clone(one.PortGroups), own)
		}
		switches = append(switches, standardSwitch(&one))
		for _, group := range one.PortGroups {
			groups = append(groups, standardPortGroup(&one, &group))
		}
	}
	return switches, groups
}

func (b *builder) removeNetwork(folder *simulator.Folder, name string) {
	found := b.registry.FindByName(name, folder.ChildEntity)
	if found == nil || slices.Contains(b.standardPortGroups(), name) {
		return
	}
	network := found.Reference()
	datacenter := b.registry.Get(*folder.Parent).(*simulator.Datacenter)
	lists := []*[]types.ManagedObjectReference{&folder.ChildEntity, &datacenter.Network}
	for _, host := range b.hosts {
		cluster := b.registry.Get(*host.Parent).(*simulator.ClusterComputeResource)
		lists = append(lists, &host.Network, &cluster.Network)
	}
	for _, list := range lists {
		*list = slices.DeleteFunc(slices.Clone(*list), func(r types.ManagedObjectReference) bool { return r == network })
	}
	b.registry.Remove(b.guard.newContext(), network)
}

// standardPortGroups returns the names on any host, in the order of the description.
func (b *builder) standardPortGroups() []string {
	var names []string
	for _, host := range b.hosts {
		for _, described := range host.shape.StandardSwitches {
			for _, group := range described.PortGroups {
				if !slices.Contains(names, group.Name) {
					names = append(names, group.Name)
				}
			}
		}
	}
	return names
}

// connect lists the network at the host and its cluster, once.
func (b *builder) connect(host *builtHost, network types.ManagedObjectReference) {
	cluster := b.registry.Get(*host.Parent).(*simulator.ClusterComputeResource)
	for _, list := range []*[]types.ManagedObjectReference{&host.Network, &cluster.Network} {
		if !slices.Contains(*list, network) {
			*list = append(*list, network)
		}
	}
}

func standardSwitch(described *standardSwitchShape) types.HostVirtualSwitch {
	one := types.HostVirtualSwitch{
		Name: described.Name, Key: switchKey(described.Name), NumPorts: 1536, NumPortsAvailable: 1530, Mtu: 1500,
		Pnic: nicKeys(described.Uplinks),
		Spec: types.HostVirtualSwitchSpec{
			NumPorts: 128,
			Policy:   &types.HostNetworkPolicy{NicTeaming: standardTeaming(described.Uplinks, nil)},
		},
	}
	if len(described.Uplinks) > 0 {
		one.Spec.Bridge = &types.HostVirtualSwitchBondBridge{NicDevice: described.Uplinks}
	}
	for _, group := range described.PortGroups {
		one.Portgroup = append(one.Portgroup, portGroupKey(group.Name))
	}
	return one
}

// standardPortGroup: spec.policy holds only what the port group overrides, computedPolicy what holds for it.
func standardPortGroup(on *standardSwitchShape, described *portGroupShape) types.HostPortGroup {
	group := types.HostPortGroup{
		Key: portGroupKey(described.Name), Vswitch: switchKey(on.Name),
		Spec: types.HostPortGroupSpec{Name: described.Name, VlanId: described.VLAN, VswitchName: on.Name},
	}
	group.ComputedPolicy.NicTeaming = standardTeaming(on.Uplinks, nil)
	if described.Active != nil || described.Standby != nil {
		group.Spec.Policy.NicTeaming = standardTeaming(described.Active, described.Standby)
		group.ComputedPolicy.NicTeaming = standardTeaming(described.Active, described.Standby)
	}
	return group
}

func standardTeaming(active, standby []string) *types.HostNicTeamingPolicy {
	return &types.HostNicTeamingPolicy{
		Policy: "loadbalance_srcid", NotifySwitches: types.NewBool(true), RollingOrder: types.NewBool(false),
		NicOrder: &types.HostNicOrderPolicy{ActiveNic: active, StandbyNic: standby},
	}
}

func switchKey(name string) string    { return "key-vim.host.VirtualSwitch-" + name }
func portGroupKey(name string) string { return "key-vim.host.PortGroup-" + name }

func (b *builder) addDistributedSwitches() error {
	for _, described := range b.shape.DistributedSwitches {
		if err := b.addDistributedSwitch(&described); err != nil {
			return fmt.Errorf("distributed switch %s: %w", described.Name, err)
		}
	}
	folder := b.registry.Get(b.folders.NetworkFolder.Reference()).(*simulator.Folder)
	for _, name := range b.shape.OpaqueNetworks {
		summary := types.OpaqueNetworkSummary{NetworkSummary: types.NetworkSummary{Name: name}}
		if err := folder.AddOpaqueNetwork(b.guard.newContext(), summary); err != nil {
			return err
		}
		network := b.registry.FindByName(name, folder.ChildEntity).(*mo.OpaqueNetwork)
		datacenter := b.registry.Get(*folder.Parent).(*simulator.Datacenter)
		datacenter.Network = append(datacenter.Network, network.Self)
		for _, host := range b.hosts {
			network.Host = append(network.Host, host.Self)
			b.connect(host, network.Self)
		}
	}
	return nil
}

func (b *builder) addDistributedSwitch(described *distributedSwitchShape) error {
	config := types.DVSConfigSpec{
		Name:             described.Name,
		UplinkPortPolicy: &types.DVSNameArrayUplinkPortPolicy{UplinkPortName: described.Uplinks},
	}
	create := types.DVSCreateSpec{ConfigSpec: &types.VMwareDVSConfigSpec{DVSConfigSpec: config}}
	if described.Version != "" {
		create.ProductInfo = &types.DistributedVirtualSwitchProductSpec{
			Name: "DVS", Vendor: "VMware, Inc.", Version: described.Version, ForwardingClass: "etherswitch",
		}
	}
	task, err := b.folders.NetworkFolder.CreateDVS(b.ctx, create)
	if err != nil {
		return err
	}
	info, err := task.WaitForResult(b.ctx, nil)
	if err != nil {
		return err
	}
	reference := info.Result.(types.ManagedObjectReference)
	made := object.NewDistributedVirtualSwitch(b.client, reference)

	members := &types.DVSConfigSpec{Name: described.Name}
	for _, host := range b.hosts {
		if host.shape.Uplinks[described.Name] != nil {
			members.Host = append(members.Host, types.DistributedVirtualSwitchHostMemberConfigSpec{
				Operation: string(types.ConfigSpecOperationAdd), Host: host.Self,
			})
		}
	}
	if task, err = made.Reconfigure(b.ctx, members); err != nil {
		return err
	}
	if err := task.Wait(b.ctx); err != nil {
		return err
	}
	var groups []types.DVPortgroupConfigSpec
	for _, group := range described.PortGroups {
		groups = append(groups, distributedPortGroup(&group))
	}
	if task, err = made.AddPortgroup(b.ctx, groups); err != nil {
		return err
	}
	if err := task.Wait(b.ctx); err != nil {
		return err
	}
	for _, host := range b.hosts { // the simulator lists a port group once per host
		cluster := b.registry.Get(*host.Parent).(*simulator.ClusterComputeResource)
		cluster.Network = slices.Compact(cluster.Network)
	}
	b.wireUplinks(b.registry.Get(reference).(*simulator.DistributedVirtualSwitch), described)
	return nil
}

func distributedPortGroup(described *portGroupShape) types.DVPortgroupConfigSpec {
	spec := types.DVPortgroupConfigSpec{
		Name: described.Name, NumPorts: 8, Type: string(types.DistributedVirtualPortgroupPortgroupTypeEarlyBinding),
		BackingType: string(types.DistributedVirtualPortgroupBackingTypeStandard),
		DefaultPortConfig: &types.VMwareDVSPortSetting{
			Vlan: &types.VmwareDistributedVirtualSwitchVlanIdSpec{VlanId: described.VLAN},
			UplinkTeamingPolicy: &types.VmwareUplinkPortTeamingPolicy{
				Policy:          &types.StringPolicy{Value: "loadbalance_srcid"},
				ReversePolicy:   &types.BoolPolicy{Value: types.NewBool(true)},
				NotifySwitches:  &types.BoolPolicy{Value: types.NewBool(true)},
				RollingOrder:    &types.BoolPolicy{Value: types.NewBool(false)},
				UplinkPortOrder: &types.VMwareUplinkPortOrderPolicy{ActiveUplinkPort: described.Active, StandbyUplinkPort: described.Standby},
			},
		},
	}
	if described.NSX {
		spec.BackingType = string(types.DistributedVirtualPortgroupBackingTypeNsx)
	}
	return spec
}

// wireUplinks shows which physical NIC is behind each uplink port: at the switch, and as each host's proxy switch.
func (b *builder) wireUplinks(made *simulator.DistributedVirtualSwitch, described *distributedSwitchShape) {
	config := made.Config.(*types.VMwareDVSConfigInfo)
	uplinkGroup := b.registry.Get(made.Portgroup[0]).(*simulator.DistributedVirtualPortgroup) // the simulator's first
	uplinkGroup.Config.Uplink = types.NewBool(true)
	config.UplinkPortgroup = []types.ManagedObjectReference{uplinkGroup.Self}
	config.UplinkPortPolicy = &types.DVSNameArrayUplinkPortPolicy{UplinkPortName: described.Uplinks}
	uplinkGroup.PortKeys = nil
	for _, host := range b.hosts {
		wired := host.shape.Uplinks[described.Name]
		if wired == nil {
			continue
		}
		proxy := types.HostProxySwitch{
			DvsUuid: made.Uuid, DvsName: made.Name, Key: "key-vim.host.HostProxySwitch-" + made.Name,
			NumPorts: 2520, NumPortsAvailable: 2510, Mtu: 1500,
		}
		backing := &types.DistributedVirtualSwitchHostMemberPnicBacking{}
		for _, uplink := range described.Uplinks {
			b.lastUplinkPort++
			key := strconv.Itoa(b.lastUplinkPort)
			uplinkGroup.PortKeys = append(uplinkGroup.PortKeys, key)
			proxy.UplinkPort = append(proxy.UplinkPort, types.KeyValue{Key: key, Value: uplink})
			if device := wired[uplink]; device != "" {
				proxy.Pnic = append(proxy.Pnic, nicKey(device))
				backing.PnicSpec = append(backing.PnicSpec, types.DistributedVirtualSwitchHostMemberPnicSpec{
					PnicDevice: device, UplinkPortKey: key, UplinkPortgroupKey: uplinkGroup.Key,
				})
			}
		}
		proxy.Spec.Backing = backing
		host.Config.Network.ProxySwitch = append(host.Config.Network.ProxySwitch, proxy)
		config.Host = append(config.Host, types.DistributedVirtualSwitchHostMember{
			Config: types.DistributedVirtualSwitchHostMemberConfigInfo{Host: &host.Self, MaxProxySwitchPorts: 2520, Backing: backing},
			Status: string(types.DistributedVirtualSwitchHostMemberHostComponentStateUp),
		})
	}
	config.NumPorts = int32(len(uplinkGroup.PortKeys))
	for _, reference := range made.Portgroup[1:] {
		config.NumPorts += b.registry.Get(reference).(*simulator.DistributedVirtualPortgroup).Config.NumPorts
	}
}

// networks lists the port groups of the inventory as it now is.
func (g *guard) networks() networks {
	known := networks{standard: map[string]bool{}, distributed: map[portGroup]string{}, opaque: map[string]string{}, references: map[string]types.ManagedObjectReference{}}
	for _, entity := range g.registry.All("Network") {
		network := entity.(*mo.Network)
		known.standard[network.Name] = true
		known.references[network.Name] = network.Self
	}
	for _, entity := range g.registry.All("OpaqueNetwork") {
		network := entity.(*mo.OpaqueNetwork)
		known.opaque[network.Summary.(*types.OpaqueNetworkSummary).OpaqueNetworkId] = network.Name
		known.references[network.Name] = network.Self
	}
	for _, entity := range g.registry.All("DistributedVirtualPortgroup") {
		group := entity.(*simulator.DistributedVirtualPortgroup)
		if parent, ok := g.registry.Get(*group.Config.DistributedVirtualSwitch).(*simulator.DistributedVirtualSwitch); ok {
			known.distributed[portGroup{group.Key, parent.Uuid}] = group.Name
			known.references[group.Name] = group.Self
		}
	}
	return known
}
