package main

import "github.com/vmware/govmomi/vim25/types"

// The simulator replaces an adapter's opaque network by the distributed port group
// of the same NSX segment, and refuses the adapter if there is none, as with an N-VDS.
// It leaves other types of opaque networks alone.
const (
	nsxSegment       = "nsx.LogicalSwitch"
	disguisedSegment = "lab.LogicalSwitch"
)

// disguiseOpaqueNetworks gives the spec's opaque networks a type that the simulator leaves alone.
func disguiseOpaqueNetworks(spec *types.VirtualMachineConfigSpec) {
	for _, change := range spec.DeviceChange {
		retypeOpaqueNetwork(change.GetVirtualDeviceConfigSpec().Device, nsxSegment, disguisedSegment)
	}
}

// restoreOpaqueNetworks undoes disguiseOpaqueNetworks on what the simulator made of the spec.
func restoreOpaqueNetworks(config *types.VirtualMachineConfigInfo) {
	for _, device := range config.Hardware.Device {
		retypeOpaqueNetwork(device, disguisedSegment, nsxSegment)
	}
}

func retypeOpaqueNetwork(device types.BaseVirtualDevice, from, to string) {
	backing, ok := device.GetVirtualDevice().Backing.(*types.VirtualEthernetCardOpaqueNetworkBackingInfo)
	if ok && backing.OpaqueNetworkType == from {
		backing.OpaqueNetworkType = to
	}
}
