# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A VM whose adapter names its switch goes to a host with the port group on that switch, near that switch's NICs."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.demands import read_demands
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import Rules
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.places import HostVerdict, judge_host
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import (
    HostTopology,
    NumaNode,
    PortGroupUplinks,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.parse import parse_dataplane
from lab.testing.descriptions import adapter, description

NODES = tuple(NumaNode(number, tuple(range(16 * number, 16 * number + 16)), 8, 65536) for number in (0, 1))
GROUPS = (
    PortGroupUplinks("PG-Mgmt", "key-1", "vSwitch0", False, ("vmnic0",), (0,)),
    PortGroupUplinks("Seg", "dvportgroup-1", "dvs-a", True, ("vmnic1",), (0,)),
    PortGroupUplinks("Seg", "dvportgroup-2", "dvs-b", True, ("vmnic2",), (1,)),
)
HOST = HostTopology(
    "esx-1", "host-1", "nfv-a", "9.0.0.0", True, False, True, 2300, None, NODES, (), GROUPS, (), True, 2
)


def verdict(*switches: str) -> HostVerdict:
    """What the rules say on a VM with one adapter on segment Seg of each switch, "" for any."""
    polled = [
        adapter(f"n{number}", network="Seg", **({"switch": name} if name else {}))
        for number, name in enumerate(switches)
    ]
    dataplane, problems = parse_dataplane(description(adapters=[adapter("mgmt"), *polled]))
    assert dataplane is not None, problems
    (demand,) = read_demands({"pgw-1": dataplane}, {})
    return judge_host(demand, HOST, Rules())


@pytest.mark.parametrize(("switch", "nodes"), [("dvs-a", (0,)), ("dvs-b", (1,))])
def test_the_switch_decides_the_node(switch: str, nodes: tuple[int, ...]) -> None:
    assert verdict(switch).nodes == nodes


def test_a_host_without_the_switch_is_excluded() -> None:
    excluded = verdict("dvs-c")
    assert (excluded.exclusion, excluded.object_name) == ("network_missing", "Seg")


def test_two_switches_of_one_segment_both_count() -> None:
    assert verdict("dvs-a", "dvs-b").remarks == (("no_common_node", ("Seg",)),)
    assert verdict("dvs-a", "dvs-c").exclusion == "network_missing"
