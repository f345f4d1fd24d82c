package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/vmware/govmomi/vim25/types"
)

// Virtual hardware versions that settings need (vSphere API reference, "Requires VM
// hardware version", and the virtual hardware tables of vSphere 7 and 8).
const (
	threadsVersion  = 20 // simultaneousThreads: virtual hyper-threading
	numaVersion     = 20 // virtualNuma.coresPerNumaNode, and the numaNode of a device
	uptVersion      = 20 // uptv2Enabled
	iommuVersion    = 14 // vvtdEnabled on Intel
	iommuVersionAMD = 18
)

// hardwareVersion is the number in "vmx-20"; what cannot be read counts as old.
func hardwareVersion(m vmState, spec *types.VirtualMachineConfigSpec) int {
	version := spec.Version
	if version == "" {
		version = m.config.Version
	}
	number, _ := strconv.Atoi(strings.TrimPrefix(version, "vmx-"))
	return number
}

// refuseOld: InvalidVmConfig is what the API has for a spec that does not fit the VM.
func refuseOld(have, need int, property string) *refusal {
	return &refusal{
		fault: &types.InvalidVmConfig{Property: "configSpec." + property},
		message: fmt.Sprintf("The virtual machine's hardware version %d does not support %s, which needs version %d.",
			have, property, need),
	}
}

func checkAffinityExists(m vmState, spec *types.VirtualMachineConfigSpec) *refusal {
	for _, cpu := range affinity(spec.CpuAffinity) {
		if cpu < 0 || m.host.threads > 0 && int(cpu) >= m.host.threads {
			return refuse(&types.InvalidArgument{InvalidProperty: "configSpec.cpuAffinity"})
		}
	}
	return nil
}

func checkSimultaneousThreads(m vmState, spec *types.VirtualMachineConfigSpec) *refusal {
	if spec.SimultaneousThreads == 0 && spec.NumCPUs == 0 {
		return nil
	}
	threads := orCurrent(spec.SimultaneousThreads, m.config.Hardware.SimultaneousThreads)
	if threads < 0 {
		return refuse(&types.InvalidArgument{InvalidProperty: "configSpec.simultaneousThreads"})
	}
	if threads <= 1 {
		return nil
	}
	if version := hardwareVersion(m, spec); version < threadsVersion {
		return refuseOld(version, threadsVersion, "simultaneousThreads")
	}
	fits := orCurrent(spec.NumCPUs, m.config.Hardware.NumCPU)%threads == 0
	supported := m.host.name == "" || threads <= max(m.host.maxThreads, 1)
	if fits && supported {
		return nil
	}
	return refuse(&types.InvalidArgument{InvalidProperty: "configSpec.simultaneousThreads"})
}

// coresPerNumaNode returns the size of a virtual node that the spec leads to, 0 for one chosen by the host.
func coresPerNumaNode(now *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec) int32 {
	if spec.VirtualNuma != nil && spec.VirtualNuma.CoresPerNumaNode != nil {
		return *spec.VirtualNuma.CoresPerNumaNode
	}
	if now.NumaInfo == nil || isTrue(now.NumaInfo.AutoCoresPerNumaNode) || now.NumaInfo.CoresPerNumaNode == nil {
		return 0
	}
	return *now.NumaInfo.CoresPerNumaNode
}

func checkVirtualNuma(m vmState, spec *types.VirtualMachineConfigSpec) *refusal {
	cores := coresPerNumaNode(m.config, spec)
	if cores == 0 || spec.VirtualNuma == nil && spec.NumCPUs == 0 {
		return nil
	}
	if version := hardwareVersion(m, spec); version < numaVersion {
		return refuseOld(version, numaVersion, "virtualNuma.coresPerNumaNode")
	}
	if cores > 0 && orCurrent(spec.NumCPUs, m.config.Hardware.NumCPU)%cores == 0 {
		return nil
	}
	return refuse(&types.InvalidArgument{InvalidProperty: "configSpec.virtualNuma.coresPerNumaNode"})
}

func checkIOMMU(m vmState, spec *types.VirtualMachineConfigSpec) *refusal {
	need := iommuVersion
	if m.host.vendor == "amd" {
		need = iommuVersionAMD
	}
	if version := hardwareVersion(m, spec); spec.Flags != nil && isTrue(spec.Flags.VvtdEnabled) && version < need {
		return refuseOld(version, need, "flags.vvtdEnabled")
	}
	return nil
}

// checkAdapterHardware: a device's virtual node and UPTv2 need newer virtual hardware;
// a node also needs EFI and nodes of a size that the spec gives (vSphere 8, "Virtual
// Topology").
func checkAdapterHardware(m vmState, spec *types.VirtualMachineConfigSpec) *refusal {
	version := hardwareVersion(m, spec)
	for _, change := range adapterChanges(m.config, spec) {
		if change.operation == types.VirtualDeviceConfigSpecOperationRemove {
			continue
		}
		if vmxnet3, ok := change.device.(*types.VirtualVmxnet3); ok && isTrue(vmxnet3.Uptv2Enabled) && version < uptVersion {
			return refuseOldDevice(change.index, version, uptVersion, "uptv2Enabled")
		}
		if node, given := deviceNode(change.card.NumaNode); given && node >= 0 {
			if refused := checkDeviceNode(m, spec, change.index, node); refused != nil {
				return refused
			}
		}
	}
	return nil
}

func checkDeviceNode(m vmState, spec *types.VirtualMachineConfigSpec, index int, node int32) *refusal {
	if version := hardwareVersion(m, spec); version < numaVersion {
		return refuseOldDevice(index, version, numaVersion, "numaNode")
	}
	firmware := spec.Firmware
	if firmware == "" {
		firmware = m.config.Firmware
	}
	cores := coresPerNumaNode(m.config, spec)
	if firmware != string(types.GuestOsDescriptorFirmwareTypeEfi) || cores <= 0 ||
		node >= orCurrent(spec.NumCPUs, m.config.Hardware.NumCPU)/cores {
		return refuseDevice(index, "virtualDeviceSpec.device.numaNode")
	}
	return nil
}

func refuseOldDevice(index, have, need int, property string) *refusal {
	fault := &types.DeviceUnsupportedForVmVersion{
		CurrentVersion: fmt.Sprintf("vmx-%02d", have), ExpectedVersion: fmt.Sprintf("vmx-%02d", need),
	}
	fault.DeviceIndex, fault.Property = int32(index), "virtualDeviceSpec.device."+property
	return &refusal{fault: fault, message: fmt.Sprintf(
		"Device '%d' is not supported by the virtual machine's hardware version %d: %s needs version %d.",
		index, have, property, need)}
}
