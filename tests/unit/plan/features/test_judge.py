# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which setting is in the way of which feature; each row has its negative control in the plain VM that works."""

from __future__ import annotations

import copy
import dataclasses
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.filter.dataplane import dataplane_problems
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.features.judge import (
    as_described,
    judge_features,
    refuse_blocked,
    verdicts_as_data,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.features.model import ClusterFacts, VmFacts
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.parse import parse_dataplane
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.placement import FEATURES
from lab.testing.descriptions import adapters, description

# A VM of VMXNET3 adapters and nothing that holds it: the reason to prefer them.
PLAIN = VmFacts("pgw-1", 4)
CLUSTER = ClusterFacts("nfv-a", True, "fully_automated", True, True, "medium")

DESCRIPTION = description(cpu={"exclusivity": "latency_sensitivity"}, adapters=adapters("mgmt", "s5u"), placement={})


def verdicts(cluster: ClusterFacts | None = CLUSTER, **changed: t.Any) -> dict[str, str]:
    """The verdicts that are not ``works``."""
    judged = judge_features(dataclasses.replace(PLAIN, **changed), cluster)
    assert [each.feature for each in judged] == list(FEATURES)
    return {each.feature: each.verdict for each in judged if each.verdict != "works"}


def test_everything_works_for_a_plain_vm() -> None:
    assert verdicts() == {}
    assert verdicts(None) == {}


ALL_BLOCKED = dict.fromkeys(FEATURES, "blocked")


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        (
            {"affinity": (4, 5)},
            {"vmotion": "blocked", "drs": "blocked", "ha": "limited", "fault_tolerance": "blocked"},
        ),
        ({"node_affinity": (1,)}, {"vmotion": "limited", "drs": "limited", "ha": "limited"}),
        ({"latency_high": True}, dict.fromkeys(FEATURES, "limited")),
        ({"host_1g_pages": True}, {"vmotion": "limited", "drs": "limited"}),
        ({"cpus": 9}, {"fault_tolerance": "blocked"}),
        ({"cpus": 8}, {}),
        ({"cpu_hot_add": True}, {"fault_tolerance": "limited"}),
        ({"memory_hot_add": True}, {"fault_tolerance": "limited"}),
        ({"sriov": ("Network adapter 2",)}, ALL_BLOCKED),
        ({"passthrough": ("PCI device 0",)}, ALL_BLOCKED),
        (
            {"upt": ("Network adapter 2",)},
            {"vmotion": "limited", "drs": "limited", "ha": "limited", "fault_tolerance": "blocked"},
        ),
        ({"host_drives": ("CD/DVD drive 1",)}, {"vmotion": "blocked", "fault_tolerance": "blocked"}),
        ({"serial_ports": ("Serial port 1",)}, {"fault_tolerance": "blocked"}),
        ({"security_by_virtualization": True}, {"fault_tolerance": "blocked"}),
        ({"tpm": True}, {"fault_tolerance": "blocked"}),
        ({"snapshots": 1}, {"fault_tolerance": "blocked"}),
        ({"fault_tolerant": True}, {"snapshots": "blocked"}),
        ({"snapshots_disabled": True}, {"snapshots": "blocked"}),
        ({"raw_disks": ("Hard disk 2",)}, {"snapshots": "blocked", "fault_tolerance": "blocked"}),
        ({"shared_buses": ("SCSI controller 1",)}, {"snapshots": "blocked"}),
        ({"independent_disks": ("Hard disk 2",)}, {"snapshots": "limited"}),
    ],
)
def test_what_a_setting_of_the_vm_does(changed: dict[str, t.Any], expected: dict[str, str]) -> None:
    assert verdicts(**changed) == expected


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"name": None}, {"drs": "blocked", "ha": "blocked", "fault_tolerance": "blocked"}),
        ({"drs": False}, {"drs": "blocked"}),
        ({"automation_level": "disabled"}, {"drs": "blocked"}),
        ({"automation_level": "manual"}, {"drs": "limited"}),
        ({"automation_level": "partially_automated"}, {"drs": "limited"}),
        ({"ha": False}, {"ha": "blocked", "fault_tolerance": "blocked"}),
        ({"restart_priority": "disabled"}, {"ha": "blocked", "fault_tolerance": "blocked"}),
        ({"admission_control": False}, {"ha": "limited"}),
        ({"allowed_hosts": ("esx-1", "esx-2")}, {}),
        ({"allowed_hosts": ("esx-1",)}, dict.fromkeys(("vmotion", "drs", "ha", "fault_tolerance"), "blocked")),
        ({"drs": None, "ha": None, "automation_level": None, "restart_priority": None, "admission_control": None}, {}),
    ],
)
def test_what_the_cluster_leaves(changed: dict[str, t.Any], expected: dict[str, str]) -> None:
    assert verdicts(dataclasses.replace(CLUSTER, **changed)) == expected


def test_every_reason_names_setting_and_source() -> None:
    worst = VmFacts(
        "x", 9, (1,), (1,), True, True, True, True, ("a",), ("b",), ("c",), ("d",), ("e",), ("f",), ("g",), ("h",), 2
    )
    for feature, judged in verdicts_as_data(judge_features(worst, CLUSTER)).items():
        assert judged["verdict"] == "blocked", feature
        assert all(reason["setting"] and reason["text"] and reason["source"] for reason in judged["reasons"])


