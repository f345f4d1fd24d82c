# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Templates of a vCenter: one that is ready, and one for each row that differs in a single thing and fails alone."""

from __future__ import annotations

import typing as t

import pytest
from pyVim.task import WaitForTask

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.row import Row
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.template import (
    TemplateAsked,
    template_rows,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.parse import parse_dataplane
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.readiness.template import read_templates
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.inventory import read_inventory
from lab.testing.descriptions import adapters, description

READY: dict[str, t.Any] = {
    "guestId": "debian12_64Guest",
    "diskGB": 4,
    "firmware": "efi",
    "adapterType": "vmxnet3",
    "networks": ["PG-Mgmt"],
}
# Name of the template, named after the row that fails -> what is different in it.
DIFFERENT: dict[str, dict[str, t.Any]] = {
    "guest_id": {"guestId": "windows2019srv_64Guest"},
    "tools": {"tools": "guestToolsNotInstalled"},
    "hardware_version": {"version": "vmx-19"},
    "firmware": {"firmware": "bios"},
    "secure_boot": {"secureBoot": True},
    "disk": {"diskMode": "independent_nonpersistent"},
    "management_adapter": {"adapterType": "e1000"},
}
INVENTORY: dict[str, t.Any] = {
    "apiVersion": "8.0.3.0",
    "datacenter": "dc",
    "datastore": "ds",
    "hostDefaults": {
        "nics": [{"device": "vmnic0", "pci": "0000:04:00.0", "node": 0, "linkMbps": 10000}],
        "standardSwitches": [{"name": "vSwitch0", "uplinks": ["vmnic0"], "portGroups": [{"name": "PG-Mgmt"}]}],
    },
    "clusters": [{"name": "a", "hosts": [{"name": "a1.lab"}]}],
    "vms": [
        {"name": "ready", **READY},
        {"name": "template", **READY},
        *({"name": name, **READY, **changed} for name, changed in DIFFERENT.items()),
    ],
}


@pytest.fixture(scope="module")
def rows(start_vcenter: t.Callable[..., t.Any]) -> t.Callable[[str], dict[str, Row]]:
    """A function that reads one template and judges it; reading all costs as much as reading one."""
    connection = start_vcenter(inventory=INVENTORY).connection
    names = [each["name"] for each in INVENTORY["vms"]]
    with Client.open(connection, closed_for_writes=False) as client:
        for managed in client.content.rootFolder.childEntity[0].vmFolder.childEntity:
            if managed.name == "ready":
                WaitForTask(managed.CreateSnapshot_Task(name="first", memory=False, quiesce=False))
            if managed.name != "template":
                managed.MarkAsTemplate()
    with Client.open(connection, closed_for_writes=True) as client:
        found = read_templates(client, read_inventory(client, None, with_uuids=False), [*names, "absent"])
    described = description(
        numa={"nodes": 2},
        cpu={"count": 4, "polling": "2-3"},
        adapters=[{**adapter, "numa_node": 1} for adapter in adapters("mgmt", "s5u", "sgi")],
    )
    dataplane, problems = parse_dataplane(described)
    assert dataplane is not None, problems
    asked = TemplateAsked({"pgw-1": dataplane}, api_version="8.0.3.0")
    judged = {facts.name: template_rows(facts, asked) for facts in found}
    return lambda name: {row.check: row for row in judged[name]}


def test_ready(rows: t.Callable[[str], dict[str, Row]]) -> None:
    found = rows("ready")
    assert {row.verdict.value for row in found.values()} == {"ready"}, found
    assert found["tools"].seen == "open-vm-tools (guestToolsUnmanaged)"
    assert found["disk"].seen.endswith(": 4 GiB on PVSCSI, thin; snapshots: 1, of which a clone has none")


@pytest.mark.parametrize("name", ["template", *DIFFERENT])
def test_each_row_fails_alone(rows: t.Callable[[str], dict[str, Row]], name: str) -> None:
    found = rows(name)
    assert {check for check, row in found.items() if row.verdict.value != "ready"} == {name}, found
    assert found[name].remedy


def test_a_template_that_is_not_there_has_every_row(rows: t.Callable[[str], dict[str, Row]]) -> None:
    found = rows("absent")
    assert found["template"].verdict.value == "not_ready"
    assert found["template"].code == "template_not_found"
    assert "ready" in found["template"].seen
    assert found.keys() == rows("ready").keys()
    assert {row.verdict.value for check, row in found.items() if check != "template"} == {"unknown"}
