# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""deploy_pgw.yml with a placement, up to the guest: planned, made there, kept there, checked, drawn, and left alone.

By a user who has no more than the privileges in docs/privileges.md.
"""

from __future__ import annotations

import copy
import typing as t
from pathlib import Path

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim

from lab.testing import operator_account
from tests.integration.vsphere.conftest import Ansible

from .conftest import DESCRIPTION, REPOSITORY, find_vm

PLAYBOOK = REPOSITORY / "playbooks" / "deploy_pgw.yml"
TAGS = ("--tags", "vsphere")
NAMES = ("pgw-p1", "pgw-p2")


@pytest.fixture(scope="module")
def operator(placing: t.Any, session: t.Any) -> operator_account.Operator:
    return operator_account.add_operator(placing, session)


@pytest.fixture
def ansible(tmp_path: Path, placing: t.Any, operator: operator_account.Operator) -> Ansible:
    namespace = tmp_path / "ansible_collections" / "nfv"
    namespace.mkdir(parents=True)
    (namespace / "vsphere_dpdk").symlink_to(REPOSITORY)
    (tmp_path / "ansible.cfg").write_text("[defaults]\nlocalhost_warning = false\n")
    (tmp_path / "hosts.ini").write_text("[pgw]\n" + "\n".join(NAMES) + "\n")
    return Ansible(
        tmp_path,
        {
            "vsphere_hostname": placing.hostname,
            "vsphere_port": placing.port,
            "vsphere_username": operator.connection.username,
            "vsphere_password": operator.connection.password,
            "vsphere_ca_path": str(placing.ca_path),
            "vsphere_datacenter": "nfv-dc",
            "vsphere_cluster": "nfv-a",
            "vsphere_folder": operator_account.FOLDER,
            "vsphere_template": "debian-12-dpdk",
            "vsphere_template_folder": "templates",
            "nfv_report_dir": str(tmp_path / "reports"),
            # test_readiness_playbook.py looks before a deployment; here it would cost every deployment five seconds.
            "nfv_readiness": "skip",
            "nfv_dataplane": DESCRIPTION,
            "pgw_s5u": {"adapter": "s5u", "address": "198.18.1.1/24"},
            "pgw_sgi": {"adapter": "sgi", "address": "198.18.2.1/24", "next_hop": "198.18.2.2"},
            "pgw_sessions": [],
        },
    )


@pytest.fixture
def no_vms(session: t.Any) -> t.Iterator[None]:
    """The playbook's VMs and what its placement made in the cluster are gone after the test."""
    yield
    for name in NAMES:
        machine = find_vm(session, name)
        if machine is not None:
            if machine.runtime.powerState == "poweredOn":
                WaitForTask(machine.PowerOff())
            WaitForTask(machine.Destroy_Task())
    cluster = find_vm(session, "tenant-plain").runtime.host.parent
    config, remove = cluster.configurationEx, {"operation": "remove"}
    spec = vim.cluster.ConfigSpecEx(
        groupSpec=[vim.cluster.GroupSpec(removeKey=group.name, **remove) for group in config.group],
        rulesSpec=[vim.cluster.RuleSpec(removeKey=rule.key, **remove) for rule in config.rule],
    )
    WaitForTask(cluster.ReconfigureComputeResource_Task(spec, True))


def described(**placement: t.Any) -> dict[str, t.Any]:
    description = copy.deepcopy(DESCRIPTION)
    description["placement"].update(placement)
    return description


def report_address(placing: t.Any, machine: t.Any, address: str) -> None:
    mac = next(each.macAddress for each in machine.config.hardware.device if hasattr(each, "macAddress"))
    nics = [{"mac": mac, "network": "PG-Mgmt", "addresses": [f"{address}/24"]}]
    placing.report_guest(machine.config.uuid, ip_address=address, nics=nics)


def advanced(machine: t.Any, key: str) -> str | None:
    return next((option.value for option in machine.config.extraConfig if option.key == key), None)


def test_a_deployment_is_planned_made_and_left_alone(
    ansible: Ansible, placing: t.Any, session: t.Any, no_vms: None
) -> None:
    placing.reset_calls()
    run = ansible.playbook(PLAYBOOK, "--check", "--diff")
    assert run.status == 0, run.output
    assert placing.mutating_calls() == {}

    run = ansible.playbook(PLAYBOOK, *TAGS, vm_hardware_address_timeout=1)
    assert run.output.count("[guest_address_missing]") > 0, run.output
    machines = [find_vm(session, name) for name in NAMES]
    # Apart, on the hosts that are not in maintenance, on the node of the uplinks of both polled adapters.
    assert sorted(machine.runtime.host.name for machine in machines) == ["esx-a1.lab", "esx-a2.lab"]
    assert [advanced(machine, "numa.nodeAffinity") for machine in machines] == ["1", "1"]
    cluster = machines[0].runtime.host.parent
    rules = {rule.name for rule in cluster.configurationEx.rule}
    assert rules == {"nfv:pgw:on:esx-a1.lab", "nfv:pgw:on:esx-a2.lab", "nfv:pgw:apart:pgw-p1"}
    page = (ansible.directory / "reports" / "placement.html").read_text(encoding="utf-8")
    for name in (*NAMES, "esx-a1.lab", "esx-a2.lab", "esx-a3.lab", "vmnic2", "tenant-high"):
        assert name in page

    for number, machine in enumerate(machines):
        report_address(placing, machine, f"198.18.0.{10 + number}")
    placing.reset_calls()
    run = ansible.playbook(PLAYBOOK, *TAGS)
    assert run.status == 0, run.output
    assert [run.recap[name]["changed"] for name in NAMES] == [0, 0]
    assert placing.mutating_calls() == {}

    # A run for one of them leaves the other's rules alone, whether that one runs or not.
    before = {rule.name: rule.key for rule in cluster.configurationEx.rule}
    WaitForTask(machines[1].PowerOff())
    placing.reset_calls()
    run = ansible.playbook(PLAYBOOK, *TAGS, "--limit", NAMES[0])
    assert run.status == 0, run.output
    assert placing.mutating_calls() == {}
    assert {rule.name: rule.key for rule in cluster.configurationEx.rule} == before
    WaitForTask(machines[1].PowerOn())

    # Somebody moves one of them to the other. Running VMs are not moved here: rules are made, and the run fails.
    WaitForTask(machines[0].RelocateVM_Task(vim.vm.RelocateSpec(host=machines[1].runtime.host)))
    placing.reset_calls()
    run = ansible.playbook(PLAYBOOK, *TAGS)
    assert run.status != 0
    assert "[vm_off_planned_host] pgw-p" in run.output
    assert placing.mutating_calls().keys() <= {"ReconfigureComputeResource_Task"}


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        # Found in the description, before any connection.
        ({"nfv_dataplane": described(must_keep=["ha"], restart_priority="disabled")}, "feature_blocked"),
        # The only host that it may run on is in maintenance.
        ({"nfv_dataplane": described(hosts=["esx-a3.lab"])}, "placement_impossible"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_made(
    ansible: Ansible, placing: t.Any, session: t.Any, variables: dict[str, t.Any], code: str
) -> None:
    placing.reset_calls()
    run = ansible.playbook(PLAYBOOK, *TAGS, **variables)
    assert run.status != 0
    assert f"[{code}]" in run.output, run.output
    assert placing.mutating_calls() == {}
    assert [find_vm(session, name) for name in NAMES] == [None, None]
