package main

import "github.com/vmware/govmomi/vim25/types"

// The simulator replaces an adapter's opaque network by the distributed port group
// of the same NSX segment, and refuses the adapter where there is none: an N-VDS
// has none. It leaves other types of opaque networks alone.
const (
	nsxSegment    = "nsx.LogicalSwitch"
	hiddenSegment = "lab.LogicalSwitch"
)

// hideOpaque hides the spec's opaque networks from the simulator.
func hideOpaque(spec *types.VirtualMachineConfigSpec) {
	for _, change := range spec.DeviceChange {
		renameOpaque(change.GetVirtualDeviceConfigSpec().Device, nsxSegment, hiddenSegment)
	}
}

// showOpaque undoes hideOpaque on what the simulator made of the spec.
func showOpaque(config *types.VirtualMachineConfigInfo) {
	for _, device := range config.Hardware.Device {
		renameOpaque(device, hiddenSegment, nsxSegment)
	}
}

func renameOpaque(device types.BaseVirtualDevice, from, to string) {
	backing, ok := device.GetVirtualDevice().Backing.(*types.VirtualEthernetCardOpaqueNetworkBackingInfo)
	if ok && backing.OpaqueNetworkType == from {
		backing.OpaqueNetworkType = to
	}
}
