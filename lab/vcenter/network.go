package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// networks are the port groups that an adapter can be backed by. Several may share a name: NSX gives a segment the same
// name on every distributed switch.
type networks struct {
	standard    map[string]network
	distributed map[portGroup]network
	opaque      map[string]network // by NSX's identifier
}

// network is a port group by its name and as an object.
type network struct {
	name string
	self types.ManagedObjectReference
}

// portGroup identifies a distributed port group as an adapter's backing does.
type portGroup struct{ key, switchUUID string }

// of returns the port group that the backing refers to, the zero network when there is none.
func (n networks) of(backing types.BaseVirtualDeviceBackingInfo) network {
	switch backing := backing.(type) {
	case *types.VirtualEthernetCardNetworkBackingInfo:
		return n.standard[backing.DeviceName]
	case *types.VirtualEthernetCardDistributedVirtualPortBackingInfo:
		return n.distributed[portGroup{backing.Port.PortgroupKey, backing.Port.SwitchUuid}]
	case *types.VirtualEthernetCardOpaqueNetworkBackingInfo:
		return n.opaque[backing.OpaqueNetworkId]
	}
	return network{}
}

// name returns the name of the port group that the backing refers to, "" when there is none.
func (n networks) name(backing types.BaseVirtualDeviceBackingInfo) string { return n.of(backing).name }

// networks lists the port groups of the inventory as it now is.
func (g *guard) networks() networks {
	known := networks{standard: map[string]network{}, distributed: map[portGroup]network{}, opaque: map[string]network{}}
	for _, entity := range g.registry.All("Network") {
		one := entity.(*mo.Network)
		known.standard[one.Name] = network{one.Name, one.Self}
	}
	for _, entity := range g.registry.All("OpaqueNetwork") {
		one := entity.(*mo.OpaqueNetwork)
		known.opaque[one.Summary.(*types.OpaqueNetworkSummary).OpaqueNetworkId] = network{one.Name, one.Self}
	}
	for _, entity := range g.registry.All("DistributedVirtualPortgroup") {
		group := entity.(*simulator.DistributedVirtualPortgroup)
		if parent, ok := g.registry.Get(*group.Config.DistributedVirtualSwitch).(*simulator.DistributedVirtualSwitch); ok {
			known.distributed[portGroup{group.Key, parent.Uuid}] = network{group.Name, group.Self}
		}
	}
	return known
}
