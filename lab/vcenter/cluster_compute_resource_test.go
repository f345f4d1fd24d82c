package main

import (
	"testing"

	"github.com/vmware/govmomi/vim25/types"
)

func reference(kind, value string) types.ManagedObjectReference {
	return types.ManagedObjectReference{Type: kind, Value: value}
}

var (
	vm1, vm2 = reference("VirtualMachine", "vm-1"), reference("VirtualMachine", "vm-2")
	other    = reference("VirtualMachine", "vm-of-another-cluster")
	gone     = reference("VirtualMachine", "vm-gone")
	host1    = reference("HostSystem", "host-1")
)

func testScope() clusterScope {
	key := int32(0)
	return clusterScope{
		members: map[types.ManagedObjectReference]bool{vm1: true, vm2: true, host1: true},
		exists:  func(r types.ManagedObjectReference) bool { return r != gone },
		nextKey: func() int32 { key++; return key },
		newUUID: func() string { return "uuid" },
	}
}

func vmGroup(name string, vms ...types.ManagedObjectReference) types.BaseClusterGroupInfo {
	return &types.ClusterVmGroup{ClusterGroupInfo: types.ClusterGroupInfo{Name: name}, Vm: vms}
}

func hostGroup(name string) types.BaseClusterGroupInfo {
	return &types.ClusterHostGroup{ClusterGroupInfo: types.ClusterGroupInfo{Name: name}, Host: []types.ManagedObjectReference{host1}}
}

func group(operation types.ArrayUpdateOperation, info types.BaseClusterGroupInfo) types.ClusterGroupSpec {
	return types.ClusterGroupSpec{ArrayUpdateSpec: types.ArrayUpdateSpec{Operation: operation}, Info: info}
}

func ruleSpec(operation types.ArrayUpdateOperation, info types.BaseClusterRuleInfo) types.ClusterRuleSpec {
	return types.ClusterRuleSpec{ArrayUpdateSpec: types.ArrayUpdateSpec{Operation: operation}, Info: info}
}

func apart(name string, key int32, vms ...types.ManagedObjectReference) types.BaseClusterRuleInfo {
	return &types.ClusterAntiAffinityRuleSpec{ClusterRuleInfo: types.ClusterRuleInfo{Name: name, Key: key}, Vm: vms}
}

func onHosts(vms, hosts string) types.BaseClusterRuleInfo {
	return &types.ClusterVmHostRuleInfo{ClusterRuleInfo: types.ClusterRuleInfo{Name: "on hosts"}, VmGroupName: vms, AffineHostGroupName: hosts}
}

const (
	adds    = types.ArrayUpdateOperationAdd
	edits   = types.ArrayUpdateOperationEdit
	removes = types.ArrayUpdateOperationRemove
)

func removal(key types.AnyType) types.ArrayUpdateSpec {
	return types.ArrayUpdateSpec{Operation: removes, RemoveKey: key}
}

