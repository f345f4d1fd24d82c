package main

import (
	"github.com/google/uuid"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/methods"
	"github.com/vmware/govmomi/vim25/soap"
	"github.com/vmware/govmomi/vim25/types"
)

// ReconfigureComputeResourceTask answers ReconfigureComputeResource_Task of a cluster.
func (g *guard) ReconfigureComputeResourceTask(ctx *simulator.Context, req *types.ReconfigureComputeResource_Task) soap.HasFault {
	cluster := g.registry.Get(req.This).(*simulator.ClusterComputeResource)
	task := g.tasks.run(ctx, cluster, "ReconfigureComputeResource_Task", "reconfigureEx", func() (types.AnyType, *refusal) {
		spec, ok := req.Spec.(*types.ClusterConfigSpecEx)
		if !ok {
			return nil, refuse(&types.InvalidArgument{InvalidProperty: "spec"})
		}
		now := *cluster.ConfigurationEx.(*types.ClusterConfigInfoEx)
		if !req.Modify { // what the spec leaves unset is as in a new cluster
			applyClusterFeatures(&now, &clusterSpec{})
			now.Group, now.Rule, now.DrsVmConfig, now.DasVmConfig = nil, nil, nil, nil
		}
		configured, refused := reconfigureCluster(now, spec, g.scope(cluster))
		if refused == nil {
			g.showCluster(ctx, cluster, configured)
		}
		return nil, refused
	})
	return &methods.ReconfigureComputeResource_TaskBody{Res: &types.ReconfigureComputeResource_TaskResponse{Returnval: task}}
}

func (g *guard) showCluster(ctx *simulator.Context, cluster *simulator.ClusterComputeResource, config types.ClusterConfigInfoEx) {
	ctx.WithLock(cluster, func() {
		ctx.Update(cluster, []types.PropertyChange{{Name: "configurationEx", Val: &config}})
	})
}

// scope returns the objects that the cluster's configuration may refer to.
func (g *guard) scope(cluster *simulator.ClusterComputeResource) clusterScope {
	scope := clusterScope{
		cluster: cluster.Self,
		members: map[types.ManagedObjectReference]bool{},
		exists:  func(reference types.ManagedObjectReference) bool { return g.registry.Get(reference) != nil },
		nextKey: func() int32 { return g.ruleKeys.Add(1) },
		newUUID: uuid.NewString,
	}
	for _, host := range cluster.Host {
		scope.members[host] = true
	}
	for _, entity := range g.registry.All("VirtualMachine") {
		vm := entity.(*simulator.VirtualMachine)
		if vm.Runtime.Host != nil && scope.members[*vm.Runtime.Host] {
			scope.members[vm.Self] = true
		}
	}
	return scope
}

// removeFromClusters removes a deleted VM from every cluster's groups, rules and overrides.
func (g *guard) removeFromClusters(ctx *simulator.Context, vm types.ManagedObjectReference) {
	for _, entity := range g.registry.All("ClusterComputeResource") {
		cluster := entity.(*simulator.ClusterComputeResource)
		func() {
			defer g.tasks.lock(cluster.Self)()
			now := *cluster.ConfigurationEx.(*types.ClusterConfigInfoEx)
			if len(now.Group)+len(now.Rule)+len(now.DrsVmConfig)+len(now.DasVmConfig) > 0 {
				g.showCluster(ctx, cluster, withoutVM(now, vm))
			}
		}()
	}
}
