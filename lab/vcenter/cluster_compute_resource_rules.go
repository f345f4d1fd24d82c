package main

import (
	"fmt"
	"slices"

	"github.com/vmware/govmomi/vim25/types"
)

// clusterScope is what a cluster's groups, rules and overrides may refer to.
type clusterScope struct {
	cluster types.ManagedObjectReference
	members map[types.ManagedObjectReference]bool // the cluster's hosts and VMs
	exists  func(types.ManagedObjectReference) bool
	nextKey func() int32 // of a new rule
	newUUID func() string
}

// reconfigureCluster returns the configuration that the spec leads to, or refuses the whole spec; the simulator would
// carry out everything before the first part that it refuses. Groups come first, so that a spec's rules may name its
// groups. What the spec leaves unset stays as it is.
func reconfigureCluster(now types.ClusterConfigInfoEx, spec *types.ClusterConfigSpecEx, scope clusterScope) (types.ClusterConfigInfoEx, *refusal) {
	if spec.DasConfig != nil {
		now.DasConfig = filled(*spec.DasConfig, now.DasConfig)
	}
	if spec.DrsConfig != nil {
		now.DrsConfig = filled(*spec.DrsConfig, now.DrsConfig)
	}
	var refused *refusal
	if now.Group, refused = changeGroups(slices.Clone(now.Group), spec.GroupSpec, scope); refused != nil {
		return now, refused
	}
	if now.Rule, refused = changeRules(slices.Clone(now.Rule), spec.RulesSpec, now.Group, scope); refused != nil {
		return now, refused
	}
	if now.DrsVmConfig, refused = changeAutomation(slices.Clone(now.DrsVmConfig), spec.DrsVmConfigSpec, scope); refused != nil {
		return now, refused
	}
	now.DasVmConfig, refused = changeRestart(slices.Clone(now.DasVmConfig), spec.DasVmConfigSpec, scope)
	return now, refused
}

// filled returns the wanted struct with what it leaves unset taken from the current one.
func filled[T any](wanted, current T) T {
	fillUnset(&wanted, &current)
	return wanted
}

func refuseCluster(format string, values ...any) *refusal {
	return refuse(&types.InvalidArgument{InvalidProperty: fmt.Sprintf(format, values...)})
}

// checkMembers: refuses objects of another cluster, and objects that no longer exist.
func (s clusterScope) checkMembers(property string, references ...types.ManagedObjectReference) *refusal {
	for _, reference := range references {
		if s.members[reference] {
			continue
		}
		if !s.exists(reference) {
			return &refusal{
				fault:   &types.ManagedObjectNotFound{Obj: reference},
				message: fmt.Sprintf("The object '%s:%s' has already been deleted or has not been completely created", reference.Type, reference.Value),
			}
		}
		return refuseCluster("%s", property)
	}
	return nil
}

func (s clusterScope) duplicate(name string) *refusal {
	return refuse(&types.DuplicateName{Name: name, Object: s.cluster})
}

func changeGroups(groups []types.BaseClusterGroupInfo, specs []types.ClusterGroupSpec, scope clusterScope) ([]types.BaseClusterGroupInfo, *refusal) {
	for number, spec := range specs {
		property := fmt.Sprintf("spec.groupSpec[%d]", number)
		name, ok := spec.RemoveKey.(string)
		if spec.Operation != types.ArrayUpdateOperationRemove {
			if ok = spec.Info != nil; ok {
				name = spec.Info.GetClusterGroupInfo().Name
			}
		}
		if !ok || name == "" {
			return groups, refuseCluster("%s", property)
		}
		at := slices.IndexFunc(groups, func(g types.BaseClusterGroupInfo) bool { return g.GetClusterGroupInfo().Name == name })
		if refused := scope.checkOperation(spec.Operation, at, name, property); refused != nil {
			return groups, refused
		}
		if spec.Operation == types.ArrayUpdateOperationRemove {
			groups = slices.Delete(groups, at, at+1)
			continue
		}
		if refused := scope.checkMembers(property+".info", groupMembers(spec.Info)...); refused != nil {
			return groups, refused
		}
		if spec.Operation == types.ArrayUpdateOperationAdd {
			groups = append(groups, spec.Info)
		} else {
			groups[at] = spec.Info
		}
	}
	return groups, nil
}

func groupMembers(group types.BaseClusterGroupInfo) []types.ManagedObjectReference {
	switch group := group.(type) {
	case *types.ClusterVmGroup:
		return group.Vm
	case *types.ClusterHostGroup:
		return group.Host
	}
	return nil
}

