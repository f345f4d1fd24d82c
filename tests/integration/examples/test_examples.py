# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every shipped example against a vCenter that has what the example names: in check mode, then up to the guests."""

from __future__ import annotations

import copy
import json
import typing as t
from pathlib import Path

import pytest
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client
from tests.support.guests import answering_guests
from tests.support.playbook import ROOT, Run, run_playbook

if t.TYPE_CHECKING:
    from lab.testing.vcenter import VCenter

EXAMPLES = ROOT / "examples"
PLAYBOOK = "nfv.vsphere_dpdk.deploy"


class Example(t.NamedTuple):
    """How an example is deployed."""

    vms: tuple[str, ...]
    """The VMs that it makes."""
    port_groups: tuple[str, ...] = ()
    """Those that the lab's vCenter does not have."""


DEPLOYED = {
    "two_pgws": Example(("pgw-1", "pgw-2")),
    "own_vnf": Example(("firewall-1",), ("PG-Outside", "PG-Inside")),
}
# How they are run is in tests of their own: test_quickstart.py, test_gitops.py and test_dynamic_inventory.py.
OTHERS = {"one_pgw", "dynamic_inventory", "gitops"}


def inventory(port_groups: t.Sequence[str] = ()) -> dict[str, t.Any]:
    """The lab's vCenter with a third host, and more port groups on its distributed switch."""
    described = copy.deepcopy(json.loads((ROOT / "lab/vcenter/lab.json").read_text()))
    (switch,) = described["distributedSwitches"]
    like = switch["portGroups"][0]
    switch["portGroups"] += [{**like, "name": name} for name in port_groups]
    described["clusters"][0]["hosts"].append({"name": "esx-a3.lab"})
    return described


def connection(vcenter: VCenter) -> dict[str, t.Any]:
    """What a user changes in an example's vsphere.yml."""
    return {
        "vsphere_hostname": vcenter.hostname,
        "vsphere_port": vcenter.port,
        "vsphere_username": vcenter.username,
        "vsphere_password": vcenter.password,
        "vsphere_ca_path": str(vcenter.ca_path),
    }


def test_every_example_is_tried() -> None:
    assert {path.name for path in EXAMPLES.iterdir() if path.is_dir()} == {*DEPLOYED, *OTHERS}


def running(vcenter: VCenter) -> set[str]:
    """The names of the VMs that are powered on."""
    with Client.open(vcenter.connection, closed_for_writes=True) as client:
        machines = client.content.rootFolder.childEntity[0].vmFolder.childEntity
        virtual = [machine for machine in machines if isinstance(machine, vim.VirtualMachine)]
        return {machine.name for machine in virtual if machine.runtime.powerState == "poweredOn"}


@pytest.mark.parametrize("name", DEPLOYED)
def test_an_example_deploys_up_to_its_guests(
    name: str, start_vcenter: t.Callable[..., VCenter], tmp_path: Path
) -> None:
    example = DEPLOYED[name]
    vcenter = start_vcenter(inventory=inventory(example.port_groups))

    def run(*arguments: str) -> Run:
        variables = {**connection(vcenter), "nfv_report_dir": str(tmp_path)}
        inventories = [EXAMPLES / name / "inventory"]
        return run_playbook(PLAYBOOK, inventories, *arguments, variables=variables, timeout=300)

    vcenter.reset_calls()
    checked = run("--check", "--diff", "--extra-vars=nfv_readiness=required")
    assert checked.succeeded, checked.failures
    assert vcenter.mutating_calls() == {}
    with answering_guests(vcenter):
        made = run("--tags", "vsphere", "--extra-vars=nfv_readiness=skip")
    assert made.succeeded, made.failures
    assert running(vcenter) == set(example.vms)
