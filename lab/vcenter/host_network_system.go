package main

import (
	"fmt"
	"slices"

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
			if host.spec.hasPortGroup(name) {
				network.Host = append(network.Host, host.Self)
				b.connect(host, network.Self)
			}
		}
	}
	for number, host := range b.hosts {
		shown := host.Config.Network
		shown.Pnic = physicalNICs(host.spec, number)
		shown.Vswitch, shown.Portgroup = standardSwitches(host.spec)
		system := b.registry.Get(*host.ConfigManager.NetworkSystem).(*simulator.HostNetworkSystem)
		system.NetworkInfo = shown
	}
	b.removeNetwork(folder, "VM Network") // the simulator's, on no switch of these
	return nil
}

func standardSwitches(described *hostSpec) (switches []types.HostVirtualSwitch, groups []types.HostPortGroup) {
	for number, one := range described.StandardSwitches {
		if number == 0 {
			// Where the host's own vmk0 is; a VMkernel's port group is no network of vCenter's.
			own := portGroupSpec{Name: "Management Network"}
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
		for _, described := range host.spec.StandardSwitches {
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

func standardSwitch(described *standardSwitchSpec) types.HostVirtualSwitch {
	one := types.HostVirtualSwitch{
		Name: described.Name, Key: switchKey(described.Name), NumPorts: 1536, NumPortsAvailable: 1530, Mtu: mtuOr1500(described.MTU),
		Pnic: nicKeys(described.Uplinks),
		Spec: types.HostVirtualSwitchSpec{
			NumPorts: 128, Mtu: mtuOr1500(described.MTU),
			Policy: &types.HostNetworkPolicy{NicTeaming: standardTeaming(described.Uplinks, nil)},
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
func standardPortGroup(on *standardSwitchSpec, described *portGroupSpec) types.HostPortGroup {
	group := types.HostPortGroup{
		Key: portGroupKey(described.Name), Vswitch: switchKey(on.Name),
		Spec: types.HostPortGroupSpec{Name: described.Name, VlanId: described.VLAN, VswitchName: on.Name},
	}
	group.ComputedPolicy.NicTeaming = standardTeaming(on.Uplinks, nil)
	group.ComputedPolicy.Security = &types.HostNetworkSecurityPolicy{
		AllowPromiscuous: types.NewBool(described.Promiscuous),
		MacChanges:       types.NewBool(described.MACChanges),
		ForgedTransmits:  types.NewBool(described.ForgedTransmits),
	}
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
