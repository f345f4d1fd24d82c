package main

import (
	"slices"
	"strings"

	"github.com/vmware/govmomi/vim25/types"
)

// shadowedKeys, in lower case, are advanced settings that a typed field of the API sets. A vCenter accepts and ignores them ("Configuration keys that would conflict with parameters that are
// explicitly configurable through other fields in the ConfigSpec object are silently
// ignored", VirtualMachineConfigSpec.extraConfig).
var shadowedKeys = set(`
	cpuid.corespersocket cpuid.numsmt displayname firmware memsize numvcpus sched.cpu.affinity
	sched.cpu.latencysensitivity sched.cpu.max sched.cpu.min sched.cpu.shares sched.mem.max sched.mem.min
	sched.mem.pin sched.mem.shares uuid.bios vcpu.hotadd mem.hotadd virtualhw.version vvtd.enable
`)

// effectiveOptions returns the advanced settings of a spec that have an effect: not those that a typed
// field sets, not the removal of a setting that is not there, and none of the simulator's own commands.
func effectiveOptions(now *types.VirtualMachineConfigInfo, wanted []types.BaseOptionValue) []types.BaseOptionValue {
	return slices.DeleteFunc(slices.Clone(wanted), func(option types.BaseOptionValue) bool {
		value := option.GetOptionValue()
		text, isText := value.Value.(string)
		commands := strings.HasPrefix(value.Key, "SET.") || strings.HasPrefix(value.Key, "RUN.")
		return shadowedKeys[strings.ToLower(value.Key)] || commands || isText && text == "" && !hasOption(now, value.Key)
	})
}

func hasOption(config *types.VirtualMachineConfigInfo, key string) bool {
	return slices.ContainsFunc(config.ExtraConfig, func(option types.BaseOptionValue) bool {
		return option.GetOptionValue().Key == key
	})
}

// optionChanges tells whether the spec gives the advanced setting another value than it has.
func optionChanges(now *types.VirtualMachineConfigInfo, spec *types.VirtualMachineConfigSpec, key string) bool {
	for _, option := range spec.ExtraConfig {
		if value := option.GetOptionValue(); strings.EqualFold(value.Key, key) {
			return !strings.EqualFold(optionText(value.Value), extraConfig(now, key))
		}
	}
	return false
}
