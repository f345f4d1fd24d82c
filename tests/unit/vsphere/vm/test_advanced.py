# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Advanced settings, whose keys and types others may have written differently."""

from __future__ import annotations

import typing as t

import pytest
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.change_set import conflicts
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import Change, ChangeSet
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.advanced import advanced_settings, spellings
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.config_spec import config_spec
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.features import vm_facts
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import vm_record

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.inventory import Inventory

PAGES = "sched.mem.lpage.enable1GPage"
LOWER = "sched.mem.lpage.enable1gpage"


def options(*pairs: tuple[str, t.Any]) -> list[t.Any]:
    return [vim.option.OptionValue(key=key, value=value) for key, value in pairs]


@pytest.mark.parametrize(
    ("value", "read"),
    [("TRUE", "TRUE"), (False, "FALSE"), (True, "TRUE"), (0, "0"), (3, "3"), ("Val:1", "Val:1")],
)
def test_a_value_may_have_a_type(value: t.Any, read: str) -> None:
    assert advanced_settings(options((PAGES, value))) == {PAGES: read}


def test_keys_are_read_without_regard_to_case() -> None:
    found = options(
        (LOWER, "TRUE"), ("Ethernet1.CTXPERDEV", "3"), ("NUMA.NODEAFFINITY", "1"), ("ethernet0.pnicFeatures", 4)
    )
    assert advanced_settings(found) == {
        PAGES: "TRUE",
        "ethernet1.ctxPerDev": "3",
        "numa.nodeAffinity": "1",
        "ethernet0.pnicFeatures": "4",
    }
    assert spellings(found) == {
        PAGES: (LOWER,),
        "ethernet1.ctxPerDev": ("Ethernet1.CTXPERDEV",),
        "numa.nodeAffinity": ("NUMA.NODEAFFINITY",),
    }


def test_a_key_in_two_spellings_has_one_value_only_where_they_agree() -> None:
    assert advanced_settings(options((PAGES, "TRUE"), (LOWER, "true"))) == {PAGES: "TRUE"}
    assert advanced_settings(options((PAGES, "TRUE"), (LOWER, False))) == {PAGES: "TRUE / FALSE"}
    assert spellings(options((PAGES, "TRUE"), (LOWER, False))) == {PAGES: (PAGES, LOWER)}
    assert spellings(options((PAGES, "TRUE"), (LOWER, ""))) == {}  # removed


def test_a_key_is_written_as_the_vm_spells_it(
    client: Client, properties: dict[str, t.Any], inventory: Inventory
) -> None:
    properties["config.extraConfig"] = options(
        (LOWER, "TRUE"), ("ETHERNET1.ctxperdev", "3"), ("NUMA.nodeAffinity", "0")
    )
    record = vm_record(vim.VirtualMachine("vm-1"), properties, inventory)
    changes = (
        Change("memory.host_1g_pages", "TRUE", None, True),
        Change("numa.node_affinity", "0", "1", True),
        Change("numa.vcpus_per_node", None, "2", True),
        Change("adapters.s5u.tx_contexts", "3", "1", True),
    )
    plan = ChangeSet("pgw-1", "vm-1", "1", changes, (), (), {"ethernet1.ctxPerDev": "1"})
    assert {each.key: each.value for each in config_spec(client, record, plan).extraConfig} == {
        LOWER: "",
        "NUMA.nodeAffinity": "1",
        "numa.vcpu.maxPerVirtualNode": "2",
        "ETHERNET1.ctxperdev": "1",
    }


def test_what_works_against_a_data_plane_is_found_in_any_case(
    properties: dict[str, t.Any], inventory: Inventory
) -> None:
    properties["config.extraConfig"] = options(("Monitor_Control.disable_apic", False), ("numa.vcpu.PREFERHT", True))
    warnings = conflicts(vm_record(vim.VirtualMachine("vm-1"), properties, inventory).state)
    assert [warning.split(":")[0] for warning in warnings] == [
        "Monitor_Control.disable_apic is FALSE",
        "numa.vcpu.PREFERHT is TRUE",
    ]


def test_features_depend_on_keys_in_any_case(properties: dict[str, t.Any]) -> None:
    properties["config.extraConfig"] = options((LOWER, True), ("numa.nodeaffinity", "1"))
    facts = vm_facts(vim.VirtualMachine("vm-1"), properties)
    assert (facts.host_1g_pages, facts.node_affinity) == (True, (1,))