func TestClusterRules(t *testing.T) {
	now := types.ClusterConfigInfoEx{
		Group:       []types.BaseClusterGroupInfo{vmGroup("vms", vm1), hostGroup("hosts")},
		Rule:        []types.BaseClusterRuleInfo{apart("apart", 7, vm1, vm2)},
		DrsVmConfig: []types.ClusterDrsVmConfigInfo{{Key: vm1, Enabled: yes}},
		DasVmConfig: []types.ClusterDasVmConfigInfo{{Key: vm1, DasSettings: &types.ClusterDasVmSettings{RestartPriority: "high", RestartPriorityTimeout: 9}}},
	}
	automation := func(operation types.ArrayUpdateOperation, vm types.ManagedObjectReference, behavior types.DrsBehavior) []types.ClusterDrsVmConfigSpec {
		return []types.ClusterDrsVmConfigSpec{{ArrayUpdateSpec: types.ArrayUpdateSpec{Operation: operation}, Info: &types.ClusterDrsVmConfigInfo{Key: vm, Behavior: behavior}}}
	}
	restart := func(operation types.ArrayUpdateOperation, vm types.ManagedObjectReference, priority string) []types.ClusterDasVmConfigSpec {
		return []types.ClusterDasVmConfigSpec{{ArrayUpdateSpec: types.ArrayUpdateSpec{Operation: operation}, Info: &types.ClusterDasVmConfigInfo{Key: vm, DasSettings: &types.ClusterDasVmSettings{RestartPriority: priority}}}}
	}
	groups := func(specs ...types.ClusterGroupSpec) types.ClusterConfigSpecEx {
		return types.ClusterConfigSpecEx{GroupSpec: specs}
	}
	rules := func(specs ...types.ClusterRuleSpec) types.ClusterConfigSpecEx {
		return types.ClusterConfigSpecEx{RulesSpec: specs}
	}
	var none types.BaseMethodFault
	for _, test := range []struct {
		name string
		spec types.ClusterConfigSpecEx
		want types.BaseMethodFault // by type
	}{
		{"nothing", types.ClusterConfigSpecEx{}, none},
		{"group", groups(group(adds, vmGroup("new", vm1))), none},
		{"empty group", groups(group(adds, vmGroup("new"))), none},
		{"group of a taken name", groups(group(adds, vmGroup("hosts", vm1))), &types.DuplicateName{}},
		{"two groups of a name", groups(group(adds, vmGroup("new")), group(adds, vmGroup("new"))), &types.DuplicateName{}},
		{"group without a name", groups(group(adds, vmGroup(""))), &types.InvalidArgument{}},
		{"group of a VM that is gone", groups(group(adds, vmGroup("new", gone))), &types.ManagedObjectNotFound{}},
		{"group of a VM of another cluster", groups(group(adds, vmGroup("new", other))), &types.InvalidArgument{}},
		{"edited group", groups(group(edits, vmGroup("vms", vm2))), none},
		{"edit of no group", groups(group(edits, vmGroup("new", vm2))), &types.InvalidArgument{}},
		{"removed group", groups(types.ClusterGroupSpec{ArrayUpdateSpec: removal("vms")}), none},
		{"removal of no group", groups(types.ClusterGroupSpec{ArrayUpdateSpec: removal("new")}), &types.InvalidArgument{}},
		{"removal twice", groups(types.ClusterGroupSpec{ArrayUpdateSpec: removal("vms")}, types.ClusterGroupSpec{ArrayUpdateSpec: removal("vms")}), &types.InvalidArgument{}},
		{"replaced group", groups(types.ClusterGroupSpec{ArrayUpdateSpec: removal("vms")}, group(adds, vmGroup("vms", vm2))), none},

		{"rule", rules(ruleSpec(adds, apart("new", 0, vm1, vm2))), none},
		{"rule of a taken name", rules(ruleSpec(adds, apart("apart", 0, vm1, vm2))), &types.DuplicateName{}},
		{"rule of one VM", rules(ruleSpec(adds, apart("new", 0, vm1, vm1))), &types.InvalidArgument{}},
		{"rule of a VM that is gone", rules(ruleSpec(adds, apart("new", 0, vm1, gone))), &types.ManagedObjectNotFound{}},
		{"rule of a VM of another cluster", rules(ruleSpec(adds, apart("new", 0, vm1, other))), &types.InvalidArgument{}},
		{"rule of groups", rules(ruleSpec(adds, onHosts("vms", "hosts"))), none},
		{"rule of groups of the wrong kind", rules(ruleSpec(adds, onHosts("hosts", "vms"))), &types.InvalidArgument{}},
		{"rule of no group", rules(ruleSpec(adds, onHosts("vms", ""))), &types.InvalidArgument{}},
		{"rule of a group of the same spec", types.ClusterConfigSpecEx{
			GroupSpec: []types.ClusterGroupSpec{group(adds, vmGroup("new", vm1))},
			RulesSpec: []types.ClusterRuleSpec{ruleSpec(adds, onHosts("new", "hosts"))},
		}, none},
		{"renamed rule", rules(ruleSpec(edits, apart("new", 7, vm1, vm2))), none},
		{"edit of no rule", rules(ruleSpec(edits, apart("apart", 8, vm1, vm2))), &types.InvalidArgument{}},
		{"removed rule", rules(types.ClusterRuleSpec{ArrayUpdateSpec: removal(int32(7))}), none},
		{"removal of no rule", rules(types.ClusterRuleSpec{ArrayUpdateSpec: removal(int32(8))}), &types.InvalidArgument{}},
		{"removal by nothing", rules(types.ClusterRuleSpec{ArrayUpdateSpec: removal(nil)}), &types.InvalidArgument{}},

		{"override", types.ClusterConfigSpecEx{DrsVmConfigSpec: automation(adds, vm2, "manual")}, none},
		{"second override", types.ClusterConfigSpecEx{DrsVmConfigSpec: automation(adds, vm1, "manual")}, &types.InvalidArgument{}},
		{"override of no level", types.ClusterConfigSpecEx{DrsVmConfigSpec: automation(adds, vm2, "sometimes")}, &types.InvalidArgument{}},
		{"override of a VM that is gone", types.ClusterConfigSpecEx{DrsVmConfigSpec: automation(adds, gone, "manual")}, &types.ManagedObjectNotFound{}},
		{"edited override", types.ClusterConfigSpecEx{DrsVmConfigSpec: automation(edits, vm1, "manual")}, none},
		{"edit of no override", types.ClusterConfigSpecEx{DrsVmConfigSpec: automation(edits, vm2, "manual")}, &types.InvalidArgument{}},
		{"removed override", types.ClusterConfigSpecEx{DrsVmConfigSpec: []types.ClusterDrsVmConfigSpec{{ArrayUpdateSpec: removal(vm1)}}}, none},
		{"removal of no override", types.ClusterConfigSpecEx{DrsVmConfigSpec: []types.ClusterDrsVmConfigSpec{{ArrayUpdateSpec: removal(vm2)}}}, &types.InvalidArgument{}},

		{"restart priority", types.ClusterConfigSpecEx{DasVmConfigSpec: restart(adds, vm2, "highest")}, none},
		{"no restart priority", types.ClusterConfigSpecEx{DasVmConfigSpec: restart(adds, vm2, "urgent")}, &types.InvalidArgument{}},
		{"second restart priority", types.ClusterConfigSpecEx{DasVmConfigSpec: restart(adds, vm1, "low")}, &types.InvalidArgument{}},
		{"removed restart priority", types.ClusterConfigSpecEx{DasVmConfigSpec: []types.ClusterDasVmConfigSpec{{ArrayUpdateSpec: removal(vm1)}}}, none},
		{"removal of no restart priority", types.ClusterConfigSpecEx{DasVmConfigSpec: []types.ClusterDasVmConfigSpec{{ArrayUpdateSpec: removal(vm2)}}}, &types.InvalidArgument{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, refused := reconfigureCluster(now, &test.spec, testScope())
			expectFault(t, refused, test.want)
		})
	}
	configured, _ := reconfigureCluster(now, &types.ClusterConfigSpecEx{DasVmConfigSpec: restart(edits, vm1, "low")}, testScope())
	if settings := configured.DasVmConfig[0].DasSettings; settings.RestartPriority != "low" || settings.RestartPriorityTimeout != 9 {
		t.Errorf("%+v", settings)
	}
	if now.DasVmConfig[0].DasSettings.RestartPriority != "high" || len(now.Group) != 2 {
		t.Error("the current configuration is changed in place")
	}
}

