# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One guest that forwards frames with testpmd, kept in memory and put back before every test."""

from __future__ import annotations

import json
import os
import subprocess
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab import lifecycle, standalone
from lab.plan import tap_name
from lab.state import State, find_state
from tests.support.playbook import ROOT, Run, run_playbook

HERE = Path(__file__).parent
# Fewer packets than a deployment sends: what fails here fails at once.
SHORT_PROOF = {"dpdk_verify_packets": 200, "dpdk_verify_pps": 200, "dpdk_verify_drain": 1}
KEEP = "NFV_KEEP_GUEST"
"""Set while developing: a guest that runs already is used, and left running."""


@dataclass(frozen=True)
class Verdict:
    """What one verification of the guest found, from its report."""

    run: Run
    proved: bool
    rows: dict[str, dict[str, t.Any]]

    @property
    def reasons(self) -> dict[str, str]:
        """The reasons of the rows that do not hold, by name."""
        return {name: row["reason"] for name, row in self.rows.items() if row["verdict"] != "pass"}


@dataclass(frozen=True)
class Testbed:
    """The lab, and one guest in it."""

    state: State
    guest: standalone.Guest
    reports: Path

    def play(self, name: str, *arguments: str, **variables: t.Any) -> Run:
        """Run a playbook of this directory on the guest."""
        inventories = [ROOT / "lab/inventory", self.state.inventory]
        return run_playbook(str(HERE / f"playbooks/{name}.yml"), inventories, *arguments, variables=variables)

    def verify(self, **variables: t.Any) -> Verdict:
        """Run role dpdk_verify and read its report."""
        report = self.reports / "deploy.json"
        report.unlink(missing_ok=True)
        run = self.play("verify", dpdk_verify_report_dir=str(self.reports), **{**SHORT_PROOF, **variables})
        assert report.is_file(), f"no report was written:\n{run.output}"
        host = json.loads(report.read_text())["hosts"][self.guest.name]
        return Verdict(run, host["proved"], {row["name"]: row for row in host["evidence"]})

    def sabotage(self, name: str, **variables: str) -> str:
        """Run a script of this directory in the guest, as root; it gets the adapters' addresses as variables."""
        script = (HERE / f"sabotage/{name}.sh").read_text()
        library = (HERE / "sabotage/library.sh").read_text()
        given = "".join(f"{key}={value!r}\n" for key, value in variables.items())
        return self.shell(f"set -eu\n{given}{library}\n{script}")

    def shell(self, script: str, timeout: float = 180) -> str:
        """Run a script in the guest as root and return what it said; a failure is an error of the test."""
        done = subprocess.run(
            [*standalone.ssh_command(self.state, self.guest), "sudo", "sh", "-s"],
            input=script,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}{done.stderr}"
        return done.stdout

    def restore(self, snapshot: str) -> None:
        """Put the guest back."""
        standalone.restore(self.state, self.guest, snapshot, print)

    def keep(self, snapshot: str) -> None:
        """Keep the guest as it is."""
        standalone.snapshot(self.state, self.guest, snapshot, print)

    def move(self, adapter: int, port_group: str) -> None:
        """Plug one of the guest's adapters into another port group, behind its back."""
        tap = self.tap(adapter)
        command = ["ip", "-n", self.state.segments_namespace, "link", "set", tap, "master", port_group]
        subprocess.run(command, check=True, timeout=30)

    def tap(self, adapter: int) -> str:
        """The host's end of an adapter."""
        return tap_name(self.guest.uuid, adapter)

    def plug_tester(self, *, plugged: bool) -> None:
        """Plug the tester's interfaces into their port groups, or pull them out."""
        for port in ("tester-s5u", "tester-sgi"):
            command = ["ip", "-n", self.state.segments_namespace, "link", "set", port, "up" if plugged else "down"]
            subprocess.run(command, check=True, timeout=30)


@pytest.fixture(scope="session")
def testbed(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Testbed]:
    """A guest with testpmd, kept as ``booted`` before anything was done and as ``testpmd`` when it forwards."""
    state = find_state()
    lifecycle.up(state, print)
    guest = standalone.Guest("guest-1")
    made = Testbed(state, guest, tmp_path_factory.mktemp("reports"))
    if not os.environ.get(KEEP):
        standalone.stop(state, guest, print)
    if not standalone.fresh(state, guest, "testpmd", print):
        deployed = made.play("testpmd")
        assert deployed.succeeded, deployed.output
        made.keep("testpmd")
    yield made
    if not os.environ.get(KEEP):
        standalone.stop(state, guest, print)


@pytest.fixture
def forwarding(testbed: Testbed) -> t.Iterator[Testbed]:
    """The guest as it was when testpmd had just started; whatever a test does to it is forgotten."""
    testbed.restore("testpmd")
    yield testbed
    testbed.plug_tester(plugged=True)
    testbed.move(1, "PG-S5U")
