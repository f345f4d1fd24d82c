# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever is described and whatever the VM is like: a plan or a typed error, and nothing to plan after the plan."""

from __future__ import annotations

import contextlib
import dataclasses
import typing as t

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.adapter_settings import (
    ADAPTER_SETTINGS,
    changed_adapter_settings,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.change_set import plan_release, plan_vm, predict
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import (
    AdapterState,
    HostFacts,
    Network,
    PlanOptions,
    VmState,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.settings import (
    ADVANCED,
    FLAG,
    SETTINGS,
    in_scope,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import (
    ADAPTERS,
    ALL,
    CPU_PINNING,
    HUGEPAGES,
    SWITCH_MODES,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.parse import parse_dataplane

NAMES = ("Mgmt", "S5U", "SGi", "Other")
SWITCHES = {
    "Mgmt": Network("Mgmt", "net-Mgmt", "net-Mgmt"),
    "S5U": Network("S5U", "net-S5U", "key-S5U", "switch", "9.0.0", switch="dvs"),
    "SGi": Network("SGi", "net-SGi", "key-SGi", "switch", "8.0.3", switch="dvs", hosts=frozenset({"esx-1"})),
    "Other": Network("Other", "net-Other", "segment", opaque_type="nsx.LogicalSwitch"),
}
# On a switch that the host is no member of, and on a second one that it is.
ELSEWHERE = Network("S5U", "net-far", "key-far", "switch-far", switch="far", hosts=frozenset({"esx-2"}))
SECOND = Network("SGi", "net-SGi-2", "key-SGi-2", "switch-2", switch="dvs-2", hosts=frozenset({"esx-1"}))
NETWORKS = {name: (network,) for name, network in SWITCHES.items()}
NETWORKS["S5U"] += (ELSEWHERE,)
NETWORKS["SGi"] += (SECOND,)
SCOPES = (ALL, ADAPTERS, CPU_PINNING, HUGEPAGES)

VALUES: dict[str, st.SearchStrategy[t.Any]] = {
    "hardware_version": st.sampled_from([None, 10, 17, 20, 20, 21]),
    "cpu.count": st.integers(1, 12),
    "cpu.cores_per_socket": st.integers(1, 8),
    "cpu.simultaneous_threads": st.sampled_from([1, 2]),
    "cpu.latency_sensitivity": st.sampled_from(["normal", "high", "low"]),
    "cpu.latency_sensitivity_by_vcpu": st.sampled_from([None, "high 1, normal 0", "high 2-3, normal 0-1"]),
    "cpu.affinity": st.sampled_from([(), (0,), (1, 2)]),
    "memory.size_mb": st.integers(1, 16).map(lambda gib: gib * 1024),
    "numa.cores_per_node": st.sampled_from([None, 1, 4]),
}


def value_of(setting: t.Any) -> st.SearchStrategy[t.Any]:
    if setting.name in VALUES:
        return VALUES[setting.name]
    if setting.kind == FLAG:
        return st.booleans()
    if setting.kind == ADVANCED:
        return st.sampled_from([None, "TRUE", "false", "0", "1", "Val:1"])
    return st.sampled_from([-1, 0, 1000, 4096, 9200])


ADAPTER = st.builds(
    dict,
    type=st.sampled_from(["e1000", "e1000e", "vmxnet3", "vmxnet3", "vlance", "sriov"]),
    network=st.sampled_from(NAMES),
    connected=st.booleans(),
    fields=st.fixed_dictionaries({}, optional={"numa_node": st.integers(0, 3), "uptv2": st.just(True)}),
)
ADVANCED_KEYS = st.dictionaries(
    st.tuples(
        st.integers(0, 9), st.sampled_from([each.advanced_key for each in ADAPTER_SETTINGS if each.advanced_key])
    ),
    st.sampled_from(["1", "3", "disabled"]),
    max_size=4,
).map(lambda keys: {f"ethernet{number}.{key}": value for (number, key), value in keys.items()})


@st.composite
def states(draw: st.DrawFn) -> VmState:
    current = {setting.name: draw(value_of(setting)) for setting in SETTINGS}
    keys = draw(st.lists(st.integers(4000, 4009), max_size=5, unique=True))
    adapters = []
    for number, key in enumerate(keys):
        drawn = draw(ADAPTER)
        network = SWITCHES[drawn["network"]]
        fields = drawn["fields"] if drawn["type"] == "vmxnet3" else {}
        adapters.append(
            AdapterState(
                key,
                f"Network adapter {key - 3999}",
                drawn["type"],
                f"00:50:56:80:00:{number:02x}",
                "assigned",
                network.name,
                network.key,
                drawn["connected"],
                drawn["connected"],
                fields,
                network.switch,
            )
        )
    facts = HostFacts(
        draw(st.sampled_from([None, 8, 16])),
        draw(st.sampled_from([None, 16, 32])),
        draw(st.sampled_from([None, 0, 2])),
        draw(st.sampled_from([None, 1, 2])),
        draw(st.sampled_from([None, "AMD EPYC 9354", "Intel Xeon"])),
        standard_switches={"Mgmt": "vSwitch0"},
        switch_modes=draw(st.dictionaries(st.just("switch"), st.sampled_from(SWITCH_MODES))),
    )
    return VmState(
        "pgw-1",
        "vm-1",
        "42",
        "7",
        "poweredOff",
        False,
        "esx-1",
        draw(st.sampled_from([2300, 2300, 2300, None])),
        draw(st.sampled_from([True, True, True, False])),
        current,
        tuple(adapters),
        draw(ADVANCED_KEYS),
        draw(st.sampled_from(["efi", "efi", "bios", None])),
        draw(st.sampled_from([None, "9.0.0.0", "8.0.3.0", "7.0.3.0"])),
        facts,
    )


FLAGS = st.sampled_from([True, False])
WANTED_ADAPTER = st.fixed_dictionaries(
    {"network": st.sampled_from(NAMES), "driver": st.sampled_from(["pmd", "kernel"])},
    optional={
        "queues": st.sampled_from([1, 2, 3, 4, 32]),
        "label": st.integers(1, 10).map(lambda number: f"Network adapter {number}"),
        "mac": st.integers(0, 3).map(lambda number: f"00:50:56:80:00:{number:02x}"),
        "tx_contexts": st.sampled_from(["per_vm", "per_adapter", "per_queue"]),
        "udp_rss": FLAGS,
        "interrupt_coalescing": FLAGS,
        "numa_node": st.sampled_from([0, 1, "auto"]),
        "uptv2": FLAGS,
        "strict_latency": FLAGS,
        "switch": st.sampled_from(["vSwitch0", "dvs", "dvs-2"]),
    },
)
PINNED = st.just({"count": 4, "polling": "1", "exclusivity": "affinity", "affinity": "8-11"})
DESCRIPTIONS = st.fixed_dictionaries(
    {
        "cpu": PINNED
        | st.fixed_dictionaries(
            {"count": st.sampled_from([4, 6, 8]), "polling": st.sampled_from(["1", "2-3", "2-3"])},
            optional={
                "exclusivity": st.sampled_from(["latency_sensitivity", "none"]),
                "simultaneous_threads": st.sampled_from([1, 2]),
                "reserve_all": FLAGS,
                "system_contexts": st.integers(0, 2),
            },
        ),
        "memory": st.fixed_dictionaries(
            {"size_mb": st.sampled_from([2048, 4096])},
            optional={
                "reserve_all": FLAGS,
                "host_page_size": st.sampled_from(["4K", "2M", "1G"]),
            },
        ).map(lambda memory: {"hugepages": [{"size": "2M", "amount_mb": 512}], **memory}),
        "adapters": st.lists(WANTED_ADAPTER, max_size=3).map(
            lambda entries: [
                {"name": "mgmt", "network": "Mgmt", "driver": "kernel"},
                *({**entry, "name": f"n{number}"} for number, entry in enumerate(entries)),
            ]
        ),
    },
    optional={
        "numa": st.sampled_from([{}, {"nodes": 1}, {"nodes": 2}, {"autosize": "every_power_on"}]),
        "placement": st.sampled_from([{}, {"numa": 0}, {"numa": 1}, {"numa": "auto"}]),
        "switch_mode": st.sampled_from(["standard", "edp_standard", "edp_dedicated"]),
        "profile": st.sampled_from(["general", "low_latency"]),
        "iommu": FLAGS,
        "hardware_version": st.sampled_from([13, 19, 20, 21]),
    },
)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4) | st.integers(), inner, max_size=2),
    max_leaves=4,
)
PATHS = st.sampled_from(
    [
        *(("cpu", key) for key in ("count", "polling", "exclusivity", "affinity", "simultaneous_threads", "junk")),
        *(("memory", key) for key in ("size_mb", "reserve_all", "host_page_size", "hugepages")),
        *(("adapters", 0, key) for key in ("name", "network", "label", "mac", "queues", "numa_node", "tx_contexts")),
        *(("numa", "nodes"), ("placement", "numa"), ("placement", "hosts")),
        *((key,) for key in ("cpu", "memory", "adapters", "numa", "placement", "switch_mode", "iommu", "profile")),
    ]
)
MANGLED = st.just([]) | st.just([]) | st.lists(st.tuples(PATHS, JUNK), max_size=2)
OPTIONS = st.builds(PlanOptions, st.sampled_from(SCOPES), st.booleans(), st.booleans(), st.booleans())
MANY = settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much], max_examples=200, deadline=None
)


