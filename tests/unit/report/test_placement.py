# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The placement report: everything is in it, and VMs that run elsewhere than planned are found."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.filter.placement import (
    FilterModule,
    placement_problems,
    placement_report,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import (
    Failover,
    Placed,
    PlacementPlan,
    Remark,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.serialize import plan_as_data
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import (
    Holding,
    HostTopology,
    NumaNode,
    PhysicalNic,
    PortGroupUplinks,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.serialize import hosts_as_data
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.placement.bars import node_bars, projected
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.report.render import render
from tests.unit.report.pages import Page

NODES = (NumaNode(0, tuple(range(16)), 8, 65536), NumaNode(1, tuple(range(16, 32)), 8, 65536))
NICS = (
    PhysicalNic("vmnic0", "0000:3b:00.0", 0, "icen", "4.30", 25000, True),
    PhysicalNic("vmnic1", "0000:3b:00.1", 0, "icen", "4.30", 0, True),
    PhysicalNic("vmnic2", "0000:af:00.0", 1, "icen", "4.30", 25000, False),
    PhysicalNic("vmnic3", "0000:af:00.1", 1, None, None, 25000, None),
)
GROUPS = (
    PortGroupUplinks("PG-Mgmt", "k0", "vSwitch0", False, ("vmnic0",), (0,)),
    PortGroupUplinks("PG-S5U", "k1", "nfv-dvs", True, ("vmnic2",), (1,)),
    PortGroupUplinks("PG-SGi", "k2", "nfv-dvs", True, ("vmnic3",), (1,)),
)


def host(name: str, *holdings: Holding, **changed: t.Any) -> HostTopology:
    plain = HostTopology(
        name, f"moid-{name}", "nfv-a", "8.0.3.0", True, False, True, 2300, "static", NODES, NICS, GROUPS, holdings
    )
    return dataclasses.replace(plain, **changed)


HOSTS = (
    host(
        "esx-a1.lab",
        Holding("tenant-high", "vm-1", 1, 5, (), 8192, "estimate"),
        Holding("tenant-pinned", "vm-2", 0, 2, (4, 5, 6), 0, "affinity"),
        Holding("web <&>", "vm-3", None, 0, (), 1024, None),
    ),
    host("esx-a2.lab", Holding("pgw-2", "vm-9", 0, 4, (), 4096, "estimate")),
    host("esx-a3.lab", maintenance=True, power_policy=None),
    host("esx-old.lab", nics=tuple(dataclasses.replace(nic, node=None) for nic in NICS), hyper_threading=False),
)
PLAN = PlacementPlan(
    (
        Placed("pgw-1", "esx-a1.lab", "host-1", (0,), 4, 4096),
        Placed("pgw-2", "esx-a2.lab", "host-2", (1,), 4, 4096, change="moved", before="esx-a2.lab"),
        Placed("pgw-wide", "esx-a2.lab", "host-2", (0, 1), 6, 32768),
        Placed("pgw-pinned", "esx-old.lab", "host-4", (1,), 2, 4000, cpus=(30, 28), change="kept"),
    ),
    remarks=(Remark("uplinks_unknown", "pgw-pinned", "vSphere does not tell where its uplinks are"),),
    failovers=(Failover("esx-a1.lab", "pgw-1", "esx-a2.lab", (1,)),),
)


def page(plan: PlacementPlan, *hosts: HostTopology, created: str = "") -> str:
    """The page of a plan, with the hosts as planned."""
    return render("placement", placement_report(plan_as_data(plan), hosts_as_data(hosts), created=created))


def test_every_vm_host_and_nic_is_on_a_page_that_needs_nothing_else() -> None:
    shown = Page(page(PLAN, *HOSTS, created="2026-11-24T06:00:00Z"))
    text = shown.text
    names = [each.name for each in HOSTS] + [nic.name for nic in NICS] + [placed.vm for placed in PLAN.placements]
    names += [each.vm for one in HOSTS for each in one.holdings]
    assert [name for name in names if name not in text] == []
    assert shown.fetched == []
    for said in (
        "Placement of 4 VMs on 4 hosts",
        "1 kept, 1 moved, 2 new. Read until 2026-11-24T06:00:00Z. Any one host may fail",
        "moved from another node",
        "maintenance",
        "node unknown",
        "no link",
        "power policy unknown",
        "pgw-pinned: vSphere does not tell where its uplinks are",
    ):
        assert said in text


def test_a_vm_that_is_left_out_is_missed() -> None:
    """The negative control of the test above."""
    text = Page(page(dataclasses.replace(PLAN, placements=PLAN.placements[1:]), *HOSTS)).text
    assert "pgw-1" not in text


def test_a_planned_vm_is_drawn_where_it_is_planned() -> None:
    first, second, _third, old = projected(HOSTS, PLAN)
    by_node = [[segment.label for segment in bars.cores] for bars in node_bars(first, PLAN)]
    assert by_node == [
        ["ESXi", "tenant-pinned", "pgw-1"],
        ["ESXi", "tenant-high", "free"],
    ]
    assert [(s.label, s.size, s.kind) for s in node_bars(second, PLAN)[1].cores] == [
        ("ESXi", 1, "esxi"),
        ("pgw-2", 4, "moved"),
        ("pgw-wide", 3, "planned"),
    ]
    assert [segment.size for segment in node_bars(old, PLAN)[1].cores] == [1, 2, 5]
    assert not node_bars(first, PLAN)[0].overcommitted


def test_what_is_held_beyond_the_node_is_said() -> None:
    crowded = host("esx-a1.lab", Holding("big", "vm-1", 1, 9, (), 8192, "estimate"))
    assert "overcommitted" in Page(page(PlacementPlan(()), crowded)).text
    assert "overcommitted" not in Page(page(PlacementPlan(()), HOSTS[1])).text


def test_a_host_without_nodes_and_an_empty_plan_have_a_page_too() -> None:
    bare = host("esx-9", nodes=(), nics=(), port_groups=(), available=False)
    text = Page(page(PlacementPlan(()), bare)).text
    assert "nothing planned" in text
    assert "not connected" in text


def test_vms_that_run_elsewhere_than_planned_are_found() -> None:
    plan = plan_as_data(PLAN)
    assert placement_problems(plan, hosts_as_data(projected(HOSTS, PLAN))) == []
    found = {(each["path"], each["error_code"]) for each in placement_problems(plan, hosts_as_data(HOSTS))}
    assert found == {
        ("pgw-1", "vm_not_running"),
        ("pgw-2", "vm_off_planned_node"),
        ("pgw-wide", "vm_not_running"),
        ("pgw-pinned", "vm_not_running"),
    }
    # Those that failed earlier in a run are no problem of the others.
    (one,) = placement_problems(plan, hosts_as_data(HOSTS), ["pgw-2"])
    assert one["path"] == "pgw-2"
    elsewhere = (
        host("esx-a2.lab", Holding("pgw-1", "vm-1", 0, 4, (), 4096, "estimate")),
        host("esx-old.lab", Holding("pgw-pinned", "vm-4", 1, 1, (28, 29), 4000, "affinity")),
        host("esx-a3.lab", Holding("big", "vm-5", 1, 9, (), 0, "estimate")),
    )
    found = {(each["path"], each["error_code"]) for each in placement_problems(plan, hosts_as_data(elsewhere))}
    assert {
        ("pgw-1", "vm_off_planned_host"),
        ("pgw-pinned", "vm_off_planned_cpus"),
        ("esx-a3.lab", "node_overcommitted"),
    } <= found


def test_a_vm_whose_node_nobody_fixed_is_right_on_its_host() -> None:
    plan = plan_as_data(PlacementPlan((PLAN.placements[0],)))
    free = host("esx-a1.lab", Holding("pgw-1", "vm-1", None, 4, (), 4096, "estimate"))
    assert placement_problems(plan, hosts_as_data([free])) == []


def test_filters_refuse_what_is_no_plan_or_topology() -> None:
    for filtered in FilterModule().filters().values():
        with pytest.raises(AnsibleFilterError, match="plan_invalid"):
            filtered({}, {})
        with pytest.raises(AnsibleFilterError, match="topology_invalid"):
            filtered(plan_as_data(PLAN), [])


def test_the_size_grows_with_the_fleet_and_not_faster() -> None:
    """64 hosts and 1000 VMs make a page of a few megabytes, drawn in seconds."""
    hosts = [host(f"esx-{number:02d}.lab") for number in range(64)]
    placements = tuple(
        Placed(f"vm-{n:04d}", f"esx-{n % 64:02d}.lab", f"host-{n % 64}", (n % 2,), 1, 1024) for n in range(1000)
    )
    text = page(PlacementPlan(placements), *hosts)
    assert text.count("vm-0999") >= 2
    assert len(text) < 5_000_000
