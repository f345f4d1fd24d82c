# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What playbooks/vars/common.yml gives to the modules of vmware.vmware, which know no option for an authority."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from tests.support.playbook import ROOT, run_playbook

NAMES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE")
# The variables of a play, and the authority that its modules get.
CASES: list[tuple[dict[str, t.Any], str | None]] = [
    ({}, None),
    ({"vsphere_ca_path": ""}, None),
    ({"vsphere_ca_path": None}, None),
    ({"vsphere_ca_path": "/ours.pem"}, "/ours.pem"),
]


def play(number: int, variables: dict[str, t.Any]) -> dict[str, t.Any]:
    return {
        "hosts": "localhost",
        "gather_facts": False,
        "vars": variables,
        "vars_files": [str(ROOT / "playbooks/vars/common.yml")],
        "environment": "{{ __nfv_vmware_environment }}",
        "tasks": [{"name": f"Show {number}", "ansible.builtin.command": "env"}],
    }


def test_an_authority_is_in_the_environment_only_when_there_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    playbook = tmp_path / "show.yml"
    playbook.write_text(json.dumps([play(number, variables) for number, (variables, _seen) in enumerate(CASES)]))
    run = run_playbook(str(playbook), [])
    assert run.succeeded, run.output
    for number, (variables, seen) in enumerate(CASES):
        lines = run.result_of(f"Show {number}")["stdout_lines"]
        environment = dict(line.partition("=")[::2] for line in lines if "=" in line)
        assert {environment.get(name) for name in NAMES} == {seen}, variables
