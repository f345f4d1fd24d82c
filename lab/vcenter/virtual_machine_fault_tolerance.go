package main

import (
	"fmt"
	"strings"

	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// maxFTVCPUs is the most that a fault-tolerant VM can have (vSphere 8 configuration maximums).
const maxFTVCPUs = 8

// ftCandidate is a VM whose fault tolerance is asked about.
type ftCandidate struct {
	vm, host  types.ManagedObjectReference
	name      string
	config    *types.VirtualMachineConfigInfo
	snapshots bool
	ha        bool // HA is enabled on the VM's cluster
}

// ftIssues lists what keeps the VM from being made fault tolerant (vSphere
// Availability, "Fault Tolerance Requirements, Limits, and Licensing").
func ftIssues(c ftCandidate) []types.LocalizedMethodFault {
	var issues []types.LocalizedMethodFault
	issue := func(fault types.BaseMethodFault, message string) {
		issues = append(issues, types.LocalizedMethodFault{Fault: fault, LocalizedMessage: message})
	}
	reason := func(reason types.VmFaultToleranceConfigIssueReasonForIssue) types.BaseMethodFault {
		return &types.VmFaultToleranceConfigIssue{Reason: string(reason), EntityName: c.name, Entity: &c.vm}
	}
	incompatible := func(cause types.BaseMethodFault) types.BaseMethodFault {
		return &types.VmConfigIncompatibleForFaultTolerance{Fault: &types.LocalizedMethodFault{Fault: cause}}
	}
	if !c.ha {
		issue(reason(types.VmFaultToleranceConfigIssueReasonForIssueHaNotEnabled), "vSphere HA is not enabled on the cluster.")
	}
	if c.config.Hardware.NumCPU > maxFTVCPUs {
		issue(reason(types.VmFaultToleranceConfigIssueReasonForIssueTooManyVCPUs), "The virtual machine has too many virtual CPUs.")
	}
	if c.snapshots {
		issue(reason(types.VmFaultToleranceConfigIssueReasonForIssueHasSnapshots), "The virtual machine has one or more snapshots.")
	}
	if isTrue(c.config.CpuHotAddEnabled) || isTrue(c.config.CpuHotRemoveEnabled) {
		issue(incompatible(&types.CpuHotPlugNotSupported{}), "CPU hot plug is enabled on the virtual machine.")
	}
	if isTrue(c.config.MemoryHotAddEnabled) {
		issue(incompatible(&types.MemoryHotPlugNotSupported{}), "Memory hot plug is enabled on the virtual machine.")
	}
	for _, device := range c.config.Hardware.Device {
		switch device.(type) {
		case *types.VirtualPCIPassthrough, *types.VirtualSriovEthernetCard:
			issue(c.unsupported(device), "The virtual machine has a passthrough device.")
		}
	}
	return issues
}

func (c ftCandidate) unsupported(device types.BaseVirtualDevice) types.BaseMethodFault {
	fault := &types.NotSupportedDeviceForFT{
		Host: c.host, Vm: c.vm, VmName: c.name, DeviceType: strings.TrimPrefix(fmt.Sprintf("%T", device), "*types."),
	}
	if info := device.GetVirtualDevice().DeviceInfo; info != nil {
		fault.DeviceLabel = info.GetDescription().Label
	}
	return fault
}

func (g *guard) ftQuery(ctx *simulator.Context, reference types.ManagedObjectReference) []types.LocalizedMethodFault {
	vm := g.vm(reference)
	candidate := ftCandidate{vm: reference, host: *vm.Runtime.Host, name: vm.Name}
	if host, ok := g.registry.Get(*vm.Runtime.Host).(*simulator.HostSystem); ok {
		if cluster, ok := g.registry.Get(*host.Parent).(*simulator.ClusterComputeResource); ok {
			candidate.ha = isTrue(cluster.ConfigurationEx.(*types.ClusterConfigInfoEx).DasConfig.Enabled)
		}
	}
	var issues []types.LocalizedMethodFault
	ctx.WithLock(vm, func() {
		candidate.config, candidate.snapshots = vm.Config, vm.Snapshot != nil && len(vm.Snapshot.RootSnapshotList) > 0
		issues = ftIssues(candidate)
	})
	return issues
}

// QueryFaultToleranceCompatibility answers QueryFaultToleranceCompatibility, which the simulator lacks.
func (g *guard) QueryFaultToleranceCompatibility(ctx *simulator.Context, req *types.QueryFaultToleranceCompatibility) soap.HasFault {
	return &methods.QueryFaultToleranceCompatibilityBody{
		Res: &types.QueryFaultToleranceCompatibilityResponse{Returnval: g.ftQuery(ctx, req.This)},
	}
}

// QueryFaultToleranceCompatibilityEx answers the newer form, without its legacy record and replay.
func (g *guard) QueryFaultToleranceCompatibilityEx(ctx *simulator.Context, req *types.QueryFaultToleranceCompatibilityEx) soap.HasFault {
	return &methods.QueryFaultToleranceCompatibilityExBody{
		Res: &types.QueryFaultToleranceCompatibilityExResponse{Returnval: g.ftQuery(ctx, req.This)},
	}
}
