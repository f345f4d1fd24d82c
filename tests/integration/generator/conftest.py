# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role dpdk_verify on this machine, which has no guest: what it refuses, and what it says when it looks at nothing."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml

from lab.standalone import Guest
from tests.support.playbook import ROOT, Run, run_playbook

GUEST, GENERATOR = Guest("guest-1"), Guest("generator-1")
PLAYBOOK = """
- hosts: guest-1
  gather_facts: false
  tasks:
    - name: Prove it
      ansible.builtin.include_role: {name: nfv.vsphere_dpdk.dpdk_verify}
"""
DEVICES = [
    {"name": name, "mac": GUEST.mac(position), "pci_address": f"0000:7f:1{position}.0"}
    for position, name in ((1, "s5u"), (2, "sgi"))
]
Verify = t.Callable[..., Run]


@pytest.fixture
def verify(tmp_path: Path) -> Verify:
    """Runs the role; the report is in tmp_path."""
    described = yaml.safe_load((ROOT / "lab/inventory/group_vars/guests/dataplane.yml").read_text())
    hosts = {guest.name: {**guest.variables("unused"), "ansible_connection": "local"} for guest in (GUEST, GENERATOR)}
    for variables in hosts.values():
        del variables["ansible_host"]
    inventory = tmp_path / "hosts.yml"
    inventory.write_text(
        yaml.safe_dump(
            {
                "all": {"vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"}},
                "guests": {"hosts": {"guest-1": hosts["guest-1"]}, "vars": described},
                "generators": {"hosts": {"generator-1": hosts["generator-1"]}},
            }
        )
    )
    (tmp_path / "play.yml").write_text(PLAYBOOK)

    def run(*arguments: str, **variables: t.Any) -> Run:
        fixed = {
            "nfv_application": {
                "kind": "dpdk",
                "unit": "vnf-none.service",
                "file_prefix": "none",
                "executable": "dpdk-testpmd",
            },
            "dpdk_verify_traffic": "testpmd",
            "dpdk_verify_start_timeout": 0,
            "nfv_report_dir": str(tmp_path),
            "dpdk_verify_devices": DEVICES,
        }
        return run_playbook(str(tmp_path / "play.yml"), [inventory], *arguments, variables={**fixed, **variables})

    return run
