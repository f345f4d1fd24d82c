package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/types"
)

// networks are the port groups that an adapter can be backed by.
type networks struct {
	standard    map[string]bool
	distributed map[portGroup]string // to its name
	opaque      map[string]string    // NSX's identifier to its name
	references  map[string]types.ManagedObjectReference
}

// portGroup identifies a distributed port group as an adapter's backing does.
type portGroup struct{ key, switchUUID string }

// name returns the name of the port group that the backing refers to, "" when there is none.
func (n networks) name(backing types.BaseVirtualDeviceBackingInfo) string {
	switch backing := backing.(type) {
	case *types.VirtualEthernetCardNetworkBackingInfo:
		if n.standard[backing.DeviceName] {
			return backing.DeviceName
		}
	case *types.VirtualEthernetCardDistributedVirtualPortBackingInfo:
		return n.distributed[portGroup{backing.Port.PortgroupKey, backing.Port.SwitchUuid}]
	case *types.VirtualEthernetCardOpaqueNetworkBackingInfo:
		return n.opaque[backing.OpaqueNetworkId]
	}
	return ""
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
