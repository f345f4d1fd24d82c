# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options of placement_plan in, a plan or its reasons out, all as plain data."""

from __future__ import annotations

import copy
import itertools
import json
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.placement_plan import compute
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.serialize import hosts_as_data
from lab.testing.descriptions import adapters, description, hugepages
from tests.unit.plan.placement.worlds import make_host

DATAPLANE = description(
    cpu={"count": 4, "polling": "1-3"},
    memory={"size_mb": 4096, "hugepages": hugepages(1024)},
    adapters=adapters("mgmt", "s5u"),
    placement={"numa": "auto"},
)


@pytest.fixture
def params() -> dict[str, t.Any]:
    topology = hosts_as_data([make_host("esx-1", cores=8, uplinks={"PG-Mgmt": (0,), "PG-S5U": (1,)})])
    options: dict[str, t.Any] = {
        "vms": [{"name": "pgw-1", "dataplane": DATAPLANE}],
        "topology": json.loads(json.dumps(topology)),
        "staying": [],
        "groups": {},
        "cluster": "nfv-a",
        "earlier": None,
        "n_plus_1": False,
        "remote_uplinks": "warn",
        "wide_vm": "span",
    }
    return options


def test_a_vm_is_planned_on_the_node_of_its_uplinks(params: dict[str, t.Any]) -> None:
    result = compute(params)
    (placed,) = result["plan"]["placements"]
    assert (placed["host"], placed["nodes"], placed["change"]) == ("esx-1", [1], "new")
    assert (result["changed"], result["moved"]) == (False, [])
    assert json.loads(json.dumps(result)) == result
    again = compute({**params, "earlier": result["plan"]})
    assert again["plan"]["placements"][0]["change"] == "kept"


def test_the_plan_does_not_depend_on_the_order_of_the_vms(params: dict[str, t.Any]) -> None:
    """A play's hosts come in whatever order their forks answered, and what was approved must be what is deployed."""
    uplinks = {"PG-Mgmt": (0,), "PG-S5U": (1,)}
    topology = hosts_as_data([make_host(f"esx-{number}", cores=8, uplinks=uplinks) for number in (1, 2, 3)])
    apart = {**DATAPLANE, "placement": {"numa": "auto", "keep_apart_from": "pgw"}}
    names = ["pgw-1", "pgw-2", "pgw-10"]
    plans = [
        compute(
            {
                **params,
                "vms": [{"name": name, "dataplane": apart} for name in order],
                "topology": json.loads(json.dumps(topology)),
                "groups": {"pgw": list(order)},
            }
        )
        for order in itertools.permutations(names)
    ]
    assert all(plan == plans[0] for plan in plans)
    assert len({placed["host"] for placed in plans[0]["plan"]["placements"]}) == len(names)


def test_no_place_has_reasons_in_words_and_as_data(params: dict[str, t.Any]) -> None:
    params["vms"].append({"name": "pgw-2", "dataplane": DATAPLANE})
    with pytest.raises(NfvError) as refused:
        compute(params)
    assert refused.value.error_code == "placement_impossible"
    (reason,) = refused.value.details["reasons"]
    assert reason["text"] in str(refused.value)
    assert (reason["vms"], reason["needed"], reason["node"]) == (["pgw-2"], 4, 1)
    assert [placed["vm"] for placed in refused.value.details["placements"]] == ["pgw-1"]


def test_wrong_descriptions_are_told_together(params: dict[str, t.Any]) -> None:
    wrong = copy.deepcopy(DATAPLANE)
    wrong["cpu"]["polling"] = "9"
    params["vms"] += [{"name": "pgw-2", "dataplane": wrong}, {"name": "pgw-1", "dataplane": DATAPLANE}]
    with pytest.raises(NfvError) as refused:
        compute(params)
    assert refused.value.error_code == "description_invalid"
    assert "pgw-2: [polling_beyond_count]" in str(refused.value)
    assert "pgw-1: [vm_repeated]" in str(refused.value)


def staying(name: str, host: str | None, **placement: t.Any) -> dict[str, t.Any]:
    return {"name": name, "dataplane": {**DATAPLANE, "placement": {"numa": "auto", **placement}}, "host": host}


def hosts_of(*names: str) -> dict[str, t.Any]:
    uplinks = {"PG-Mgmt": (0,), "PG-S5U": (1,)}
    data: dict[str, t.Any] = json.loads(
        json.dumps(hosts_as_data([make_host(name, cores=8, uplinks=uplinks) for name in names]))
    )
    return data


@pytest.mark.parametrize("host", ["esx-1", "esx-2"])
def test_a_vm_that_stays_has_its_place_and_gets_none(params: dict[str, t.Any], host: str) -> None:
    """It does not run, and asks itself to be kept apart, which the planned VM does not."""
    others = [staying("pgw-2", host, keep_apart_from="pgw-1")]
    plan = compute({**params, "topology": hosts_of("esx-1", "esx-2"), "staying": others})["plan"]
    (placed,) = plan["placements"]
    assert placed["vm"] == "pgw-1"
    assert placed["host"] != host
    assert plan["apart"] == [["pgw-1", "pgw-2"]]


def test_a_vm_that_stays_on_a_host_of_another_cluster_takes_nothing(params: dict[str, t.Any]) -> None:
    (placed,) = compute({**params, "staying": [staying("pgw-2", "esx-9")]})["plan"]["placements"]
    assert placed["host"] == "esx-1"


def test_a_vm_that_is_nobody_knows_where_refuses_the_plan(params: dict[str, t.Any]) -> None:
    with pytest.raises(NfvError) as refused:
        compute({**params, "staying": [staying("pgw-2", None)]})
    assert refused.value.error_code == "placement_partial"
    assert "pgw-2" in str(refused.value)
    # Without a VM to place, it does not matter.
    assert compute({**params, "vms": [], "staying": [staying("pgw-2", None)]})["plan"]["placements"] == []