def described(**placement: t.Any) -> dict[str, t.Any]:
    return {**copy.deepcopy(DESCRIPTION), "placement": placement}


def pinned(**placement: t.Any) -> dict[str, t.Any]:
    description = described(**placement)
    description["cpu"].update(exclusivity="affinity", affinity="4-5")
    return description


def test_a_description_that_keeps_what_it_asks_for_has_no_problem() -> None:
    assert dataplane_problems(described(must_keep=["vmotion", "drs", "ha", "fault_tolerance", "snapshots"])) == []
    assert dataplane_problems(pinned(must_keep=["snapshots", "ha"])) == []
    assert dataplane_problems(pinned()) == []


@pytest.mark.parametrize(
    ("description", "setting", "feature"),
    [
        (pinned(must_keep=["snapshots", "vmotion"]), "cpu.affinity", "vmotion"),
        (described(must_keep="drs", automation_level="disabled"), "placement.automation_level", "drs"),
        (described(must_keep="ha", restart_priority="disabled"), "placement.restart_priority", "ha"),
        ({**described(must_keep="fault_tolerance"), "cpu": {"count": 10, "polling": "1"}}, "cpu.count", "fault_"),
    ],
)
def test_a_description_that_blocks_what_it_must_keep_is_refused(
    description: dict[str, t.Any], setting: str, feature: str
) -> None:
    (problem,) = dataplane_problems(description, "here")
    assert (problem["path"], problem["error_code"]) == ("here.placement.must_keep", "feature_blocked")
    assert problem["message"].startswith(f"names {feature}")
    assert f"which {setting} blocks: " in problem["message"]


def test_a_vm_is_judged_as_it_will_be() -> None:
    now = dataclasses.replace(PLAIN, affinity=(1, 2), cpus=16, cpu_hot_add=True, sriov=("Network adapter 3",))
    dataplane, problems = parse_dataplane(described(numa=1))
    assert dataplane is not None, problems
    will_be = as_described(dataplane, now)
    assert (will_be.affinity, will_be.cpus, will_be.cpu_hot_add, will_be.latency_high) == ((), 2, False, True)
    assert (will_be.node_affinity, will_be.sriov) == ((1,), ("Network adapter 3",))


def test_only_what_must_be_kept_is_refused() -> None:
    judged = judge_features(dataclasses.replace(PLAIN, affinity=(4, 5)), CLUSTER)
    refuse_blocked("pgw-1", judged, ("ha", "snapshots"))
    with pytest.raises(NfvError) as refused:
        refuse_blocked("pgw-1", judged, ("vmotion", "snapshots"))
    assert refused.value.error_code == "feature_blocked"
    assert "vmotion is blocked by cpu.affinity: it is bound to CPUs 4-5 of its host" in str(refused.value)
    assert "drs is blocked" not in str(refused.value)


DOCUMENTED: dict[str, tuple[dict[str, t.Any], ...]] = {
    "VMXNET3 adapters, full": ({},),
    "`cpu.exclusivity: affinity`": ({"affinity": (4,)},),
    "`cpu.exclusivity: latency": ({"latency_high": True},),
    "a NUMA node": ({"node_affinity": (1,)},),
    "`memory.host_page_size: 1G`": ({"host_1g_pages": True},),
    "more than 8 vCPUs": ({"cpus": 9},),
    "CPU or memory hot-add": ({"cpu_hot_add": True}, {"memory_hot_add": True}),
    "adapter with uniform": ({"upt": ("x",)},),
    "SR-IOV adapter, DirectPath": ({"sriov": ("x",)}, {"passthrough": ("x",)}),
    "CD-ROM or floppy": ({"host_drives": ("x",)},),
    "serial or parallel port": ({"serial_ports": ("x",)}, {"tpm": True}, {"security_by_virtualization": True}),
    "existing snapshots": ({"snapshots": 1},),
    "Fault Tolerance switched on": ({"fault_tolerant": True}, {"snapshots_disabled": True}),
    "raw device": ({"raw_disks": ("x",)},),
    "SCSI bus": ({"shared_buses": ("x",)},),
    "independent disk": ({"independent_disks": ("x",)},),
}


def test_the_table_for_people_says_what_the_rules_say() -> None:
    page = (Path(__file__).parents[4] / "docs" / "features.md").read_text(encoding="utf-8")
    section = page.split("## The VM")[1].split("## ")[0]
    rows = [[cell.strip() for cell in line.strip("| ").split("|")] for line in section.splitlines() if line[:1] == "|"]
    assert rows[0][1:] == ["vMotion", "DRS", "HA", "Fault Tolerance", "snapshots"]
    told = {row[0]: row[1:] for row in rows[2:]}
    assert len(told) == len(DOCUMENTED)
    for label, changes in DOCUMENTED.items():
        (cells,) = [cells for name, cells in told.items() if name.startswith(label)]
        for changed in changes:
            judged = judge_features(dataclasses.replace(PLAIN, **changed), CLUSTER)
            assert cells == [each.verdict for each in judged], label
