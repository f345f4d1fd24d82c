package main

import (
	"maps"
	"slices"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// guestReport is a guest's state as the hypervisor reports it.
type guestReport struct {
	UUID         string                         `json:"uuid"`
	PowerState   types.VirtualMachinePowerState `json:"power_state"`
	ToolsRunning bool                           `json:"tools_running"`
	HostName     string                         `json:"host_name"`
	IPAddress    *string                        `json:"ip_address"`
	NICs         []guestNIC                     `json:"nics"`
	// GuestInfo has the advanced settings guestinfo.* that the guest has set.
	GuestInfo map[string]string `json:"guestinfo"`
}

type guestNIC struct {
	MAC       string   `json:"mac"`
	Addresses []string `json:"addresses"`
}

// guestChanges returns the properties that show a report; the zero report stands for a guest that does not run.
func (g *guard) guestChanges(vm *simulator.VirtualMachine, report guestReport) []types.PropertyChange {
	running, status, state := types.VirtualMachineToolsRunningStatusGuestToolsNotRunning,
		types.VirtualMachineToolsStatusToolsNotRunning, types.VirtualMachineGuestStateNotRunning
	heartbeat := types.ManagedEntityStatusGray
	if report.ToolsRunning {
		running, status, state = types.VirtualMachineToolsRunningStatusGuestToolsRunning,
			types.VirtualMachineToolsStatusToolsOk, types.VirtualMachineGuestStateRunning
		heartbeat = types.ManagedEntityStatusGreen
	}
	address := ""
	if report.IPAddress != nil {
		address = *report.IPAddress
	}
	unmanaged := string(types.VirtualMachineToolsVersionStatusGuestToolsUnmanaged) // as open-vm-tools
	changes := []types.PropertyChange{
		{Name: "guest.guestState", Val: string(state)},
		{Name: "guestHeartbeatStatus", Val: heartbeat},
		{Name: "guest.toolsStatus", Val: status},
		{Name: "summary.guest.toolsStatus", Val: status},
	}
	for name, value := range map[string]string{
		"toolsRunningStatus":  string(running),
		"toolsVersionStatus2": unmanaged,
		"hostName":            report.HostName,
		"ipAddress":           address,
	} {
		changes = append(changes,
			types.PropertyChange{Name: "guest." + name, Val: value},
			types.PropertyChange{Name: "summary.guest." + name, Val: value})
	}
	if len(report.GuestInfo) > 0 {
		changes = append(changes, types.PropertyChange{Name: "config.extraConfig", Val: withGuestInfo(vm.Config, report.GuestInfo)})
	}
	return append(changes, g.guestAdapters(vm, report.NICs)...)
}

// toolsChanges returns the properties that show the Tools of a VM that is only described: open-vm-tools unless a status
// is given.
func toolsChanges(status string) []types.PropertyChange {
	kind := types.VirtualMachineToolsInstallTypeGuestToolsTypeOpenVMTools
	switch status {
	case "":
		status = string(types.VirtualMachineToolsVersionStatusGuestToolsUnmanaged)
	case string(types.VirtualMachineToolsVersionStatusGuestToolsNotInstalled):
		kind = types.VirtualMachineToolsInstallTypeGuestToolsTypeUnknown
	}
	return []types.PropertyChange{
		{Name: "guest.toolsVersionStatus2", Val: status},
		{Name: "config.tools", Val: &types.ToolsConfigInfo{ToolsInstallType: string(kind)}},
	}
}

// withGuestInfo returns the advanced settings with those that the guest has set; it can set guestinfo.* alone.
func withGuestInfo(config *types.VirtualMachineConfigInfo, said map[string]string) []types.BaseOptionValue {
	merged := slices.DeleteFunc(slices.Clone(config.ExtraConfig), func(option types.BaseOptionValue) bool {
		_, replaced := said[option.GetOptionValue().Key]
		return replaced
	})
	for _, key := range slices.Sorted(maps.Keys(said)) {
		if strings.HasPrefix(key, guestInfoPrefix) {
			merged = append(merged, &types.OptionValue{Key: key, Value: said[key]})
		}
	}
	return merged
}

// guestAdapters lists the VM's adapters in guest.net with the addresses reported for
// their MACs, and each network once; the simulator lists one as often as it is attached.
func (g *guard) guestAdapters(vm *simulator.VirtualMachine, reported []guestNIC) []types.PropertyChange {
	known := g.networks()
	list := []types.GuestNicInfo{}
	var used []types.ManagedObjectReference
	for _, device := range adapters(vm.Config) {
		card := cardOf(device)
		attached := known.of(card.Backing)
		if attached.name != "" && !slices.Contains(used, attached.self) {
			used = append(used, attached.self)
		}
		info := types.GuestNicInfo{
			Network: attached.name, MacAddress: card.MacAddress, DeviceConfigId: card.Key,
			Connected: card.Connectable == nil || card.Connectable.Connected,
		}
		for _, nic := range reported {
			if strings.EqualFold(nic.MAC, card.MacAddress) {
				setAddresses(&info, nic.Addresses)
			}
		}
		list = append(list, info)
	}
	return []types.PropertyChange{{Name: "guest.net", Val: list}, {Name: "network", Val: used}}
}

// reportedNICs returns what guest.net already shows, so that a change of hardware keeps it.
func reportedNICs(shown []types.GuestNicInfo) []guestNIC {
	var nics []guestNIC
	for _, info := range shown {
		nics = append(nics, guestNIC{MAC: info.MacAddress, Addresses: info.IpAddress})
	}
	return nics
}

// setAddresses takes addresses with or without a prefix length.
func setAddresses(info *types.GuestNicInfo, addresses []string) {
	for _, text := range addresses {
		address, _, _ := strings.Cut(text, "/")
		info.IpAddress = append(info.IpAddress, address)
	}
}
