package main

import (
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/mo"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// powerPolicies are ESXi's four, by short name (vSphere Resource Management, "CPU Power Management Policies").
var powerPolicies = map[string]*types.HostPowerPolicy{
	"static":  {Key: 1, Name: "PowerPolicy.static.name", ShortName: "static", Description: "High Performance"},
	"dynamic": {Key: 2, Name: "PowerPolicy.dynamic.name", ShortName: "dynamic", Description: "Balanced"},
	"low":     {Key: 3, Name: "PowerPolicy.low.name", ShortName: "low", Description: "Low Power"},
	"custom":  {Key: 4, Name: "PowerPolicy.custom.name", ShortName: "custom", Description: "Custom"},
}

func availablePolicies() []types.HostPowerPolicy {
	var all []types.HostPowerPolicy
	for _, name := range []string{"static", "dynamic", "low", "custom"} {
		all = append(all, *powerPolicies[name])
	}
	return all
}

// powerSystem is the HostPowerSystem that the simulator's hosts lack.
type powerSystem struct {
	mo.HostPowerSystem

	host *simulator.HostSystem
}

// newPowerSystem shows the host's policy through an object of its own too.
func newPowerSystem(registry *simulator.Registry, host *simulator.HostSystem) {
	system := &powerSystem{host: host}
	system.Self = types.ManagedObjectReference{Type: "HostPowerSystem", Value: "powerSystem-" + host.Self.Value}
	system.Capability, system.Info = *host.Config.PowerSystemCapability, *host.Config.PowerSystemInfo
	registry.Put(system)
	host.ConfigManager.PowerSystem = &system.Self
}

// ConfigurePowerPolicy answers ConfigurePowerPolicy.
func (p *powerSystem) ConfigurePowerPolicy(ctx *simulator.Context, req *types.ConfigurePowerPolicy) soap.HasFault {
	for _, policy := range p.Capability.AvailablePolicy {
		if policy.Key != req.Key {
			continue
		}
		ctx.Update(p, []types.PropertyChange{{Name: "info.currentPolicy", Val: policy}})
		ctx.WithLock(p.host, func() {
			ctx.Update(p.host, []types.PropertyChange{
				{Name: "config.powerSystemInfo", Val: &types.PowerSystemInfo{CurrentPolicy: policy}},
			})
			p.host.Hardware.CpuPowerManagementInfo.CurrentPolicy = policy.Description
		})
		return &methods.ConfigurePowerPolicyBody{Res: &types.ConfigurePowerPolicyResponse{}}
	}
	refused := refuse(&types.InvalidArgument{InvalidProperty: "key"})
	return &methods.ConfigurePowerPolicyBody{Fault_: simulator.Fault(refused.message, refused.fault)}
}
