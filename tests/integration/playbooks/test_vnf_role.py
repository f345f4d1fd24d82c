# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Role vnf on this machine, in check mode: what it needs to run an application, and no longer needs to take it back."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest
import yaml

from tests.integration.playbooks.conftest import DATAPLANE
from tests.support.playbook import Run, run_playbook

HERE = {"ansible_connection": "local", "ansible_python_interpreter": "{{ ansible_playbook_python }}"}
# Reads an address, and computes with what it reads.
FILE = {"path": "/etc/nfv/it/it.conf", "content": "{{ vnf_values.pci_addresses.values() | map('upper') | join(' ') }}"}


@pytest.fixture
def run_role(tmp_path: Path) -> t.Callable[[str], Run]:
    def run(state: str) -> Run:
        variables = {
            "nfv_dataplane": DATAPLANE,
            "vnf_name": "it",
            "vnf_program": "/usr/bin/it",
            "vnf_files": [FILE],
            "vnf_state": state,
        }
        play = {"hosts": "localhost", "gather_facts": False, "roles": ["nfv.vsphere_dpdk.vnf"], "vars": variables}
        playbook = tmp_path / "play.yml"
        playbook.write_text(yaml.safe_dump([play]))
        inventory = tmp_path / "inventory.yml"
        inventory.write_text(yaml.safe_dump({"all": {"hosts": {"localhost": HERE}}}))
        return run_playbook(str(playbook), [inventory], "--check", timeout=120)

    return run


def test_files_with_addresses_are_taken_back_when_no_adapter_is_bound(run_role: t.Callable[[str], Run]) -> None:
    """As playbook remove does: it knows no devices."""
    run = run_role("absent")
    assert run.succeeded, run.failures


def test_files_with_addresses_are_not_written_when_no_adapter_is_bound(run_role: t.Callable[[str], Run]) -> None:
    run = run_role("present")
    assert any("[adapter_not_bound]" in message for message in run.failures), run.output
