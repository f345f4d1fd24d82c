package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// applyHost gives a host of the simulator, a copy of its one template, the hardware of the description.
func applyHost(host *simulator.HostSystem, described *hostSpec) {
	summary := host.Summary.Hardware // NewHostSystem made a copy of its own, as of the others below
	summary.CpuModel = cpuModel(described)
	summary.CpuMhz = int32(described.MHz)
	summary.NumCpuPkgs, summary.NumCpuCores = int16(described.Sockets), int16(described.cores())
	summary.NumCpuThreads = int16(described.threads())
	summary.MemorySize = described.MemoryGB << 30
	summary.NumNics = int32(len(described.NICs))

	hardware := host.Hardware
	hardware.CpuInfo = types.HostCpuInfo{
		NumCpuPackages: summary.NumCpuPkgs, NumCpuCores: summary.NumCpuCores, NumCpuThreads: summary.NumCpuThreads,
		Hz: int64(described.MHz) * 1_000_000,
	}
	hardware.CpuPkg = cpuPackages(described, hardware.CpuPkg[0])
	hardware.MemorySize = summary.MemorySize
	hardware.NumaInfo = numaInfo(described)
	policy := powerPolicies[described.PowerPolicy]
	hardware.PciDevice = pciDevices(described)
	hardware.CpuPowerManagementInfo = &types.HostCpuPowerManagementInfo{
		CurrentPolicy: policy.Description, HardwareSupport: described.PowerManagement,
	}

	supported := described.LatencySensitivity == nil || *described.LatencySensitivity
	host.Capability.LatencySensitivitySupported = types.NewBool(supported)
	host.Capability.MaxSupportedSimultaneousThreads = described.MaxSimultaneousThreads

	available := described.ThreadsPerCore > 1
	active := described.activeThreads() > 1
	host.Config.HyperThread = &types.HostHyperThreadScheduleInfo{Available: available, Active: active, Config: active}
	host.Config.PowerSystemCapability = &types.PowerSystemCapability{AvailablePolicy: availablePolicies()}
	host.Config.PowerSystemInfo = &types.PowerSystemInfo{CurrentPolicy: *policy}
	applyTimeService(host, &described.NTP)
	host.Runtime.InMaintenanceMode = described.Maintenance
	applyAdvancedSettings(host, described.AdvancedSettings)
	if described.APIVersion != "" {
		applyVersion(host, described.APIVersion)
	}
}

// applyAdvancedSettings gives the host what ESXi has and the simulator's hosts have not, and what is described.
func applyAdvancedSettings(host *simulator.HostSystem, described map[string]int64) {
	settings := map[string]int64{"Net.Vmxnet3UDPRSSAllowed": 1} // ESXi's default
	maps.Copy(settings, described)
	host.Config.Option = slices.DeleteFunc(host.Config.Option, func(option types.BaseOptionValue) bool {
		_, replaced := settings[option.GetOptionValue().Key]
		return replaced
	})
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		host.Config.Option = append(host.Config.Option, &types.OptionValue{Key: key, Value: settings[key]})
	}
}

// cpuModel names the vendor as real models do where it is not the usual one.
func cpuModel(described *hostSpec) string {
	if described.CPUModel != "" {
		return described.CPUModel
	}
	vendor := ""
	if described.CPUVendor == "amd" {
		vendor = "AMD "
	}
	return fmt.Sprintf("Lab %sCPU @ %d.%02dGHz", vendor, described.MHz/1000, described.MHz%1000/10)
}

// cpuPackages numbers the threads package by package, siblings side by side, as ESXi does.
func cpuPackages(described *hostSpec, template types.HostCpuPackage) []types.HostCpuPackage {
	var packages []types.HostCpuPackage
	each := described.threads() / described.Sockets
	for socket := range described.Sockets {
		cpu := template
		cpu.Index, cpu.Hz, cpu.Description = int16(socket), int64(described.MHz)*1_000_000, cpuModel(described)
		cpu.Vendor, cpu.ThreadId = described.CPUVendor, numbers(socket*each, each)
		packages = append(packages, cpu)
	}
	return packages
}

func numbers(first, count int) []int16 {
	all := make([]int16, count)
	for i := range all {
		all[i] = int16(first + i)
	}
	return all
}

// numaInfo divides threads and memory evenly among the nodes. Real nodes tell more
// devices than NICs; nothing in the lab needs those.
func numaInfo(described *hostSpec) *types.HostNumaInfo {
	count := described.nodes()
	if count == 0 {
		return &types.HostNumaInfo{Type: "None"}
	}
	info := &types.HostNumaInfo{Type: "NUMA", NumNodes: int32(count)}
	threads, memory := described.threads()/count, (described.MemoryGB<<30)/int64(count)
	for node := range count {
		one := types.HostNumaNode{
			TypeId: byte(node), CpuID: numbers(node*threads, threads), MemorySize: memory,
			MemoryRangeBegin: int64(node) * memory, MemoryRangeLength: memory,
		}
		if described.NumaPciIDs == nil || *described.NumaPciIDs {
			one.PciId = devicesOf(described.NICs, node)
		}
		info.NumaNode = append(info.NumaNode, one)
	}
	return info
}