func TestVMThatIsGoneIsForgotten(t *testing.T) {
	now := types.ClusterConfigInfoEx{
		Group:       []types.BaseClusterGroupInfo{vmGroup("vms", vm1, vm2), hostGroup("hosts")},
		Rule:        []types.BaseClusterRuleInfo{apart("apart", 7, vm1, vm2), onHosts("vms", "hosts")},
		DrsVmConfig: []types.ClusterDrsVmConfigInfo{{Key: vm1}, {Key: vm2}},
		DasVmConfig: []types.ClusterDasVmConfigInfo{{Key: vm1}},
	}
	after := withoutVM(now, vm1)
	if vms := after.Group[0].(*types.ClusterVmGroup).Vm; len(vms) != 1 || vms[0] != vm2 {
		t.Errorf("%v", vms)
	}
	if vms := after.Rule[0].(*types.ClusterAntiAffinityRuleSpec).Vm; len(vms) != 1 {
		t.Errorf("%v", vms)
	}
	if len(after.DrsVmConfig) != 1 || len(after.DasVmConfig) != 0 {
		t.Errorf("%v, %v", after.DrsVmConfig, after.DasVmConfig)
	}
	if len(now.Group[0].(*types.ClusterVmGroup).Vm) != 2 {
		t.Error("the current configuration is changed in place")
	}
}

func TestFaultTolerance(t *testing.T) {
	candidate := func(changes ...func(*ftCandidate)) ftCandidate {
		c := ftCandidate{vm: vm1, host: host1, name: "pgw-1", config: off().config, ha: true}
		for _, change := range changes {
			change(&c)
		}
		return c
	}
	for _, test := range []struct {
		name   string
		change func(*ftCandidate)
		want   int
	}{
		{"plain", func(*ftCandidate) {}, 0},
		{"eight vCPUs", func(c *ftCandidate) { c.config.Hardware.NumCPU = 8 }, 0},
		{"nine vCPUs", func(c *ftCandidate) { c.config.Hardware.NumCPU = 9 }, 1},
		{"snapshots", func(c *ftCandidate) { c.snapshots = true }, 1},
		{"no HA", func(c *ftCandidate) { c.ha = false }, 1},
		{"hot plug", func(c *ftCandidate) { c.config.CpuHotAddEnabled, c.config.MemoryHotAddEnabled = yes, yes }, 2},
		{"passthrough", func(c *ftCandidate) {
			c.config.Hardware.Device = append(c.config.Hardware.Device, &types.VirtualPCIPassthrough{}, &types.VirtualSriovEthernetCard{})
		}, 2},
	} {
		if issues := ftIssues(candidate(test.change)); len(issues) != test.want {
			t.Errorf("%s: %d issues", test.name, len(issues))
		}
	}
}
