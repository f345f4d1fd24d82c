package main

import (
	"fmt"
	"slices"

	"github.com/vmware/govmomi/vim25/types"
)

// overrideKey returns the VM of an override's spec, nil if it names none.
func overrideKey(operation types.ArrayUpdateOperation, removeKey types.AnyType, given *types.ManagedObjectReference) *types.ManagedObjectReference {
	if operation != types.ArrayUpdateOperationRemove {
		return given
	}
	switch key := removeKey.(type) {
	case types.ManagedObjectReference:
		return &key
	case *types.ManagedObjectReference:
		return key
	}
	return nil
}

// checkOverride: a VM of the cluster has at most one override of each kind.
func checkOverride(operation types.ArrayUpdateOperation, vm *types.ManagedObjectReference, at int, scope clusterScope, property string) *refusal {
	exists := at >= 0
	switch {
	case vm == nil, (operation == types.ArrayUpdateOperationAdd) == exists:
		return refuseCluster("%s", property)
	case operation == types.ArrayUpdateOperationRemove:
		return nil // also of a VM that has left the cluster
	}
	return scope.checkMembers(property+".info.key", *vm)
}

var drsBehaviors = set("manual partiallyAutomated fullyAutomated")

func changeAutomation(overrides []types.ClusterDrsVmConfigInfo, specs []types.ClusterDrsVmConfigSpec, scope clusterScope) ([]types.ClusterDrsVmConfigInfo, *refusal) {
	for number, spec := range specs {
		property := fmt.Sprintf("spec.drsVmConfigSpec[%d]", number)
		var given *types.ManagedObjectReference
		if spec.Info != nil {
			given = &spec.Info.Key
			if behavior := string(spec.Info.Behavior); behavior != "" && !drsBehaviors[behavior] {
				return overrides, refuseCluster("%s.info.behavior", property)
			}
		}
		vm := overrideKey(spec.Operation, spec.RemoveKey, given)
		at := slices.IndexFunc(overrides, func(o types.ClusterDrsVmConfigInfo) bool { return vm != nil && o.Key == *vm })
		if refused := checkOverride(spec.Operation, vm, at, scope, property); refused != nil {
			return overrides, refused
		}
		switch spec.Operation {
		case types.ArrayUpdateOperationAdd:
			overrides = append(overrides, *spec.Info)
		case types.ArrayUpdateOperationEdit:
			overrides[at] = filled(*spec.Info, overrides[at])
		case types.ArrayUpdateOperationRemove:
			overrides = slices.Delete(overrides, at, at+1)
		}
	}
	return overrides, nil
}

var restartPriorities = set("disabled lowest low medium high highest clusterRestartPriority")

func changeRestart(overrides []types.ClusterDasVmConfigInfo, specs []types.ClusterDasVmConfigSpec, scope clusterScope) ([]types.ClusterDasVmConfigInfo, *refusal) {
	for number, spec := range specs {
		property := fmt.Sprintf("spec.dasVmConfigSpec[%d]", number)
		var given *types.ManagedObjectReference
		if spec.Info != nil {
			given = &spec.Info.Key
			if settings := spec.Info.DasSettings; settings != nil && settings.RestartPriority != "" && !restartPriorities[settings.RestartPriority] {
				return overrides, refuseCluster("%s.info.dasSettings.restartPriority", property)
			}
		}
		vm := overrideKey(spec.Operation, spec.RemoveKey, given)
		at := slices.IndexFunc(overrides, func(o types.ClusterDasVmConfigInfo) bool { return vm != nil && o.Key == *vm })
		if refused := checkOverride(spec.Operation, vm, at, scope, property); refused != nil {
			return overrides, refused
		}
		switch spec.Operation {
		case types.ArrayUpdateOperationAdd:
			overrides = append(overrides, *spec.Info)
		case types.ArrayUpdateOperationEdit:
			edited := filled(*spec.Info, overrides[at])
			if before := overrides[at].DasSettings; before != nil && spec.Info.DasSettings != nil {
				settings := filled(*spec.Info.DasSettings, *before)
				edited.DasSettings = &settings
			}
			overrides[at] = edited
		case types.ArrayUpdateOperationRemove:
			overrides = slices.Delete(overrides, at, at+1)
		}
	}
	return overrides, nil
}

// withoutVM returns the configuration without any reference to a deleted VM.
func withoutVM(now types.ClusterConfigInfoEx, vm types.ManagedObjectReference) types.ClusterConfigInfoEx {
	others := func(vms []types.ManagedObjectReference) []types.ManagedObjectReference {
		return slices.DeleteFunc(slices.Clone(vms), func(v types.ManagedObjectReference) bool { return v == vm })
	}
	now.Group, now.Rule = slices.Clone(now.Group), slices.Clone(now.Rule)
	for i, group := range now.Group {
		if group, ok := group.(*types.ClusterVmGroup); ok {
			copied := *group
			copied.Vm = others(group.Vm)
			now.Group[i] = &copied
		}
	}
	for i, rule := range now.Rule {
		switch rule := rule.(type) {
		case *types.ClusterAffinityRuleSpec:
			copied := *rule
			copied.Vm = others(rule.Vm)
			now.Rule[i] = &copied
		case *types.ClusterAntiAffinityRuleSpec:
			copied := *rule
			copied.Vm = others(rule.Vm)
			now.Rule[i] = &copied
		}
	}
	now.DrsVmConfig = slices.DeleteFunc(slices.Clone(now.DrsVmConfig), func(o types.ClusterDrsVmConfigInfo) bool { return o.Key == vm })
	now.DasVmConfig = slices.DeleteFunc(slices.Clone(now.DasVmConfig), func(o types.ClusterDasVmConfigInfo) bool { return o.Key == vm })
	return now
}
