# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of a placement: all of it is on the page, the page is sound, and a browser opens it without complaint."""

from __future__ import annotations

import dataclasses
import html.parser
import json
import shutil
import subprocess
import typing as t
from pathlib import Path

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.filter.placement import (
    dataplane_placed,
    placement_html,
    placement_problems,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.data import plan_as_data
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import (
    Failover,
    Placed,
    Plan,
    Remark,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import (
    Holding,
    HostTopology,
    NumaNode,
    PhysicalNic,
    PortGroupUplinks,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.serialize import hosts_as_data
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.placement.bars import node_bars, projected
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.placement.page import placement_page

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
PLAN = Plan(
    (
        Placed("pgw-1", "esx-a1.lab", "host-1", (0,), 4, 4096),
        Placed("pgw-2", "esx-a2.lab", "host-2", (1,), 4, 4096, change="moved", before="esx-a2.lab"),
        Placed("pgw-wide", "esx-a2.lab", "host-2", (0, 1), 6, 32768),
        Placed("pgw-pinned", "esx-old.lab", "host-4", (1,), 2, 4000, cpus=(30, 28), change="kept"),
    ),
    remarks=(Remark("uplinks_unknown", "pgw-pinned", "vSphere does not tell where its uplinks are"),),
    failovers=(Failover("esx-a1.lab", "pgw-1", "esx-a2.lab", (1,)),),
)


class Page(html.parser.HTMLParser):
    """Collects text, checks that elements nest, and notes what would be fetched."""

    VOID = frozenset({"meta", "rect", "path"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text: list[str] = []
        self.fetched: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.fetched += [f"{tag} {name}" for name, _value in attrs if name in ("src", "href", "srcset", "data")]
        self.fetched += [tag] if tag in ("script", "link", "iframe") else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_every_vm_host_and_nic_is_on_a_page_that_needs_nothing_else() -> None:
    page = Page(placement_page(PLAN, HOSTS, created="2026-11-24T06:00:00Z"))
    text = " ".join(page.text)
    names = [each.name for each in HOSTS] + [nic.name for nic in NICS] + [placed.vm for placed in PLAN.placements]
    names += [each.vm for one in HOSTS for each in one.holdings]
    assert [name for name in names if name not in text] == []
    assert page.fetched == []
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
    assert "url(" not in placement_page(PLAN, HOSTS)


def test_a_vm_that_is_left_out_is_missed() -> None:
    """The negative control of the test above."""
    text = " ".join(Page(placement_page(dataclasses.replace(PLAN, placements=PLAN.placements[1:]), HOSTS)).text)
    assert "pgw-1" not in text


def test_a_planned_vm_is_drawn_where_it_is_planned() -> None:
    first, second, _third, old = projected(HOSTS, PLAN)
    by_node = [[segment.label for segment in bars.cores] for bars in node_bars(first, PLAN)]
    assert by_node == [
        ["ESXi", "tenant-pinned", "pgw-1"],
        ["ESXi", "tenant-high", "free cores"],
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
    page = placement_page(Plan(()), (crowded,), (crowded,))
    assert "overcommitted" in page
    assert "overcommitted" not in placement_page(Plan(()), (HOSTS[1],), (HOSTS[1],))


def test_a_host_without_nodes_and_an_empty_plan_have_a_page_too() -> None:
    bare = host("esx-9", nodes=(), nics=(), port_groups=(), available=False)
    text = " ".join(Page(placement_page(Plan(()), (bare,))).text)
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
    plan = plan_as_data(Plan((PLAN.placements[0],)))
    free = host("esx-a1.lab", Holding("pgw-1", "vm-1", None, 4, (), 4096, "estimate"))
    assert placement_problems(plan, hosts_as_data([free])) == []


def test_filters_refuse_what_is_no_plan_or_topology() -> None:
    for filtered in (placement_html, placement_problems):
        with pytest.raises(AnsibleFilterError, match="plan_invalid"):
            filtered({}, {})
        with pytest.raises(AnsibleFilterError, match="topology_invalid"):
            filtered(plan_as_data(PLAN), [])


def chromium(directory: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    browser = shutil.which("chromium")
    assert browser is not None, "chromium is not installed: apt-get install chromium"
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
    command += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    command += ["--enable-logging=stderr", "--v=0", f"--user-data-dir={directory / 'profile'}", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)


def test_a_browser_opens_it_without_complaint(tmp_path: Path) -> None:
    page = tmp_path / "placement.html"
    page.write_text(placement_html(plan_as_data(PLAN), hosts_as_data(HOSTS)), encoding="utf-8")
    control = tmp_path / "control.html"
    control.write_text("<!DOCTYPE html><script>console.error('seen')</script>", encoding="utf-8")
    seen = chromium(tmp_path, "--dump-dom", page.as_uri())
    assert "CONSOLE" not in seen.stderr
    for name in [each.name for each in HOSTS] + [placed.vm for placed in PLAN.placements]:
        assert name in seen.stdout
    assert "CONSOLE" in chromium(tmp_path, "--dump-dom", control.as_uri()).stderr


def test_the_size_grows_with_the_fleet_and_not_faster() -> None:
    """64 hosts and 1000 VMs make a page of a few megabytes, drawn in seconds."""
    hosts = [host(f"esx-{number:02d}.lab") for number in range(64)]
    placements = tuple(
        Placed(f"vm-{n:04d}", f"esx-{n % 64:02d}.lab", f"host-{n % 64}", (n % 2,), 1, 1024) for n in range(1000)
    )
    page = placement_page(Plan(placements), hosts)
    assert page.count("vm-0999") >= 2
    assert len(page) < 5_000_000
    json.dumps(page)


def test_a_description_takes_what_the_plan_found() -> None:
    plan = plan_as_data(PLAN)
    auto = {"cpu": {"count": 4}, "placement": {"numa": "auto", "cluster": "nfv-a"}}
    assert dataplane_placed(auto, plan, "pgw-1")["placement"] == {"numa": 0, "cluster": "nfv-a"}
    assert auto["placement"]["numa"] == "auto"
    assert dataplane_placed(auto, plan, "pgw-wide") == auto
    assert dataplane_placed(auto, plan, "nobody") == auto
    open_node = {"cpu": {"count": 4}}
    assert dataplane_placed(open_node, plan, "pgw-1") == open_node
    pinned = {"cpu": {"count": 2, "exclusivity": "affinity"}}
    assert dataplane_placed(pinned, plan, "pgw-pinned")["cpu"]["affinity"] == "28,30"
    named = {"cpu": {"count": 2, "exclusivity": "affinity", "affinity": "2-3"}}
    assert dataplane_placed(named, plan, "pgw-pinned") == named
    with pytest.raises(AnsibleFilterError):
        dataplane_placed(auto, {}, "pgw-1")
