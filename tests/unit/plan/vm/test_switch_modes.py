# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The described mode of the switch is compared with the host's, and is an error only where it decides a setting."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.demands import reserved_cores
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.change_set import plan_vm
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import HostFacts, Network, PlanOptions
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import ADAPTERS, SWITCH_MODES
from lab.testing.descriptions import adapter

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import ChangeSet, VmState

Networks = dict[str, tuple[Network, ...]]
Describe = t.Callable[..., t.Any]


def on(state: VmState, mode: str | None) -> VmState:
    """The VM on a host whose distributed switch runs in this mode; None when the host does not report it."""
    return dataclasses.replace(state, host_facts=HostFacts(switch_modes={} if mode is None else {"switch": mode}))


def values(plan: ChangeSet) -> dict[str, t.Any]:
    return {**{change.setting: change.after for change in plan.settings}, **plan.adapter_keys}


@pytest.mark.parametrize("mode", SWITCH_MODES)
@pytest.mark.parametrize(("contexts", "value"), [("per_adapter", "1"), ("per_queue", "3")])
def test_transmit_contexts_are_written_in_every_mode(
    fresh: VmState, describe: Describe, networks: Networks, mode: str, contexts: str, value: str
) -> None:
    polled = adapter("s5u", network="S5U", tx_contexts=contexts, queues=2)
    described = describe(adapters=[adapter("mgmt", network="Mgmt"), polled], switch_mode=mode)
    plan = plan_vm(on(fresh, mode), described, networks)
    assert values(plan)["ethernet1.ctxPerDev"] == value
    assert not any("tx_contexts" in warning for warning in plan.warnings)


@pytest.mark.parametrize(
    ("mode", "value", "cores"),
    [("standard", "1", 5), ("edp_standard", "1", 5), ("edp_dedicated", None, 4)],
)
def test_only_the_mode_with_cores_of_its_own_makes_contexts_and_node_useless(
    fresh: VmState, describe: Describe, networks: Networks, mode: str, value: str | None, cores: int
) -> None:
    described = describe(cpu={"system_contexts": 1}, placement={"numa": 1}, switch_mode=mode)
    plan = plan_vm(on(fresh, described.switch_mode), described, networks)
    assert values(plan).get("cpu.system_contexts") == value
    assert values(plan).get("numa.node_affinity") == value
    assert reserved_cores(described) == cores
    assert sum("edp_dedicated" in warning for warning in plan.warnings) == (0 if value else 2)


@pytest.mark.parametrize(("described", "real"), [("standard", "edp_dedicated"), ("edp_dedicated", "edp_standard")])
def test_a_wrong_mode_that_decides_settings_is_refused(
    fresh: VmState, describe: Describe, networks: Networks, described: str, real: str
) -> None:
    with pytest.raises(NfvError) as caught:
        plan_vm(
            on(fresh, real),
            describe(cpu={"system_contexts": 1}, placement={"numa": 1}, switch_mode=described),
            {**networks, "S5U": (Network("S5U", "net-S5U", "key-S5U", "switch", switch="dvs"),)},
        )
    assert caught.value.error_code == "switch_mode_differs"
    text = str(caught.value)
    assert f"switch_mode is {described}, but switch dvs of adapter s5u runs in mode {real} on host esx-1" in text
    assert "the mode decides cpu.system_contexts and numa.node_affinity" in text
    assert f"Set switch_mode to {real}" in text


def test_a_node_that_a_plan_found_makes_the_mode_matter(fresh: VmState, describe: Describe, networks: Networks) -> None:
    """With placement.numa auto it stays in standard mode, and would be removed in EDP Dedicated."""
    bound = dataclasses.replace(fresh, settings={**fresh.settings, "numa.node_affinity": "1"})
    with pytest.raises(NfvError, match=r"the mode decides numa\.node_affinity"):
        plan_vm(on(bound, "edp_dedicated"), describe(), networks)


@pytest.mark.parametrize(("real", "told"), [("edp_standard", 2), ("edp_dedicated", 2), ("standard", 0), (None, 0)])
def test_a_wrong_mode_that_decides_nothing_is_a_warning(
    fresh: VmState, describe: Describe, networks: Networks, real: str | None, told: int
) -> None:
    sgi = Network("SGi", "net-SGi", "key-SGi", "switch", switch="other")
    plan = plan_vm(on(fresh, real), describe(), {**networks, "SGi": (sgi,)})
    warnings = [each for each in plan.warnings if "no setting of this VM depends on the mode" in each]
    assert len(warnings) == told
    assert all(f"runs in mode {real} on host esx-1" in each for each in warnings)


def test_what_a_module_does_not_write_is_no_reason_to_refuse(
    fresh: VmState, describe: Describe, networks: Networks
) -> None:
    described = describe(cpu={"system_contexts": 1})
    plan = plan_vm(on(fresh, "edp_dedicated"), described, networks, PlanOptions(ADAPTERS))
    assert any("runs in mode edp_dedicated" in warning for warning in plan.warnings)


def test_a_standard_switch_has_no_enhanced_data_path(fresh: VmState, describe: Describe, networks: Networks) -> None:
    standard = {name: (Network(name, f"key-{name}", f"key-{name}"),) for name in networks}
    described = describe(cpu={"system_contexts": 1}, switch_mode="edp_dedicated")
    with pytest.raises(NfvError, match="runs in mode standard"):
        plan_vm(fresh, described, standard)
