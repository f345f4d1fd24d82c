package main

import (
	"time"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// dateTimeSystem is the HostDateTimeSystem that the simulator's hosts name and do not have.
type dateTimeSystem struct {
	mo.HostDateTimeSystem

	skew time.Duration
}

func newDateTimeSystem(registry *simulator.Registry, host *simulator.HostSystem, skewSeconds float64) {
	system := &dateTimeSystem{skew: time.Duration(skewSeconds * float64(time.Second))}
	system.Self = types.ManagedObjectReference{Type: "HostDateTimeSystem", Value: "dateTimeSystem-" + host.Self.Value}
	system.DateTimeInfo = *host.Config.DateTimeInfo
	registry.Put(system)
	host.ConfigManager.DateTimeSystem = &system.Self
}

// QueryDateTime answers QueryDateTime by the host's own clock.
func (d *dateTimeSystem) QueryDateTime(_ *simulator.Context, _ *types.QueryDateTime) soap.HasFault {
	now := time.Now().UTC().Add(d.skew)
	return &methods.QueryDateTimeBody{Res: &types.QueryDateTimeResponse{Returnval: now}}
}

// applyTimeService sets the host's NTP servers, and whether its service runs.
func applyTimeService(host *simulator.HostSystem, described *ntpSpec) {
	host.Config.DateTimeInfo = &types.HostDateTimeInfo{
		TimeZone:            types.HostDateTimeSystemTimeZone{Key: "UTC", Name: "UTC", Description: "UTC"},
		SystemClockProtocol: "ntp",
		NtpConfig:           &types.HostNtpConfig{Server: described.Servers},
	}
	for number := range host.Config.Service.Service {
		service := &host.Config.Service.Service[number]
		if service.Key != "ntpd" {
			continue
		}
		service.Running, service.Policy = described.Running, "off"
		if described.Running {
			service.Policy = "on"
		}
	}
}
