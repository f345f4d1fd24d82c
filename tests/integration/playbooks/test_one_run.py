# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hosts that differ in what is one for a run do not share one; tests/static/test_run_once.py finds what that is."""

from __future__ import annotations

import json

from tests.integration.playbooks.conftest import Deployment
from tests.integration.playbooks.test_refusals import refusal


def test_hosts_that_differ_are_refused_before_any_connection(deployment: Deployment) -> None:
    """By the first host's values, the second's VM would have been made, too, in another datacenter and cluster."""
    own = {"vsphere_datacenter": "other-dc", "vsphere_cluster": "nfv-b", "vsphere_password": "not-to-be-told"}
    run = deployment.run(own={"pgw-2": own}, nfv_report_dir=str(deployment.directory))
    message = refusal(run)
    assert message.startswith("[variables_differ] vsphere_datacenter, vsphere_cluster: ")
    assert "vsphere_datacenter is nfv-dc for pgw-1, and other-dc for pgw-2" in message
    assert "vsphere_cluster is nfv-a for pgw-1, and nfv-b for pgw-2" in message
    assert "--limit" in message and "group_vars/all" in message
    assert not any(password in run.output for password in ("not-to-be-told", deployment.vsphere["vsphere_password"]))
    assert deployment.control.calls() == {}
    assert json.loads((deployment.directory / "deploy.json").read_text())["outcome"] == "failed"


def test_nothing_is_taken_back_by_the_name_of_one_host(deployment: Deployment) -> None:
    """The rules of the other placement would have stayed behind."""
    run = deployment.run(playbook="nfv.vsphere_dpdk.remove", own={"pgw-2": {"nfv_placement_name": "edge"}})
    assert "nfv_placement_name is not set for pgw-1, and edge for pgw-2" in refusal(run)
    assert deployment.control.calls() == {}
