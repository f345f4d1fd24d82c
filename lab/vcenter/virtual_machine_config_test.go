package main

import (
	"testing"

	"github.com/vmware/govmomi/vim25/types"
)

func TestVirtualNodesAreKept(t *testing.T) {
	config := off().config
	for _, step := range []struct {
		wanted *types.VirtualMachineVirtualNuma
		auto   bool
		cores  int32
	}{{nil, true, 0}, {virtualNuma(2), false, 2}, {&types.VirtualMachineVirtualNuma{}, false, 2}, {virtualNuma(0), true, 0}} {
		storeVirtualNuma(config, step.wanted)
		cores := int32(0)
		if config.NumaInfo.CoresPerNumaNode != nil {
			cores = *config.NumaInfo.CoresPerNumaNode
		}
		if isTrue(config.NumaInfo.AutoCoresPerNumaNode) != step.auto || cores != step.cores {
			t.Errorf("%+v: %d cores", config.NumaInfo, cores)
		}
	}
}

func TestHostChoosesVirtualNodes(t *testing.T) {
	for _, test := range []struct{ vcpus, perNode, want int32 }{{2, 8, 2}, {12, 8, 6}, {9, 4, 3}, {17, 16, 1}, {4, 0, 4}} {
		config := off().config
		config.Hardware.NumCPU = test.vcpus
		storeVirtualNuma(config, nil)
		chooseVirtualNuma(config, test.perNode)
		if got := *config.NumaInfo.CoresPerNumaNode; got != test.want {
			t.Errorf("%d vCPUs on nodes of %d: %d a node", test.vcpus, test.perNode, got)
		}
		if !isTrue(config.NumaInfo.AutoCoresPerNumaNode) {
			t.Error("the choice is not the host's any more")
		}
	}
}

func TestLevelOfTheVMIsThatOfItsVCPUs(t *testing.T) {
	config := off().config
	storeVCPUConfig(config, &spec{LatencySensitivity: high(), VcpuConfig: []types.VirtualMachineVcpuConfig{{LatencySensitivity: high()}, {}}})
	storeVCPUConfig(config, &spec{MemoryMB: 2048})
	if len(config.VcpuConfig) != 2 {
		t.Error("a change of memory changes the levels")
	}
	config.Hardware.NumCPU = 1
	if storeVCPUConfig(config, &spec{NumCPUs: 1}); len(config.VcpuConfig) != 1 {
		t.Error("a vCPU that is gone has a level")
	}
	if storeVCPUConfig(config, &spec{LatencySensitivity: high()}); config.VcpuConfig != nil {
		t.Error("levels of vCPUs outlive the VM's")
	}
}

func TestOptionsThatFieldsStandForAreIgnored(t *testing.T) {
	now := off().config
	now.ExtraConfig = option("there", "x")
	for _, test := range []struct {
		key, value string
		accepted   bool
	}{
		{"sched.cpu.latencySensitivity", "high", false}, {"sched.cpu.min", "1", false}, {"sched.mem.min", "1", false},
		{"sched.cpu.affinity", "1", false}, {"cpuid.coresPerSocket", "2", false}, {"SET.guest.ipAddress", "1", false},
		{"sched.cpu.latencySensitivity.sysContexts", "1", true}, {"a.b", "c", true}, {"there", "", true}, {"not there", "", false},
	} {
		if got := len(effectiveOptions(now, option(test.key, test.value))) == 1; got != test.accepted {
			t.Errorf("%s=%q: %v", test.key, test.value, got)
		}
	}
}

func TestVersionsAreComparedByNumber(t *testing.T) {
	for _, test := range []struct {
		version, wanted string
		want            bool
	}{{"6.5", "6.7", false}, {"6.7", "6.7", true}, {"10.0", "6.7", true}, {"8.0.3.0", "8.0.3.1", false}, {"", "6.7", true}, {"7", "6.7", true}} {
		if got := atLeast(test.version, test.wanted); got != test.want {
			t.Errorf("%s at least %s: %v", test.version, test.wanted, got)
		}
	}
}
