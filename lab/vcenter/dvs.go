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

// The modes of a host's distributed switch: that of vSphere, and the two of the enhanced data path, as VCF 9 calls them.
const (
	standardMode     = "standard"
	edpStandardMode  = "edp_standard"  // driven by interrupts
	edpDedicatedMode = "edp_dedicated" // polled by cores that it reserves
)

func (b *builder) addDistributedSwitches() error {
	for _, described := range b.spec.DistributedSwitches {
		if err := b.addDistributedSwitch(&described); err != nil {
			return fmt.Errorf("distributed switch %s: %w", described.Name, err)
		}
	}
	folder := b.registry.Get(b.folders.NetworkFolder.Reference()).(*simulator.Folder)
	for _, name := range b.spec.OpaqueNetworks {
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

func (b *builder) addDistributedSwitch(described *distributedSwitchSpec) error {
	if !slices.Contains([]string{"", standardMode, edpStandardMode, edpDedicatedMode}, described.Mode) {
		return fmt.Errorf("mode is %s, %s or %s, not %q", standardMode, edpStandardMode, edpDedicatedMode, described.Mode)
	}
	config := types.DVSConfigSpec{
		Name:             described.Name,
		UplinkPortPolicy: &types.DVSNameArrayUplinkPortPolicy{UplinkPortName: described.Uplinks},
	}
	create := types.DVSCreateSpec{
		ConfigSpec: &types.VMwareDVSConfigSpec{DVSConfigSpec: config, MaxMtu: mtuOr1500(described.MTU)},
	}
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
		if host.spec.Uplinks[described.Name] != nil {
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
	b.admitClusters(b.registry.Get(reference).(*simulator.DistributedVirtualSwitch))
	return nil
}

// admitClusters lists all hosts of a cluster at the switch when one of them is a member. The simulator refuses an
// adapter, after it has changed the devices before it, unless all hosts of the cluster are members; the rule about the
// VM's own host is checkNetwork. What hosts, port groups and config.host show of the membership stays exact.
func (b *builder) admitClusters(made *simulator.DistributedVirtualSwitch) {
	members := slices.Clone(made.Summary.HostMember)
	for _, host := range b.hosts {
		sameCluster := slices.ContainsFunc(b.hosts, func(other *builtHost) bool {
			return *other.Parent == *host.Parent && slices.Contains(members, other.Self)
		})
		if sameCluster && !slices.Contains(members, host.Self) {
			made.Summary.HostMember = append(made.Summary.HostMember, host.Self)
		}
	}
}

func distributedPortGroup(described *portGroupSpec) types.DVPortgroupConfigSpec {
	spec := types.DVPortgroupConfigSpec{
		Name: described.Name, NumPorts: 8, Type: string(types.DistributedVirtualPortgroupPortgroupTypeEarlyBinding),
		BackingType: string(types.DistributedVirtualPortgroupBackingTypeStandard),
		DefaultPortConfig: &types.VMwareDVSPortSetting{
			Vlan:                vlanOf(described),
			SecurityPolicy:      securityOf(described),
			MacManagementPolicy: macManagementOf(described),
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

func vlanOf(described *portGroupSpec) types.BaseVmwareDistributedVirtualSwitchVlanSpec {
	if described.Trunk == nil {
		return &types.VmwareDistributedVirtualSwitchVlanIdSpec{VlanId: described.VLAN}
	}
	trunk := &types.VmwareDistributedVirtualSwitchTrunkVlanSpec{}
	for _, bounds := range described.Trunk {
		trunk.VlanId = append(trunk.VlanId, types.NumericRange{Start: bounds[0], End: bounds[len(bounds)-1]})
	}
	return trunk
}

// securityOf is the policy in its older form, which vCenter shows beside the one with MAC learning.
func securityOf(described *portGroupSpec) *types.DVSSecurityPolicy {
	policy := func(accept bool) *types.BoolPolicy { return &types.BoolPolicy{Value: types.NewBool(accept)} }
	return &types.DVSSecurityPolicy{
		AllowPromiscuous: policy(described.Promiscuous),
		MacChanges:       policy(described.MACChanges),
		ForgedTransmits:  policy(described.ForgedTransmits),
	}
}

func macManagementOf(described *portGroupSpec) *types.DVSMacManagementPolicy {
	learning := &types.DVSMacLearningPolicy{Limit: types.NewInt32(4096), LimitPolicy: "DROP"}
	if described.MACLearning != nil {
		learning.Enabled = true
		learning.AllowUnicastFlooding = types.NewBool(described.MACLearning.UnicastFlooding)
	}
	return &types.DVSMacManagementPolicy{
		AllowPromiscuous:  types.NewBool(described.Promiscuous),
		MacChanges:        types.NewBool(described.MACChanges),
		ForgedTransmits:   types.NewBool(described.ForgedTransmits),
		MacLearningPolicy: learning,
	}
}

// wireUplinks shows which physical NIC is behind each uplink port: at the switch, and as each host's proxy switch.
func (b *builder) wireUplinks(made *simulator.DistributedVirtualSwitch, described *distributedSwitchSpec) {
	config := made.Config.(*types.VMwareDVSConfigInfo)
	uplinkGroup := b.registry.Get(made.Portgroup[0]).(*simulator.DistributedVirtualPortgroup) // the simulator's first
	uplinkGroup.Config.Uplink = types.NewBool(true)
	config.UplinkPortgroup = []types.ManagedObjectReference{uplinkGroup.Self}
	config.UplinkPortPolicy = &types.DVSNameArrayUplinkPortPolicy{UplinkPortName: described.Uplinks}
	uplinkGroup.PortKeys = nil
	for _, host := range b.hosts {
		wired := host.spec.Uplinks[described.Name]
		if wired == nil {
			continue
		}
		proxy := types.HostProxySwitch{
			DvsUuid: made.Uuid, DvsName: made.Name, Key: "key-vim.host.HostProxySwitch-" + made.Name,
			NumPorts: 2520, NumPortsAvailable: 2510, Mtu: mtuOr1500(described.MTU),
		}
		if described.Mode != "" {
			proxy.EnsEnabled = types.NewBool(described.Mode != standardMode)
			proxy.EnsInterruptEnabled = types.NewBool(described.Mode == edpStandardMode)
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
