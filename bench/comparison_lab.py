# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the playbook that compares poll mode with interrupts, in the lab's guests, and reads its report.

The reports stay in reports/comparison-testpmd and reports/comparison-pgw. The lab is this checkout's. It is started
where it does not run; one guest runs at a time, because each takes a CPU.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

import yaml

from lab import lifecycle, standalone
from lab.deploy import deploy
from lab.state import State, find_state
from lab.tools import PROGRAMS, environment, install_collection, inventory_arguments

Json = dict[str, t.Any]

PLAYBOOK: t.Final = "nfv.vsphere_dpdk.compare_poll_and_interrupt"
FORWARDING: t.Final = "forwarding"
"""Snapshot of a guest in which testpmd polls and forwards; Molecule's scenario guest_reboot makes it, too."""
_TESTPMD: t.Final[Json] = {
    "nfv_workload": {"role": "nfv.vsphere_dpdk.vnf"},
    "vnf_name": "testpmd",
    "vnf_program": "/usr/bin/dpdk-testpmd",
    "vnf_arguments": ["--forward-mode=mac", "--auto-start", "--stats-period=60"],
}
_DEPLOY_TESTPMD: t.Final = "extensions/molecule/shared/playbooks/testpmd.yml"


def compare_testpmd(variables: Json) -> Json:
    """The report on testpmd and the routing kernel, in a guest that no vCenter knows.

    variables: of the playbook, beside the consent. Raises RuntimeError where nothing was compared, and LabError.
    """
    state = find_state()
    lifecycle.up(state, _say)
    install_collection(state)
    guest = standalone.Guest("guest-1")
    try:
        deployed = standalone.fresh(state, guest, FORWARDING, _say)
        with tempfile.TemporaryDirectory() as directory:
            hosts = Path(directory) / "hosts.json"
            hosts.write_text(json.dumps(guest_inventory(state, guest)), encoding="utf-8")
            if not deployed:
                _play(state, str(state.checkout / _DEPLOY_TESTPMD), ["-i", str(hosts)])
            return _compare(state, ["-i", str(hosts)], variables, "comparison-testpmd")
    finally:
        standalone.stop(state, guest, _say)


def compare_pgw(variables: Json) -> Json:
    """The report on the lab's PGW, Open vSwitch on DPDK, and the kernel's module gtp; ends the lab.

    variables: of the playbook, beside the consent. Raises RuntimeError where nothing was compared, and LabError.
    """
    state = find_state()
    try:
        if not deploy(state, _say):
            raise RuntimeError("the lab's PGW is not proved, so nothing is compared")
        return _compare(state, inventory_arguments(state), variables, "comparison-pgw")
    finally:
        lifecycle.down(state, _say)


def guest_inventory(state: State, guest: standalone.Guest) -> Json:
    """An inventory of one guest with testpmd and of the tester, without a vCenter."""
    shared = state.checkout / "examples/one_pgw/inventory/group_vars"
    described = {
        **_read(state.checkout / "lab/inventory/group_vars/guests/dataplane.yml"),
        **_read(state.checkout / "lab/inventory/group_vars/all/dpdk_install.yml"),
        **_read(state.inventory / "group_vars/reached_by_ssh/lab.yml"),
        **_read(state.inventory / f"host_vars/{guest.name}.yml"),
        **_TESTPMD,
    }
    tester = {**_read(state.inventory / "group_vars/testers/lab.yml"), **_read(shared / "testers/tester.yml")}
    return {
        "guests": {"hosts": {guest.name: described}},
        "testers": {"hosts": {"tester-1": tester}},
    }


def _read(path: Path) -> Json:
    content: Json = yaml.safe_load(path.read_text(encoding="utf-8"))
    return content


def _compare(state: State, inventory: t.Sequence[str], variables: Json, name: str) -> Json:
    reports = state.checkout / "reports" / name
    given = {**variables, "comparison_interrupt_service": "when_needed", "nfv_report_dir": str(reports)}
    _play(state, PLAYBOOK, [*inventory, "--extra-vars", json.dumps(given)])
    report: Json = json.loads((reports / "comparison.json").read_text(encoding="utf-8"))
    if report["error"]:
        raise RuntimeError(report["error"])
    return report


def _play(state: State, playbook: str, arguments: t.Sequence[str]) -> None:
    command = [str(PROGRAMS / "ansible-playbook"), *arguments, playbook]
    # Standard output is the benchmark's table.
    where = environment(state.checkout)
    done = subprocess.run(command, env=where, cwd=state.checkout, stdout=sys.stderr, check=False)
    if done.returncode:
        raise RuntimeError(f"{playbook} ended with status {done.returncode}; its output says why")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
