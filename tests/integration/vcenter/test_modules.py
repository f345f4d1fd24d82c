# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules of vmware.vmware that the playbooks use work against the lab's vCenter with verified TLS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim

NAME = "from-template"


class Modules:
    """Runs modules of vmware.vmware through ansible's command, as a task would."""

    def __init__(self, vcenter: Any, ca_path: Path) -> None:
        self._environment = os.environ | {
            "SSL_CERT_FILE": str(ca_path),
            "REQUESTS_CA_BUNDLE": str(ca_path),
            "VMWARE_HOST": vcenter.hostname,
            "VMWARE_PORT": str(vcenter.port),
            "VMWARE_USER": vcenter.username,
            "VMWARE_PASSWORD": vcenter.password,
            "ANSIBLE_LOAD_CALLBACK_PLUGINS": "true",
            "ANSIBLE_STDOUT_CALLBACK": "ansible.posix.json",
        }

    def run(self, module: str, check: bool = False, **arguments: Any) -> dict[str, Any]:
        """Run a module on the controller; returns its result, failed or not."""
        command = [
            str(Path(sys.executable).with_name("ansible")),
            *("localhost", "-i", "localhost,", "-c", "local"),
            *("-e", f"ansible_python_interpreter={sys.executable}"),
            *("-m", f"vmware.vmware.{module}", "-a", json.dumps(arguments)),
            *(["--check"] if check else []),
        ]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        try:
            answer = json.loads(done.stdout[done.stdout.index("{") :])
        except ValueError:
            pytest.fail(f"{module} gave no result:\n{done.stdout}\n{done.stderr}")
        result: dict[str, Any] = answer["plays"][0]["tasks"][0]["hosts"]["localhost"]
        return result


@pytest.fixture
def modules(vcenter: Any) -> Modules:
    return Modules(vcenter, vcenter.ca_path)


@pytest.fixture
def deployed(lab: Any, modules: Modules) -> Iterator[dict[str, Any]]:
    """The result of deploying a VM from the template, which is destroyed afterwards."""
    yield modules.run(
        "deploy_folder_template",
        datacenter="nfv-dc",
        vm_name=NAME,
        template_name="debian-12-dpdk",
        template_folder="templates",
        cluster="nfv-a",
        datastore="nfv-ds",
        power_on_after_deploy=False,
    )
    for machine in lab.datacenter.vmFolder.childEntity:
        if machine.name == NAME:
            if machine.runtime.powerState == "poweredOn":
                WaitForTask(machine.PowerOff())
            WaitForTask(machine.Destroy_Task())


def find(lab: Any, name: str) -> Any:
    (machine,) = [child for child in lab.datacenter.vmFolder.childEntity if child.name == name]
    return machine


def test_the_playbooks_modules(lab: Any, modules: Modules, deployed: dict[str, Any]) -> None:
    assert deployed.get("changed") is True, deployed
    machine = find(lab, NAME)
    assert machine.runtime.powerState == "poweredOff"
    assert {o.key: o.value for o in machine.config.extraConfig}["lab.image"] == "debian-12"

    again = modules.run(
        "deploy_folder_template",
        datacenter="nfv-dc",
        vm_name=NAME,
        template_name="debian-12-dpdk",
        template_folder="templates",
        cluster="nfv-a",
        power_on_after_deploy=False,
    )
    assert again["changed"] is False, again

    powered = modules.run("vm_powerstate", datacenter="nfv-dc", name=NAME, state="powered-on")
    assert powered["changed"] is True, powered
    assert machine.runtime.powerState == "poweredOn"
    again = modules.run("vm_powerstate", datacenter="nfv-dc", name=NAME, state="powered-on")
    assert again["changed"] is False, again

    lab.vcenter.report_guest(machine.config.uuid, ip_address="198.18.0.10", host_name="pgw-1")
    shut = modules.run("vm_powerstate", datacenter="nfv-dc", name=NAME, state="shutdown-guest", timeout=20)
    assert shut["changed"] is True, shut
    assert machine.runtime.powerState == "poweredOff"


def test_refusal_at_power_on_is_worded(lab: Any, modules: Modules, deployed: dict[str, Any]) -> None:
    high = vim.LatencySensitivity(level="high")
    WaitForTask(find(lab, NAME).Reconfigure(vim.vm.ConfigSpec(latencySensitivity=high)))
    refused = modules.run("vm_powerstate", datacenter="nfv-dc", name=NAME, state="powered-on")
    assert refused["failed"] is True
    assert "(sched.cpu.min) should be at least 4600 MHz" in json.dumps(refused)


def test_modules_verify_the_certificate(vcenter: Any, tmp_path: Path) -> None:
    nothing_trusted = tmp_path / "empty.pem"
    nothing_trusted.touch()
    refused = Modules(vcenter, nothing_trusted).run(
        "vm_powerstate", datacenter="nfv-dc", name="any", state="powered-on"
    )
    assert refused["failed"] is True
    assert "CERTIFICATE_VERIFY_FAILED" in json.dumps(refused)
