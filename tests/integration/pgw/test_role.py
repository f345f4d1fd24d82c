# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which modules the role pgw runs in a guest, and what it refuses. Stand-ins answer for the modules."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from tests.support.imports import ROOT

STAND_IN = """\
#!/usr/bin/python
import json

from ansible.module_utils.basic import AnsibleModule

ANSWERS, CALLS = {answers!r}, {calls!r}
OPTIONS = {options!r}


def main():
    module = AnsibleModule({{name: {{"type": "raw"}} for name in OPTIONS}}, supports_check_mode=True)
    given = {{name: value for name, value in module.params.items() if value is not None}}
    with open(CALLS, "a") as calls:
        calls.write(json.dumps([{name!r}, module.check_mode, given]) + "\\n")
    with open(ANSWERS) as answers:
        module.exit_json(**json.load(answers)[{name!r}])


main()
"""
OPTIONS = {
    "ovs_dpdk": ("state", "polling_cpus", "housekeeping_cpus", "hugepages", "bridges", "restart"),
    "pgw_sessions": ("state", "s5u", "sgi", "sessions", "path_management", "statistics"),
}
AS_DESCRIBED: dict[str, dict[str, t.Any]] = {
    "ovs_dpdk": {"changed": False, "installed": True, "restart_required": False, "restart_reasons": []},
    "pgw_sessions": {"changed": False, "silent": []},
}
VARIABLES: dict[str, t.Any] = {
    "nfv_dataplane": {
        "cpu": {"count": 2, "polling": "1"},
        "memory": {"size_mb": 2048, "hugepages": [{"size": "2M", "amount_mb": 512}]},
        "adapters": [
            {"name": "mgmt", "network": "PG-Mgmt", "driver": "kernel"},
            {"name": "s5u", "network": "PG-S5U", "driver": "pmd"},
            {"name": "sgi", "network": "PG-SGi", "driver": "pmd"},
        ],
    },
    "nfv_devices": [
        {"name": "s5u", "pci_address": "0000:0b:00.0", "driver": "vfio-pci"},
        {"name": "sgi", "pci_address": "0000:13:00.0", "driver": "uio_pci_generic"},
    ],
    "pgw_s5u": {"adapter": "s5u", "address": "198.18.1.1/24"},
    "pgw_sgi": {"adapter": "sgi", "address": "198.18.2.1/24", "next_hop": "198.18.2.2"},
    "pgw_sessions": [],
}


class Role:
    """The role in a copy of the collection, with stand-ins for the modules that it runs in a guest."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._answers, self._calls = directory / "answers.json", directory / "calls"
        copy = directory / "ansible_collections/nfv/vsphere_dpdk"
        for folder in ("plugins", "roles/pgw", "meta"):
            shutil.copytree(ROOT / folder, copy / folder)
        shutil.copy(ROOT / "galaxy.yml", copy)
        for name, options in OPTIONS.items():
            paths = {"answers": str(self._answers), "calls": str(self._calls)}
            (copy / f"plugins/modules/{name}.py").write_text(STAND_IN.format(name=name, options=options, **paths))
        playbook = [{"hosts": "guest", "gather_facts": False, "roles": ["nfv.vsphere_dpdk.pgw"]}]
        (directory / "play.yml").write_text(json.dumps(playbook))

    def run(
        self, changes: dict[str, t.Any] | None = None, *arguments: str, **answers: t.Any
    ) -> tuple[str, list[t.Any]]:
        """Runs the role; returns its output, and each call as (module, check mode, options)."""
        told = {name: {**answer, **answers.get(name, {})} for name, answer in AS_DESCRIBED.items()}
        self._answers.write_text(json.dumps(told))
        self._calls.write_text("")
        content = self._directory / "variables.json"
        content.write_text(json.dumps({**VARIABLES, **(changes or {}), "ansible_python_interpreter": sys.executable}))
        done = subprocess.run(
            [
                Path(sys.executable).with_name("ansible-playbook"),
                *("--inventory=guest,", "--connection=local", f"--extra-vars=@{content}", *arguments),
                self._directory / "play.yml",
            ],
            env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(self._directory), "ANSIBLE_NOCOLOR": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        calls = [json.loads(line) for line in self._calls.read_text().splitlines()]
        return done.stdout + done.stderr, calls


@pytest.fixture(scope="module")
def role(tmp_path_factory: pytest.TempPathFactory) -> Role:
    return Role(tmp_path_factory.mktemp("role"))


def test_guest_that_is_as_described_is_looked_at_twice(role: Role) -> None:
    output, calls = role.run()
    assert [call[:2] for call in calls] == [["ovs_dpdk", True], ["pgw_sessions", False]], output
    assert "changed=0" in output and "failed=0" in output
    switch, sessions = calls[0][2], calls[1][2]
    assert (switch["polling_cpus"], switch["housekeeping_cpus"]) == ("1", "0")
    assert {port["name"]: port["number"] for bridge in switch["bridges"] for port in bridge["ports"]} == {
        "s5u": 1, "sgi": 1, "gtpu": 2, "pgw-path": 3, "gtpu-messages": 4
    }  # fmt: skip
    assert sessions["s5u"] == VARIABLES["pgw_s5u"] and "statistics" not in sessions


def test_switch_that_differs_is_configured(role: Role) -> None:
    output, calls = role.run(ovs_dpdk={"changed": True})
    assert [call[:2] for call in calls] == [["ovs_dpdk", True], ["ovs_dpdk", False], ["pgw_sessions", False]], output


def test_restart_without_consent_is_refused_before_any_change(role: Role) -> None:
    needed = {"changed": True, "restart_required": True, "restart_reasons": ["dpdk-init changes"]}
    output, calls = role.run({"pgw_restart": "never"}, ovs_dpdk=needed)
    assert [call[:2] for call in calls] == [["ovs_dpdk", True]]
    assert "[restart_required] guest" in output and "dpdk-init changes" in output


def test_silent_neighbour_fails_unless_it_may_be_silent(role: Role) -> None:
    output, _calls = role.run(pgw_sessions={"silent": ["198.18.2.2"]})
    assert "[neighbour_silent] guest: 198.18.2.2" in output and "failed=1" in output
    output, _calls = role.run({"pgw_require_neighbours": False}, pgw_sessions={"silent": ["198.18.2.2"]})
    assert "failed=0" in output


def test_adapter_without_a_userspace_driver_is_refused_outside_of_check_mode(role: Role) -> None:
    devices = [{**VARIABLES["nfv_devices"][0], "driver": "vmxnet3"}, VARIABLES["nfv_devices"][1]]
    output, calls = role.run({"nfv_devices": devices})
    assert "[adapter_not_bound] s5u" in output and calls == []
    _output, calls = role.run({"nfv_devices": devices}, "--check")
    assert [call[:2] for call in calls] == [["ovs_dpdk", True], ["pgw_sessions", True]]


def test_wrong_description_is_refused_before_any_look(role: Role) -> None:
    output, calls = role.run({"pgw_path_management": {"echo_interval": 0}})
    assert "[value_out_of_range] guest: pgw_path_management.echo_interval" in output and calls == []


def test_removal_asks_two_modules(role: Role) -> None:
    output, calls = role.run({"pgw_state": "absent"})
    assert [(call[0], call[2]["state"]) for call in calls] == [("pgw_sessions", "absent"), ("ovs_dpdk", "absent")]
    assert "failed=0" in output
