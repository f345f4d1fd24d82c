package main

import (
	"net"
	"reflect"
	"slices"
	"strings"

	"github.com/vmware/govmomi/vim25/types"
)

// firstAdapterKey: the X of the advanced settings ethernetX.* is an adapter's key minus this.
const firstAdapterKey = 4000

// maxAdapters is the most that a VM can have (vSphere 8 configuration maximums).
const maxAdapters = 10

// adapterChange is a device change of a spec that concerns a network adapter.
type adapterChange struct {
	index     int // in the spec's deviceChange
	operation types.VirtualDeviceConfigSpecOperation
	device    types.BaseVirtualDevice
	card      *types.VirtualEthernetCard
	old       types.BaseVirtualDevice // the device of that key, nil when there is none
}

func adapterChanges(now *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec) []adapterChange {
	var changes []adapterChange
	for index, change := range spec.DeviceChange {
		deviceSpec := change.GetVirtualDeviceConfigSpec()
		card, ok := deviceSpec.Device.(types.BaseVirtualEthernetCard)
		if !ok {
			continue
		}
		changes = append(changes, adapterChange{
			index:     index,
			operation: deviceSpec.Operation,
			device:    deviceSpec.Device,
			card:      card.GetVirtualEthernetCard(),
			old:       deviceOf(now, deviceSpec.Device.GetVirtualDevice().Key),
		})
	}
	return changes
}

func deviceOf(config *types.VirtualMachineConfigInfo, key int32) types.BaseVirtualDevice {
	for _, device := range config.Hardware.Device {
		if device.GetVirtualDevice().Key == key {
			return device
		}
	}
	return nil
}

// adapters returns the VM's network adapters in the order of their keys.
func adapters(config *types.VirtualMachineConfigInfo) []types.BaseVirtualDevice {
	var found []types.BaseVirtualDevice
	for _, device := range config.Hardware.Device {
		if _, ok := device.(types.BaseVirtualEthernetCard); ok {
			found = append(found, device)
		}
	}
	slices.SortFunc(found, func(a, b types.BaseVirtualDevice) int {
		return int(a.GetVirtualDevice().Key - b.GetVirtualDevice().Key)
	})
	return found
}

// inOrder returns the devices with the adapters in the order of their keys, as a vCenter does; the simulator moves an
// edited device to the end.
func inOrder(config *types.VirtualMachineConfigInfo) []types.BaseVirtualDevice {
	ordered := slices.Clone(config.Hardware.Device)
	sorted := adapters(config)
	for i, device := range ordered {
		if _, ok := device.(types.BaseVirtualEthernetCard); ok {
			ordered[i], sorted = sorted[0], sorted[1:]
		}
	}
	return ordered
}

func cardOf(device types.BaseVirtualDevice) *types.VirtualEthernetCard {
	return device.(types.BaseVirtualEthernetCard).GetVirtualEthernetCard()
}

func refuseDevice(index int, property string) *refusal {
	fault := &types.InvalidDeviceSpec{DeviceIndex: int32(index)}
	fault.Property = property
	return refuse(fault)
}

func checkDeviceExists(m vmState, spec *types.VirtualMachineConfigSpec) *refusal {
	for index, change := range spec.DeviceChange {
		deviceSpec := change.GetVirtualDeviceConfigSpec()
		if deviceSpec.Operation == types.VirtualDeviceConfigSpecOperationAdd {
			continue
		}
		if deviceOf(m.config, deviceSpec.Device.GetVirtualDevice().Key) == nil {
			return refuseDevice(index, "virtualDeviceSpec.device.key")
		}
	}
	return nil
}

// checkAdapterType: a type is changed by removing the adapter and adding another, in any power state.
func checkAdapterType(m vmState, spec *types.VirtualMachineConfigSpec) *refusal {
	for _, change := range adapterChanges(m.config, spec) {
		edit := change.operation == types.VirtualDeviceConfigSpecOperationEdit
		if edit && reflect.TypeOf(change.device) != reflect.TypeOf(change.old) {
			return refuseDevice(change.index, "virtualDeviceSpec.device")
		}
	}
	return nil
}