// pciDevices are the host's NICs as devices, which alone tell their models.
func pciDevices(described *hostSpec) []types.HostPciDevice {
	var devices []types.HostPciDevice
	for _, nic := range described.NICs {
		model := nic.Model
		if model == "" {
			model = "Lab Ethernet controller for " + nic.Driver
		}
		devices = append(devices, types.HostPciDevice{
			Id: nic.PCI, ClassId: 0x200, VendorName: "Lab", DeviceName: model,
		})
	}
	return devices
}

func devicesOf(nics []nicSpec, node int) []string {
	var addresses []string
	for _, nic := range nics {
		if nic.Node != node {
			continue
		}
		address := nic.PCI
		if nic.NumaPciID != "" {
			address = nic.NumaPciID
		}
		addresses = append(addresses, address)
	}
	return addresses
}

// applyVersion makes the host an older ESXi than its vCenter.
func applyVersion(host *simulator.HostSystem, apiVersion string) {
	product := host.Config.Product
	product.ApiVersion, product.Version = apiVersion, productVersion(apiVersion)
	product.FullName = fmt.Sprintf("%s %s", product.Name, product.Version)
	host.Config.Product = product
	host.Summary.Config.Product = &product
}

// productVersion is the release that an API version belongs to: 8.0.3.0 is that of 8.0.3.
func productVersion(apiVersion string) string {
	parts := strings.Split(apiVersion, ".")
	return strings.Join(parts[:min(3, len(parts))], ".")
}

// physicalNICs are the host's NICs with addresses of their own on each host.
func physicalNICs(described *hostSpec, hostNumber int) []types.PhysicalNic {
	var nics []types.PhysicalNic
	for number, nic := range described.NICs {
		one := types.PhysicalNic{
			Key: nicKey(nic.Device), Device: nic.Device, Pci: nic.PCI, Driver: nic.Driver,
			DriverVersion: nic.DriverVersion, FirmwareVersion: nic.Firmware,
			Mac:                              fmt.Sprintf("a0:36:9f:%02x:%02x:%02x", hostNumber>>8, hostNumber&0xff, number),
			AutoNegotiateSupported:           types.NewBool(true),
			EnhancedNetworkingStackSupported: types.NewBool(nic.EnhancedNetworkingStack),
			EnsInterruptSupported:            types.NewBool(nic.EnhancedNetworkingStack),
			VmDirectPathGen2Supported:        types.NewBool(false),
			ResourcePoolSchedulerAllowed:     types.NewBool(true),
		}
		if nic.LinkMbps != 0 {
			link := types.PhysicalNicLinkInfo{SpeedMb: nic.LinkMbps, Duplex: true}
			one.LinkSpeed, one.ValidLinkSpecification = &link, []types.PhysicalNicLinkInfo{link}
		}
		nics = append(nics, one)
	}
	return nics
}

func nicKey(device string) string { return "key-vim.host.PhysicalNic-" + device }

func nicKeys(devices []string) []string {
	var keys []string
	for _, device := range devices {
		keys = append(keys, nicKey(device))
	}
	return keys
}

// sumHosts brings a cluster's summary to what its hosts now are.
func sumHosts(summary *types.ComputeResourceSummary, hosts []*simulator.HostSystem) {
	*summary = types.ComputeResourceSummary{OverallStatus: types.ManagedEntityStatusGreen}
	for _, host := range hosts {
		hardware := host.Summary.Hardware
		mhz := hardware.CpuMhz * int32(hardware.NumCpuCores)
		summary.TotalCpu += mhz
		summary.TotalMemory += hardware.MemorySize
		summary.NumCpuCores += hardware.NumCpuCores
		summary.NumCpuThreads += hardware.NumCpuThreads
		summary.NumHosts++
		if !host.Runtime.InMaintenanceMode {
			summary.EffectiveCpu += mhz
			summary.EffectiveMemory += hardware.MemorySize >> 20 // MB, unlike the total
			summary.NumEffectiveHosts++
		}
	}
}

// hasPortGroup tells whether a standard switch of the host has a port group of the name.
func (h *hostSpec) hasPortGroup(name string) bool {
	return slices.ContainsFunc(h.StandardSwitches, func(s standardSwitchSpec) bool {
		return slices.ContainsFunc(s.PortGroups, func(p portGroupSpec) bool { return p.Name == name })
	})
}