// checkOperation: names are unique among the cluster's groups and among its rules, and
// only what is there can be edited or removed. at is where it is, negative for nowhere.
func (s clusterScope) checkOperation(operation types.ArrayUpdateOperation, at int, name, property string) *refusal {
	switch {
	case operation == types.ArrayUpdateOperationAdd && at >= 0:
		return s.duplicate(name)
	case operation != types.ArrayUpdateOperationAdd && at < 0:
		return refuseCluster("%s", property)
	}
	return nil
}

func changeRules(rules []types.BaseClusterRuleInfo, specs []types.ClusterRuleSpec, groups []types.BaseClusterGroupInfo, scope clusterScope) ([]types.BaseClusterRuleInfo, *refusal) {
	for number, spec := range specs {
		property := fmt.Sprintf("spec.rulesSpec[%d]", number)
		if spec.Operation == types.ArrayUpdateOperationRemove {
			key, _ := spec.RemoveKey.(int32)
			at := ruleAt(rules, key)
			if at < 0 {
				return rules, refuseCluster("%s.removeKey", property)
			}
			rules = slices.Delete(rules, at, at+1)
			continue
		}
		if spec.Info == nil || spec.Info.GetClusterRuleInfo().Name == "" {
			return rules, refuseCluster("%s.info", property)
		}
		info := spec.Info.GetClusterRuleInfo()
		if refused := checkRule(spec.Info, groups, scope, property+".info"); refused != nil {
			return rules, refused
		}
		at := slices.IndexFunc(rules, func(r types.BaseClusterRuleInfo) bool { return r.GetClusterRuleInfo().Name == info.Name })
		if spec.Operation == types.ArrayUpdateOperationEdit {
			edited := ruleAt(rules, info.Key)
			if edited < 0 {
				return rules, refuseCluster("%s.info.key", property)
			}
			if at >= 0 && at != edited {
				return rules, scope.duplicate(info.Name)
			}
			info.RuleUuid = rules[edited].GetClusterRuleInfo().RuleUuid
			rules[edited] = spec.Info
			continue
		}
		if at >= 0 {
			return rules, scope.duplicate(info.Name)
		}
		info.Key, info.RuleUuid, info.Status = scope.nextKey(), scope.newUUID(), types.ManagedEntityStatusGreen
		rules = append(rules, spec.Info)
	}
	return rules, nil
}

func ruleAt(rules []types.BaseClusterRuleInfo, key int32) int {
	return slices.IndexFunc(rules, func(r types.BaseClusterRuleInfo) bool { return key != 0 && r.GetClusterRuleInfo().Key == key })
}

// checkRule: a rule among VMs needs two of them, a rule with groups needs groups that exist.
func checkRule(rule types.BaseClusterRuleInfo, groups []types.BaseClusterGroupInfo, scope clusterScope, property string) *refusal {
	switch rule := rule.(type) {
	case *types.ClusterAffinityRuleSpec:
		return checkRuleVMs(rule.Vm, scope, property)
	case *types.ClusterAntiAffinityRuleSpec:
		return checkRuleVMs(rule.Vm, scope, property)
	case *types.ClusterVmHostRuleInfo:
		if !hasGroup[*types.ClusterVmGroup](groups, rule.VmGroupName) {
			return refuseCluster("%s.vmGroupName", property)
		}
		// One of the two is given (VmHostRuleInfo: affine or anti-affine).
		name := rule.AffineHostGroupName + rule.AntiAffineHostGroupName
		if rule.AffineHostGroupName != "" && rule.AntiAffineHostGroupName != "" || !hasGroup[*types.ClusterHostGroup](groups, name) {
			return refuseCluster("%s.affineHostGroupName", property)
		}
	case *types.ClusterDependencyRuleInfo:
		if !hasGroup[*types.ClusterVmGroup](groups, rule.VmGroup) || !hasGroup[*types.ClusterVmGroup](groups, rule.DependsOnVmGroup) {
			return refuseCluster("%s.vmGroup", property)
		}
	}
	return nil
}

func checkRuleVMs(vms []types.ManagedObjectReference, scope clusterScope, property string) *refusal {
	different := map[types.ManagedObjectReference]bool{}
	for _, vm := range vms {
		different[vm] = true
	}
	if len(different) < 2 {
		return refuseCluster("%s.vm", property)
	}
	return scope.checkMembers(property+".vm", vms...)
}

func hasGroup[T types.BaseClusterGroupInfo](groups []types.BaseClusterGroupInfo, name string) bool {
	return slices.ContainsFunc(groups, func(group types.BaseClusterGroupInfo) bool {
		_, ok := group.(T)
		return ok && group.GetClusterGroupInfo().Name == name
	})
}
