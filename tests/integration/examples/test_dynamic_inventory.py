# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""examples/dynamic_inventory: tags make groups, custom attributes variables, and Git knows what vCenter has lost."""

from __future__ import annotations

import json
import os
import subprocess
import typing as t

from pyVim.task import WaitForTask
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client
from tests.support.playbook import BINARIES, ROOT, run_playbook
from tests.support.tagging import Tags, tagged

from .test_examples import EXAMPLES, connection, inventory

if t.TYPE_CHECKING:
    from pathlib import Path

    from lab.pki import Pki
    from lab.testing.vcenter import VCenter

INVENTORY = EXAMPLES / "dynamic_inventory/inventory"
ATTRIBUTES = {"nfv-s5u-address": "198.18.1.1/24", "nfv-sgi-address": "198.18.2.1/24"}


def environment(vcenter: VCenter) -> dict[str, str]:
    """What a pipeline exports."""
    return {
        "VMWARE_HOST": vcenter.hostname,
        "VMWARE_PORT": str(vcenter.port),
        "VMWARE_USER": vcenter.username,
        "VMWARE_PASSWORD": vcenter.password,
        "SSL_CERT_FILE": str(vcenter.ca_path),
        "REQUESTS_CA_BUNDLE": str(vcenter.ca_path),
        "ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true",
    }


def listed(vcenter: VCenter) -> dict[str, t.Any]:
    """The inventory as Ansible has it."""
    done = subprocess.run(
        [BINARIES / "ansible-inventory", f"--inventory={INVENTORY}", "--list"],
        cwd=ROOT,
        env={**os.environ, **environment(vcenter)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, t.Any] = json.loads(done.stdout)
    return found


def plain(value: t.Any) -> t.Any:
    """The value of a variable that came from vCenter, which Ansible marks as one that it never renders."""
    return value["__ansible_unsafe"] if isinstance(value, dict) else value


def machines(client: Client) -> dict[str, t.Any]:
    view = client.content.viewManager.CreateContainerView(client.content.rootFolder, [vim.VirtualMachine], True)
    return {machine.name: machine for machine in view.view}


def with_attributes(client: Client) -> None:
    """The VM pgw-1 has the addresses of its user plane as custom attributes, pgw-2 has none."""
    manager, machine = client.content.customFieldsManager, machines(client)["pgw-1"]
    for name, value in ATTRIBUTES.items():
        field = manager.AddCustomFieldDef(name=name, moType=vim.VirtualMachine)
        manager.SetField(entity=machine, key=field.key, value=value)


def test_vcenter_is_the_inventory_and_git_says_what_it_lacks(
    start_vcenter: t.Callable[..., VCenter], pki: Pki, tmp_path: Path
) -> None:
    described = inventory()
    common = {"folder": "pgw", "cpus": 2, "memoryMB": 2048, "networks": ["PG-Mgmt"]}
    described["vms"] = [{"name": name, **common} for name in ("pgw-1", "pgw-2")]
    vcenter = start_vcenter(inventory=described)
    with Client.open(vcenter.connection, closed_for_writes=False) as client:
        with_attributes(client)
        small = Tags("nfv-size", {machines(client)["pgw-1"]._GetMoId(): ["small", "spare"]})
        with tagged(vcenter, pki, small) as front:
            before = listed(front)
        WaitForTask(machines(client)["pgw-1"].Destroy_Task())
    # The template is no host, and a VM without a tag is in no group of tags.
    assert sorted(before["pgw"]["hosts"]) == ["pgw-1", "pgw-2"]
    assert (before["size_small"]["hosts"], before["size_spare"]["hosts"]) == (["pgw-1"], ["pgw-1"])
    variables = before["_meta"]["hostvars"]
    names = ("s5u_address", "sgi_address")
    assert [plain(variables["pgw-1"][name]) for name in names] == list(ATTRIBUTES.values())
    assert [plain(variables["pgw-2"][name]) for name in names] == ["", ""]
    assert "nfv_dataplane" in variables["pgw-1"] and "nfv_dataplane" not in variables["pgw-2"]

    left = Tags("nfv-size", {_moid(vcenter, "pgw-2"): ["small"]})
    with tagged(vcenter, pki, left) as front:
        # What Git would not know, nobody would miss.
        assert "pgw-1" not in listed(front)["_meta"]["hostvars"]
        vcenter.reset_calls()
        run = run_playbook(
            "nfv.vsphere_dpdk.drift",
            [INVENTORY],
            variables={**connection(vcenter), "nfv_report_dir": str(tmp_path), "drift_sides": ["vsphere"]},
            environment=environment(front),
            timeout=300,
        )
    assert not run.succeeded
    report = json.loads((tmp_path / "drift.json").read_text())
    assert report["outcome"] == "found"
    assert set(report["vms"]) == {"pgw-1", "pgw-2"}
    assert "[expected_vm_missing]" in run.output
    assert vcenter.mutating_calls() == {}


def _moid(vcenter: VCenter, name: str) -> str:
    with Client.open(vcenter.connection, closed_for_writes=True) as client:
        return str(machines(client)[name]._GetMoId())
