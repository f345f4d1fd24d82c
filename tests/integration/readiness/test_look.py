# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The look as a whole: what it costs, that it writes nothing, and that a look that fails leaves no row out."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.readiness_info import gather_readiness
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Connection
from lab.testing.descriptions import description

from .conftest import OPTIONS

EFI = [{**each, "numa_node": 0} if each["driver"] == "pmd" else each for each in description()["adapters"]]
TEMPLATE: dict[str, t.Any] = {"template": "debian-12-dpdk", "management_found": True}


def gather(lacking: t.Any, names: t.Iterable[str] = ("vnf-1",), **options: t.Any) -> list[dict[str, t.Any]]:
    vms = [{"name": name, "dataplane": description()} for name in names]
    params = {**OPTIONS, "username": lacking.username, "vms": vms, **options}
    found: list[dict[str, t.Any]] = gather_readiness(params, lacking.connection)["rows"]
    return found


def keys(rows: list[dict[str, t.Any]]) -> set[tuple[str, str]]:
    return {(row["subject"], row["check"]) for row in rows}


def test_look_writes_nothing(lacking: t.Any) -> None:
    lacking.reset_calls()
    assert gather(lacking, **TEMPLATE)
    assert lacking.mutating_calls() == {}


def test_cost_does_not_grow_with_vms(lacking: t.Any) -> None:
    counts = []
    for number in (1, 300):
        lacking.reset_calls()
        gather(lacking, [f"vnf-{each}" for each in range(number)], **TEMPLATE)
        counts.append(lacking.calls())
    assert counts[0] == counts[1]
    # A question for each host's time; everything else is in batches.
    assert counts[0]["QueryDateTime"] == 2
    assert counts[0]["RetrievePropertiesEx"] <= 14


def test_vcenter_that_cannot_be_reached_leaves_no_row_out(lacking: t.Any) -> None:
    seen = gather(lacking, **TEMPLATE)
    gone = Connection("127.0.0.1", 1, "nobody", "nothing")
    vms = [{"name": "vnf-1", "dataplane": description()}]
    rows = gather_readiness({**OPTIONS, **TEMPLATE, "username": "nobody", "vms": vms}, gone)["rows"]
    assert keys(rows) >= keys(seen)
    assert {row["verdict"] for row in rows} == {"unknown"}
    assert {row["code"] for row in rows} == {"vcenter_unreachable"}
    assert all(row["remedy"] for row in rows)


def test_cluster_that_is_not_there_leaves_the_rest_looked_at(lacking: t.Any) -> None:
    rows = gather(lacking, cluster="nowhere", **TEMPLATE)
    verdicts = {row["subject"]: set[str]() for row in rows}
    for row in rows:
        verdicts[row["subject"]].add(row["verdict"])
    assert verdicts["cluster"] == verdicts["host"] == verdicts["network"] == verdicts["plan"] == {"unknown"}
    assert "ready" in verdicts["vcenter"] and "ready" in verdicts["template"]
    assert keys(rows) == keys(gather(lacking, **TEMPLATE))


def test_missing_template_is_not_ready(lacking: t.Any) -> None:
    rows = [row for row in gather(lacking, template="gone") if row["subject"] == "template"]
    assert (rows[0]["verdict"], rows[0]["code"]) == ("not_ready", "template_not_found")


def test_each_template_is_judged_by_its_own_vms(lacking: t.Any) -> None:
    """A VM of another template asks no EFI of this one; a name that is not there is found, too."""
    vms = [
        {"name": "plain", "dataplane": description()},
        {"name": "fast", "dataplane": description(numa={"nodes": 1}, adapters=EFI)},
        {"name": "lost", "dataplane": description()},
    ]

    def verdicts(new_vms: dict[str, t.Any]) -> dict[tuple[str, str], str]:
        rows = gather(lacking, vms=vms, new_vms=new_vms, **TEMPLATE)
        return {(row["object"], row["check"]): row["verdict"] for row in rows if row["subject"] == "template"}

    found = verdicts({"fast": {"template": "another"}, "lost": {"template": "gone", "folder": None}})
    assert found["debian-12-dpdk", "firmware"] == "ready"
    assert (found["another", "template"], found["gone", "template"]) == ("not_ready", "not_ready")
    assert verdicts({})["debian-12-dpdk", "firmware"] == "not_ready"


@pytest.mark.parametrize("new_vms", [{"stranger": {}}, {"vnf-1": {"network": "x"}}, {"vnf-1": "x"}])
def test_bad_origin_is_refused_before_any_connection(lacking: t.Any, new_vms: dict[str, t.Any]) -> None:
    lacking.reset_calls()
    with pytest.raises(NfvError, match=r"new_vms\.") as refused:
        gather(lacking, new_vms=new_vms)
    assert refused.value.error_code is ErrorCode.DESCRIPTION_INVALID
    assert lacking.calls() == {}


@pytest.mark.parametrize(
    ("traffic", "path"),
    [
        ({"vnf-1": {"sgi": {"mtu": 90000}}}, "traffic.vnf-1.sgi.mtu"),
        ({"vnf-1": {"sgi": {"vlans": [4095]}}}, "traffic.vnf-1.sgi.vlans[0]"),
        ({"vnf-1": {"sgi": {"mac": "own"}}}, "traffic.vnf-1.sgi.mac"),
        ({"vnf-1": {"gone": {}}}, "traffic.vnf-1.gone"),
        ({"vnf-1": []}, "traffic.vnf-1"),
    ],
)
def test_bad_traffic_is_refused_before_any_connection(lacking: t.Any, traffic: t.Any, path: str) -> None:
    lacking.reset_calls()
    with pytest.raises(NfvError, match="traffic") as refused:
        gather(lacking, traffic=traffic)
    assert refused.value.error_code is ErrorCode.DESCRIPTION_INVALID
    assert f"{path}: " in str(refused.value)
    assert lacking.calls() == {}
