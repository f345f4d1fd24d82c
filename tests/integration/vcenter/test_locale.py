# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A vCenter in another language: it translates device labels for sessions that ask for no locale."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pyVim.connect import SmartStubAdapter
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_dataplane_info import gather
from lab.testing.descriptions import description

LAB = Path(__file__).resolve().parents[3] / "lab" / "vcenter" / "lab.json"
MACHINE = {"name": "pgw-1", "cpus": 2, "memoryMB": 1024, "networks": ["PG-Mgmt", "PG-S5U"]}


@pytest.fixture(scope="module")
def german(start_vcenter: Callable[..., Any]) -> Any:
    return start_vcenter(inventory={**json.loads(LAB.read_text()), "locale": "de", "vms": [MACHINE]})


@pytest.fixture
def content(german: Any) -> Iterator[Any]:
    """vCenter's objects before login."""
    trusting = ssl.create_default_context(cafile=str(german.ca_path))
    stub = SmartStubAdapter(german.hostname, german.port, sslContext=trusting)
    found = vim.ServiceInstance("ServiceInstance", stub).RetrieveContent()
    yield found
    found.sessionManager.Logout()
    stub.DropConnections()


@pytest.mark.parametrize(
    ("locale", "label"), [(None, "Netzwerkadapter"), ("de", "Netzwerkadapter"), ("en", "Network adapter")]
)
def test_labels_are_in_the_language_of_the_session(content: Any, german: Any, locale: str | None, label: str) -> None:
    content.sessionManager.Login(german.username, german.password, locale)
    view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], True)
    (machine,) = [each for each in view.view if each.name == "pgw-1"]
    cards = [each for each in machine.config.hardware.device if isinstance(each, vim.vm.device.VirtualEthernetCard)]
    assert [each.deviceInfo.label for each in cards] == [f"{label} 1", f"{label} 2"]


def test_our_session_reads_the_labels_that_descriptions_name(german: Any) -> None:
    wanted = description()
    wanted["adapters"][1]["label"] = "Network adapter 2"
    options = {"datacenter": None, "required_templates": [], "required_networks": [], "wait_for_address": 0}
    found = gather({"vms": [{"name": "pgw-1"}], "dataplane": wanted, **options}, german.connection)["vms"]["pgw-1"]
    assert found["error"] is None
    assert [adapter["label"] for adapter in found["adapters"]] == ["Network adapter 1", "Network adapter 2"]
