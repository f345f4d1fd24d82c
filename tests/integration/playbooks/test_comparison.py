# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What compare_poll_and_interrupt refuses before any connection, and that no earlier comparison is left as its own."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from tests.integration.playbooks.conftest import DATAPLANE, PGW
from tests.support.playbook import run_playbook

ONE_ADAPTER = {**DATAPLANE, "adapters": DATAPLANE["adapters"][:2]}
CONSENT = {"comparison_interrupt_service": "when_needed"}
FRAMES = {"nfv_workload": {"role": "nfv.vsphere_dpdk.vnf"}, "vnf_name": "fw", "vnf_program": "/usr/bin/fw"}


@pytest.mark.parametrize(
    ("hosts", "variables", "said", "arguments"),
    [
        (1, {}, "[interrupt_consent_missing] pgw-1: ovs-vswitchd.service must stop", ()),
        (1, CONSENT, "[verification_skipped] pgw-1: check mode sends nothing", ("--check",)),
        (1, {**CONSENT, **FRAMES, "nfv_dataplane": ONE_ADAPTER}, "[frames_need_two_adapters] pgw-1: ", ()),
        (2, CONSENT, "[value_not_allowed] nfv_hosts: a comparison is of one VM, and this run has 2 (pgw-1, pgw-2)", ()),
    ],
)
def test_refused_before_any_connection(
    tmp_path: Path, hosts: int, variables: dict[str, t.Any], said: str, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "comparison.json").write_text('{"verdict": "judged"}')
    shared = {
        "nfv_dataplane": DATAPLANE,
        **PGW,
        # Nothing answers there: a connection would fail with vcenter_unreachable, and not as this test says.
        "vsphere_hostname": "vcenter.invalid",
        "vsphere_username": "nobody",
        "vsphere_password": "nothing",
        "nfv_report_dir": str(tmp_path),
        **variables,
    }
    inventory = tmp_path / "hosts.json"
    # Whatever order the inventory has, hosts are listed by their names.
    inventory.write_text(json.dumps({"pgw": {"hosts": {f"pgw-{number}": shared for number in range(hosts, 0, -1)}}}))
    run = run_playbook("nfv.vsphere_dpdk.compare_poll_and_interrupt", [inventory], *arguments)
    assert not run.succeeded
    assert said in run.failures[0], run.output
    report = json.loads((tmp_path / "comparison.json").read_text())
    assert (report["verdict"], report["environment"]) == ("not_judged", None)
    assert "[comparison_unfinished]" in report["error"]
    assert "Nothing was compared" in (tmp_path / "comparison.html").read_text()
