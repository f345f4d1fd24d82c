# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Network functions of several kinds in one inventory, a user's own among them: one run, one plan, one report."""

from __future__ import annotations

import copy
import json
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.control import Control
from tests.integration.playbooks.conftest import DATAPLANE, PGW, Deployment
from tests.support.playbook import ROOT, Run, run_playbook

# A collection of the user's: roles firewall, and unfinished, which lacks an entry point.
ACME = Path(__file__).parent / "acme"
VNF = {"role": "nfv.vsphere_dpdk.vnf"}
FIREWALL = {"role": "acme.vnf.firewall"}
TESTPMD = {"nfv_workload": VNF, "vnf_name": "testpmd", "vnf_program": "/usr/bin/dpdk-testpmd"}
RULES = {"nfv_workload": FIREWALL, "firewall_rules": "/etc/acme/rules"}
# Every VM asks for a place.
PLACED = {**copy.deepcopy(DATAPLANE), "placement": {"numa": "auto"}}


@dataclass(frozen=True)
class Functions:
    """An inventory of network functions: pgw-1 of the group pgw, vnf-1 and fw-1 of others, and a tester."""

    vsphere: t.Mapping[str, t.Any]
    control: Control
    directory: Path

    @property
    def reports(self) -> Path:
        return self.directory / "reports"

    def run(self, playbook: str, *arguments: str, **hosts: t.Mapping[str, t.Any]) -> Run:
        """Runs a playbook. hosts: variables by host, with ``_`` for ``-``, on top of those that make it work."""
        works: dict[str, dict[str, t.Any]] = {"pgw-1": dict(PGW), "vnf-1": dict(TESTPMD), "fw-1": dict(RULES)}
        for name, variables in hosts.items():
            works[name.replace("_", "-")].update(variables)
        for variables in works.values():
            variables.setdefault("nfv_dataplane", PLACED)
        shared = {**self.vsphere, "nfv_report_dir": str(self.reports), "vm_hardware_address_timeout": 2}
        groups = {
            "pgw": {"hosts": {"pgw-1": works["pgw-1"]}},
            "others": {
                "hosts": {name: {k: v for k, v in works[name].items() if v is not None} for name in ("vnf-1", "fw-1")}
            },
            "functions": {"children": {"pgw": {}, "others": {}}},
            "testers": {"hosts": {"tester-1": {}}},
        }
        inventory = self.directory / "inventory.json"
        inventory.write_text(json.dumps({"all": {"vars": shared, "children": groups}}))
        path = f"{self.directory}/collections:{ROOT / '.cache/collections'}"
        return run_playbook(
            f"nfv.vsphere_dpdk.{playbook}",
            [inventory],
            *arguments,
            environment={"ANSIBLE_COLLECTIONS_PATH": path},
            timeout=300,
        )

    def report(self) -> dict[str, t.Any]:
        content: dict[str, t.Any] = json.loads((self.reports / "deploy.json").read_text())
        return content


@pytest.fixture
def functions(deployment: Deployment, tmp_path: Path) -> Functions:
    namespace = tmp_path / "collections/ansible_collections/acme"
    namespace.mkdir(parents=True)
    (namespace / "vnf").symlink_to(ACME)
    return Functions(deployment.vsphere, deployment.control, tmp_path)


def test_three_kinds_are_planned_together_made_and_taken_back(functions: Functions) -> None:
    predicted = functions.run("deploy", "--check", "--diff")
    assert predicted.succeeded, predicted.output
    assert functions.control.mutating_calls() == {}
    assert {entry.host for entry in predicted.tasks if entry.task == "Say what a real run would do"} >= {
        "pgw-1",
        "fw-1",
    }

    run = functions.run("deploy")
    plan = run.result_of("Plan a host and a NUMA node for each VM that asks for a place")["plan"]
    assert sorted(placed["vm"] for placed in plan["placements"]) == ["fw-1", "pgw-1", "vnf-1"]
    # Without guests it ends where their addresses are asked for, for all of them.
    (message,) = {failure for failure in run.failures if "[guest_address_missing]" in failure}
    assert all(name in message for name in ("fw-1", "pgw-1", "vnf-1"))
    assert set(functions.report()["hosts"]) == {"fw-1", "pgw-1", "vnf-1"}
    assert "fw-1" in (functions.reports / "deploy.html").read_text()
    kinds = {
        entry.host: entry.result["ansible_facts"]["nfv_application"]["traffic"]
        for entry in run.tasks
        if "nfv_application" in entry.result.get("ansible_facts", {})
    }
    assert kinds == {"pgw-1": "gtpu", "vnf-1": "frames", "fw-1": "frames"}

    # The same VMs under the wrapper's name would leave the rules of this one behind.
    functions.control.reset_calls()
    renamed = functions.run("deploy_pgw")
    assert any(
        "[placement_elsewhere]" in failure and "nfv_placement_name=nfv" in failure for failure in renamed.failures
    )
    assert functions.control.mutating_calls() == {}

    removed = functions.run("remove", "--extra-vars", "remove_delete_vm=true")
    assert removed.succeeded, removed.output
    assert functions.control.mutating_calls()["Destroy_Task"] == 3


def test_every_workload_that_cannot_work_is_named_in_one_run(functions: Functions) -> None:
    run = functions.run(
        "deploy", pgw_1={"pgw_sessions": None}, vnf_1={"vnf_program": None}, fw_1={"firewall_rules": None}
    )
    assert not run.succeeded
    text = "\n".join(run.failures)
    for said in ("pgw_sessions", "[variable_missing] vnf-1: vnf_program must be set", "fw-1: firewall_rules must name"):
        assert said in text, run.output
    assert functions.control.calls() == {}


def test_what_is_no_workload_is_refused_before_any_connection(functions: Functions) -> None:
    """Of each host, in one run."""
    workloads: dict[str, t.Any] = {
        "pgw-1": ({"role": "firewall"}, "value_malformed", "acme.vnf.firewall"),
        "vnf-1": ({"role": "acme.vnf.firewal"}, "workload_not_found", "ansible-galaxy"),
        "fw-1": (None, "workload_missing", "{role: nfv.vsphere_dpdk.vnf}"),
    }
    of_hosts = {
        name.replace("-", "_"): {"nfv_workload": workload} for name, (workload, _code, _said) in workloads.items()
    }
    run = functions.run("deploy", **of_hosts)
    assert len(run.failures) == len(workloads), run.output
    for name, (_workload, code, said) in workloads.items():
        (message,) = [each for each in run.failures if each.startswith(f"[{code}] {name}: nfv_workload")]
        assert said in message
    (message,) = functions.run("deploy", fw_1={"nfv_workload": {"role": "acme.vnf.unfinished"}}).failures
    assert message.startswith("[workload_incomplete] fw-1: nfv_workload") and "tasks/application.yml" in message
    assert functions.control.calls() == {}