// checkNetwork: the port group exists, and the VM's host offers it.
func checkNetwork(m vmState, spec *types.VirtualMachineConfigSpec) *refusal {
	for _, change := range adapterChanges(m.config, spec) {
		unchanged := change.operation == types.VirtualDeviceConfigSpecOperationEdit && change.card.Backing == nil
		if change.operation == types.VirtualDeviceConfigSpecOperationRemove || unchanged {
			continue
		}
		wanted := m.networks.of(change.card.Backing)
		placed := m.host.name != ""
		if wanted.name == "" || placed && !slices.Contains(m.host.networks, wanted.self) {
			fault := &types.InvalidDeviceBacking{InvalidDeviceSpec: types.InvalidDeviceSpec{DeviceIndex: int32(change.index)}}
			fault.Property = "virtualDeviceSpec.device.backing"
			return &refusal{fault: fault, message: refuseDevice(change.index, "").message}
		}
	}
	return nil
}

func checkMACAddresses(m vmState, spec *types.VirtualMachineConfigSpec) *refusal {
	owner := map[string]int32{} // key of the adapter that has the MAC
	for _, device := range adapters(m.config) {
		owner[strings.ToLower(cardOf(device).MacAddress)] = device.GetVirtualDevice().Key
	}
	for _, change := range adapterChanges(m.config, spec) {
		if change.old != nil && change.operation != types.VirtualDeviceConfigSpecOperationAdd {
			delete(owner, strings.ToLower(cardOf(change.old).MacAddress))
		}
		mac := strings.ToLower(change.card.MacAddress)
		if change.operation == types.VirtualDeviceConfigSpecOperationRemove {
			continue
		}
		if mac == "" && change.old != nil && change.operation == types.VirtualDeviceConfigSpecOperationEdit {
			mac = strings.ToLower(cardOf(change.old).MacAddress)
		}
		if mac == "" {
			continue
		}
		_, taken := owner[mac]
		if taken || !usableMAC(mac) {
			return refuseDevice(change.index, "virtualDeviceSpec.device.macAddress")
		}
		owner[mac] = change.card.Key
	}
	return nil
}

// usableMAC: six octets, not a group address, not zero (IEEE 802).
func usableMAC(text string) bool {
	mac, err := net.ParseMAC(text)
	return err == nil && len(mac) == 6 && mac[0]&1 == 0 && slices.ContainsFunc(mac, func(b byte) bool { return b != 0 })
}

func checkAdapterCount(m vmState, spec *types.VirtualMachineConfigSpec) *refusal {
	count := len(adapters(m.config))
	for _, change := range adapterChanges(m.config, spec) {
		switch change.operation {
		case types.VirtualDeviceConfigSpecOperationAdd:
			count++
		case types.VirtualDeviceConfigSpecOperationRemove:
			count--
		}
	}
	if count <= maxAdapters {
		return nil
	}
	fault := &types.TooManyDevices{}
	fault.Property = "virtualDeviceSpec"
	return &refusal{fault: fault, message: "The maximum number of network adapters has been exceeded."}
}

// checkManualMAC: in VMware's own prefix 00:50:56 a manual address has a fourth
// octet up to 3f (vSphere Networking, "Static MAC addresses").
func checkManualMAC(m vmState, _ *types.VirtualMachineConfigSpec) *refusal {
	for _, device := range adapters(m.config) {
		card := cardOf(device)
		mac, err := net.ParseMAC(card.MacAddress)
		manual := strings.EqualFold(card.AddressType, string(types.VirtualEthernetCardMacTypeManual))
		if err == nil && manual && slices.Equal(mac[:3], vmwarePrefix) && mac[3] > 0x3f {
			return refuseConfiguration("MAC address '%s' is not an allowed static Ethernet address. "+
				"It conflicts with VMware reserved MACs for other usage.", card.MacAddress)
		}
	}
	return nil
}
