package main

import (
	"fmt"
	"net"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/vmware/govmomi/vim25/types"
)

// Prefixes of VMware's generated addresses (vSphere Networking, "MAC address generation"):
// vCenter assigns 00:50:56:80 to 00:50:56:bf, an ESXi host generates 00:0c:29.
var (
	vmwarePrefix = net.HardwareAddr{0x00, 0x50, 0x56}
	esxPrefix    = net.HardwareAddr{0x00, 0x0c, 0x29}
)

// macPool hands out addresses in the range that vCenter assigns from.
type macPool struct {
	mu   sync.Mutex
	last uint16
}

func (p *macPool) next() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.last++
	return fmt.Sprintf("00:50:56:80:%02x:%02x", p.last>>8, p.last&0xff)
}

// applyDefaults fills in what a real vCenter takes from the current configuration or decides itself. The simulator would
// store the unset fields.
func applyDefaults(now *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec, nextMAC func() string) {
	if spec.CpuAllocation != nil && now.CpuAllocation != nil {
		fillUnset(spec.CpuAllocation, now.CpuAllocation)
	}
	if spec.MemoryAllocation != nil && now.MemoryAllocation != nil {
		fillUnset(spec.MemoryAllocation, now.MemoryAllocation)
	}
	if spec.Flags != nil {
		fillUnset(spec.Flags, &now.Flags)
	}
	spec.ExtraConfig = effectiveOptions(now, spec.ExtraConfig)
	applyLockedReservation(now, spec)
	applyAdapterDefaults(now, spec, nextMAC)
}

// applyLockedReservation sets the reservation to the memory size while memoryReservationLockedToMax holds.
func applyLockedReservation(now *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec) {
	locked := isTrue(now.MemoryReservationLockedToMax)
	if spec.MemoryReservationLockedToMax != nil {
		locked = *spec.MemoryReservationLockedToMax
	}
	if !locked {
		return
	}
	if spec.MemoryAllocation == nil {
		spec.MemoryAllocation = &types.ResourceAllocationInfo{}
		if now.MemoryAllocation != nil {
			*spec.MemoryAllocation = *now.MemoryAllocation
		}
	}
	spec.MemoryAllocation.Reservation = types.NewInt64(orCurrent(spec.MemoryMB, int64(now.Hardware.MemoryMB)))
}

// applyAdapterDefaults gives added adapters a key, a label and a MAC address, and completes edited ones.
func applyAdapterDefaults(now *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec, nextMAC func() string) {
	used := map[int32]bool{}
	for _, device := range adapters(now) {
		used[device.GetVirtualDevice().Key] = true
	}
	for _, change := range adapterChanges(now, spec) {
		switch change.operation {
		case types.VirtualDeviceConfigSpecOperationRemove:
			delete(used, change.card.Key)
		case types.VirtualDeviceConfigSpecOperationEdit:
			fillUnset(change.device, change.old)
		case types.VirtualDeviceConfigSpecOperationAdd:
			number := int32(0)
			for used[firstAdapterKey+number] {
				number++
			}
			used[firstAdapterKey+number] = true
			assignSlot(change.card, number)
		}
		if change.operation != types.VirtualDeviceConfigSpecOperationRemove {
			assignMAC(change.card, nextMAC)
		}
	}
}

// assignSlot: puts an adapter on PCI controller 100, from unit 7 on.
func assignSlot(card *types.VirtualEthernetCard, number int32) {
	card.Key = firstAdapterKey + number
	card.ControllerKey = 100
	card.UnitNumber = types.NewInt32(7 + number)
	card.DeviceInfo = &types.Description{Label: fmt.Sprintf("Network adapter %d", number+1)}
}

// assignMAC keeps a manual address, and an assigned or generated one within its range; otherwise the server assigns one (API reference, VirtualEthernetCard.macAddress).
func assignMAC(card *types.VirtualEthernetCard, nextMAC func() string) {
	switch {
	case card.MacAddress == "":
	case card.AddressType == "":
		card.AddressType = string(types.VirtualEthernetCardMacTypeManual)
		return
	case strings.EqualFold(card.AddressType, string(types.VirtualEthernetCardMacTypeManual)):
		return
	case isGenerated(card.MacAddress):
		return
	}
	card.AddressType = string(types.VirtualEthernetCardMacTypeAssigned)
	card.MacAddress = nextMAC()
}

func isGenerated(text string) bool {
	mac, err := net.ParseMAC(text)
	if err != nil {
		return false
	}
	return slices.Equal(mac[:3], esxPrefix) || slices.Equal(mac[:3], vmwarePrefix) && mac[3] >= 0x80 && mac[3] <= 0xbf
}

// fillUnset copies the fields that wanted leaves unset; both point to structs of one type.
func fillUnset(wanted, current any) {
	fillStruct(reflect.ValueOf(wanted).Elem(), reflect.ValueOf(current).Elem())
}

func fillStruct(wanted, current reflect.Value) {
	for i := range wanted.NumField() {
		field := wanted.Field(i)
		switch {
		case wanted.Type().Field(i).Anonymous && field.Kind() == reflect.Struct:
			fillStruct(field, current.Field(i))
		case field.IsZero():
			field.Set(current.Field(i))
		}
	}
}
