# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""check_descriptions: what deploy refuses before its first connection, of all hosts in one run, with nothing to reach.

Neither vCenter nor the guests exist, and no password is set: whatever connects, fails.
"""

from __future__ import annotations

import copy
import json
import typing as t
from pathlib import Path

import pytest

from tests.integration.playbooks.conftest import DATAPLANE, PGW
from tests.support.playbook import Run, run_playbook

VSPHERE = {
    "vsphere_hostname": "vcenter.invalid",
    "vsphere_username": "automation",
    "vsphere_datacenter": "nfv-dc",
    "vsphere_cluster": "nfv-a",
    "vsphere_template": "debian-12-dpdk",
    "vsphere_template_folder": "/nfv-dc/vm/templates",
}
TESTPMD = {
    "nfv_workload": {"role": "nfv.vsphere_dpdk.vnf"},
    "vnf_name": "testpmd",
    "vnf_program": "/usr/bin/dpdk-testpmd",
}
WORKS: dict[str, dict[str, t.Any]] = {
    "pgw-1": {**PGW, "nfv_workload": {"role": "nfv.vsphere_dpdk.pgw"}},
    "pgw-2": {**PGW, "nfv_workload": {"role": "nfv.vsphere_dpdk.pgw"}},
    "vnf-1": TESTPMD,
}


def check(directory: Path, hosts: t.Mapping[str, t.Mapping[str, t.Any]], **shared: t.Any) -> Run:
    inventory = directory / "inventory.json"
    inventory.write_text(json.dumps({"all": {"vars": {**VSPHERE, **shared}, "hosts": hosts}}))
    return run_playbook("nfv.vsphere_dpdk.check_descriptions", [inventory], timeout=120)


def described(dataplane: t.Mapping[str, t.Any] = DATAPLANE) -> dict[str, dict[str, t.Any]]:
    return {name: {**variables, "nfv_dataplane": copy.deepcopy(dataplane)} for name, variables in WORKS.items()}


def test_what_can_work_passes_without_a_connection_and_a_password(tmp_path: Path) -> None:
    run = check(tmp_path, described(), nfv_report_dir=str(tmp_path / "reports"))
    assert run.succeeded, run.output
    assert run.changed == 0
    assert [path.name for path in (tmp_path / "reports").iterdir()] == ["run.json"]
    assert json.loads((tmp_path / "reports" / "run.json").read_text())["outcome"] == "clean"


def test_every_refusal_of_every_host_is_said_in_one_run(tmp_path: Path) -> None:
    hosts = described()
    hosts["pgw-1"]["nfv_dataplane"]["cpu"]["poling"] = "1"
    hosts["pgw-1"]["pgw_sessions"] = "none"
    hosts["pgw-2"]["nfv_placement_name"] = "other"
    del hosts["vnf-1"]["vnf_program"]
    run = check(tmp_path, hosts)
    assert not run.succeeded
    refused = {
        entry.host: entry.result["msg"]
        for entry in run.tasks
        if entry.task == "Refuse what cannot work" and entry.result.get("failed")
    }
    together = "; ".join(refused.values())
    for said in (
        "[key_unknown] pgw-1: nfv_dataplane.cpu.poling is not a known key",
        "[value_type_wrong] pgw-1: pgw_sessions must be a list",
        "[variables_differ] nfv_placement_name",
        "[variable_missing] vnf-1: vnf_program must be set",
    ):
        assert together.count(said) == 1, run.output
    assert "pgw_sessions" in refused["pgw-1"]


@pytest.mark.parametrize(
    ("hosts", "code"), [({}, "hosts_missing"), ({"tester-1": {}}, "hosts_missing"), (described(), "variable_missing")]
)
def test_nothing_to_check_is_red(tmp_path: Path, hosts: dict[str, t.Any], code: str) -> None:
    """No host, none with a description, and a connection of which a part is missing: an empty name is none."""
    del (variables := dict(VSPHERE))["vsphere_template"]
    inventory = tmp_path / "inventory.json"
    inventory.write_text(json.dumps({"all": {"vars": variables, "hosts": hosts}}))
    run = run_playbook("nfv.vsphere_dpdk.check_descriptions", [inventory], timeout=120)
    assert not run.succeeded
    assert any(f"[{code}]" in failure for failure in run.failures), run.output