def mangle(description: dict[str, t.Any], path: tuple[t.Any, ...], junk: t.Any) -> None:
    with contextlib.suppress(KeyError, IndexError, TypeError):
        target: t.Any = description
        for part in path[:-1]:
            target = target[part]
        target[path[-1]] = junk


def check_refusal(error: NfvError) -> None:
    """Every reason names the VM and says what to do."""
    assert error.details["problems"]
    for reason in error.details["problems"]:
        assert reason["subject"] == "pgw-1"
        assert reason["remedy"]


@MANY
@given(state=states(), description=DESCRIPTIONS, mangled=MANGLED, options=OPTIONS)
def test_any_description_gives_a_plan_or_an_error(
    state: VmState, description: dict[str, t.Any], mangled: list[tuple[tuple[t.Any, ...], t.Any]], options: PlanOptions
) -> None:
    for path, junk in mangled:
        mangle(description, path, junk)
    dataplane, problems = parse_dataplane(description, scope=options.scope)
    if dataplane is None:
        event("described wrongly")
        assert problems
        for problem in problems:
            assert problem.path.startswith("nfv_dataplane")
            assert problem.error_code
        return
    try:
        plan = plan_vm(state, dataplane, NETWORKS, options)
    except NfvError as error:
        event("refused")
        check_refusal(error)
        return
    event("planned")
    after = predict(state, plan)
    again = plan_vm(after, dataplane, NETWORKS, options)
    assert again.changes == ()
    assert (again.adapter_actions, dict(again.adapter_keys), again.removals) == ((), {}, ())
    if not options.remove_unmanaged_adapters:
        assert {adapter.mac for adapter in state.adapters} <= {adapter.mac for adapter in after.adapters}
    touched = {change.setting for change in plan.settings} - {"hardware_version"}
    assert touched <= {each.name for each in SETTINGS if in_scope(each, options.scope)}


@MANY
@given(state=states(), description=DESCRIPTIONS, scope=st.sampled_from(SCOPES))
def test_what_was_given_back_is_given_back(state: VmState, description: dict[str, t.Any], scope: str) -> None:
    dataplane, _problems = parse_dataplane(description, scope=scope)
    options = PlanOptions(scope)
    try:
        plan = plan_release(state, dataplane, options)
    except NfvError as error:
        check_refusal(error)
        return
    assert not plan_release(predict(state, plan), dataplane, options)


def test_the_setting_that_an_adapter_does_not_have_is_at_its_default() -> None:
    wanted = {setting.name: setting.default for setting in ADAPTER_SETTINGS}
    assert changed_adapter_settings("adapters.s5u", wanted, None, 4001, {"ethernet0.ctxPerDev": "1"}) == ()
    (change,) = changed_adapter_settings("adapters.s5u", wanted, None, 4000, {"ethernet0.ctxPerDev": "1"})
    assert dataclasses.astuple(change) == ("adapters.s5u.tx_contexts", "1", None, True)
