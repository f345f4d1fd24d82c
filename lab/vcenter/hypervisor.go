package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/vmware/govmomi/vim25/types"
)

// imageKey is the advanced setting that names the disk image a lab VM boots from.
const imageKey = "lab.image"

// guestInfoPrefix begins the advanced settings that a guest can read and write.
const guestInfoPrefix = "guestinfo."

// hypervisorTimeout bounds one request; a power-off may wait for the guest's process to end.
const hypervisorTimeout = 120 * time.Second

// hypervisor is the client of the lab's hypervisor; without a socket every request succeeds and does nothing.
type hypervisor struct {
	client *http.Client
}

func newHypervisor(socket string) *hypervisor {
	if socket == "" {
		return &hypervisor{}
	}
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "unix", socket)
	}
	return &hypervisor{client: &http.Client{
		Timeout:   hypervisorTimeout,
		Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true},
	}}
}

// connected tells whether a hypervisor runs the guests.
func (h *hypervisor) connected() bool { return h.client != nil }

// vmRef is the body of every request but power-on.
type vmRef struct {
	UUID string `json:"uuid"`
}

// guestHardware is the body of a power-on: the VM's configuration as it then is.
type guestHardware struct {
	UUID           string         `json:"uuid"`
	Name           string         `json:"name"`
	MOID           string         `json:"moid"`
	CPUs           int32          `json:"cpus"`
	CoresPerSocket int32          `json:"cores_per_socket"`
	MemoryMB       int32          `json:"memory_mb"`
	Firmware       string         `json:"firmware"`
	IOMMU          bool           `json:"iommu"`
	Image          string         `json:"image"`
	Adapters       []guestAdapter `json:"adapters"`
	// GuestInfo has the advanced settings guestinfo.*, without that prefix.
	GuestInfo map[string]string `json:"guestinfo,omitempty"`
}

type guestAdapter struct {
	Key       int32  `json:"key"`
	Label     string `json:"label"`
	Type      string `json:"type"`
	MAC       string `json:"mac"`
	Network   string `json:"network"`
	Connected bool   `json:"connected"`
}

// call posts the body and returns the hypervisor's one-line error, if any.
func (h *hypervisor) call(path string, body any) error {
	if !h.connected() {
		return nil
	}
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	response, err := h.client.Post("http://hypervisor"+path, "application/json", bytes.NewReader(text))
	if err != nil {
		var failed *url.Error // its own text repeats a URL that means nothing to a reader
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return fmt.Errorf("the lab's hypervisor does not answer: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusOK {
		return nil
	}
	var answer struct {
		Error string `json:"error"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil || answer.Error == "" {
		return fmt.Errorf("the lab's hypervisor answered %s to %s", response.Status, path)
	}
	return fmt.Errorf("%s", answer.Error)
}

// hardwareOf translates a VM's configuration for the hypervisor.
func hardwareOf(name, moid string, config *types.VirtualMachineConfigInfo, known networks) guestHardware {
	hardware := guestHardware{
		UUID: config.Uuid, Name: name, MOID: moid,
		CPUs: config.Hardware.NumCPU, CoresPerSocket: config.Hardware.NumCoresPerSocket,
		MemoryMB: config.Hardware.MemoryMB,
		Firmware: config.Firmware, IOMMU: isTrue(config.Flags.VvtdEnabled),
		Image:    extraConfig(config, imageKey),
		Adapters: []guestAdapter{},
	}
	for _, option := range config.ExtraConfig {
		value := option.GetOptionValue()
		if name, found := strings.CutPrefix(strings.ToLower(value.Key), guestInfoPrefix); found {
			if hardware.GuestInfo == nil {
				hardware.GuestInfo = map[string]string{}
			}
			hardware.GuestInfo[name] = optionText(value.Value)
		}
	}
	for _, device := range adapters(config) {
		card := cardOf(device)
		adapter := guestAdapter{
			Key: card.Key, Type: adapterType(device), MAC: card.MacAddress, Network: known.name(card.Backing),
			Connected: card.Connectable == nil || card.Connectable.StartConnected,
		}
		if card.DeviceInfo != nil {
			adapter.Label = card.DeviceInfo.GetDescription().Label
		}
		hardware.Adapters = append(hardware.Adapters, adapter)
	}
	return hardware
}

// adapterType names the device as VMX files do (ethernetX.virtualDev).
func adapterType(device types.BaseVirtualDevice) string {
	switch device.(type) {
	case *types.VirtualVmxnet3, *types.VirtualVmxnet3Vrdma:
		return "vmxnet3"
	case *types.VirtualVmxnet2, *types.VirtualVmxnet:
		return "vmxnet2"
	case *types.VirtualE1000e:
		return "e1000e"
	case *types.VirtualE1000:
		return "e1000"
	case *types.VirtualPCNet32:
		return "vlance"
	case *types.VirtualSriovEthernetCard:
		return "sriov"
	}
	return fmt.Sprintf("%T", device)
}
