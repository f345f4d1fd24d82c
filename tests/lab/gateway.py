# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's PGW: commands and modules in its guest, packets at the tester's two ends."""

from __future__ import annotations

import json
import shlex
import subprocess
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

import yaml

from lab import standalone
from lab.testing.bidirectional_traffic import Subscriber
from lab.testing.tester_port import Port
from tests.support.playbook import ROOT, Run, run_playbook

if t.TYPE_CHECKING:
    from tests.lab.conftest import Deployment

VARIABLES = ROOT / "examples/one_pgw/inventory/group_vars/pgw/user_plane.yml"
# What the lab's variables are for the module.
PLANE = {
    "s5u": "{{ pgw_s5u }}",
    "sgi": "{{ pgw_sgi }}",
    "sessions": "{{ pgw_sessions }}",
    "path_management": "{{ pgw_path_management }}",
    "verify_session": "{{ pgw_verify_session }}",
}
STATUS = "/run/nfv-vsphere-dpdk/pgw-path/status.json"


@dataclass(frozen=True)
class Gateway:
    """The PGW's guest and the tester's two ends."""

    deployment: Deployment
    """The running deployment."""
    address: str
    """The guest's management address."""
    s5u: Port
    """The tester's end of S5-U."""
    sgi: Port
    """The tester's end of SGi."""
    scratch: Path
    """Directory for captures and other files."""
    figures: dict[str, float]
    """What tests have measured, for reports/pgw-lab.json."""

    @classmethod
    def find(cls, deployment: Deployment, scratch: Path) -> Gateway:
        """The running PGW."""
        address = deployment.address
        macs = {}
        for bridge in ("br-s5u", "br-sgi"):
            (link,) = json.loads(run_in_guest(deployment, address, "ip", "-json", "link", "show", bridge))
            macs[bridge] = link["address"]
        namespace = deployment.state.tester_namespace
        ports = Port(namespace, "s5u", macs["br-s5u"]), Port(namespace, "sgi", macs["br-sgi"])
        return cls(deployment, address, *ports, scratch, {})

    @property
    def subscribers(self) -> list[Subscriber]:
        """The lab's own sessions."""
        sessions = yaml.safe_load(VARIABLES.read_text())["pgw_sessions"]
        return [Subscriber(session["ue_address"], session["local_teid"]) for session in sessions]

    def run(self, *command: str) -> str:
        """Runs a command in the guest as root; returns its output."""
        return run_in_guest(self.deployment, self.address, *command)

    def ask(self, *command: str) -> str:
        """Runs a command over a connection of its own: a guest that reboots answers in 20 s or not at all."""
        return run_in_guest(self.deployment, self.address, *command, control_path="none", seconds=20)

    def play(self, *tasks: dict[str, t.Any], **variables: t.Any) -> Run:
        """Runs tasks in the guest; all must succeed."""
        playbook = self.scratch / "tasks.yml"
        playbook.write_text(json.dumps([{"hosts": "pgw", "gather_facts": False, "tasks": list(tasks)}]))
        content = self.scratch / "variables.json"
        content.write_text(json.dumps({**variables, "ansible_host": self.address}))
        run = run_playbook(str(playbook), self.deployment.inventories, f"--extra-vars=@{content}")
        assert run.succeeded, run.output[-5000:]
        return run

    def module(self, name: str, options: t.Mapping[str, t.Any], **variables: t.Any) -> dict[str, t.Any]:
        """Runs one module of the collection in the guest; returns its result."""
        task = {"name": name, f"nfv.vsphere_dpdk.{name}": dict(options)}
        return self.play(task, **variables).result_of(name)

    def statistics(self) -> dict[str, t.Any]:
        """What pgw_sessions_info returns; counters of the datapath come to the flows once a second."""
        time.sleep(1.5)
        return self.module("pgw_sessions_info", {})

    def path(self) -> dict[str, t.Any]:
        """The status file of path management."""
        found: dict[str, t.Any] = json.loads(self.run("cat", STATUS))
        return found

    def reboot(self, seconds: float = 600) -> None:
        """Reboots the guest; returns once the new boot can be reached and the whole user plane is up."""
        boot = ("cat", "/proc/sys/kernel/random/boot_id")
        before = self.run(*boot)
        self.run("systemd-run", "--quiet", "sh", "-c", "sleep 1; systemctl reboot")
        # A rebooted guest does not know the shared connections: ssh would wait for its answer.
        standalone.close_connections(self.deployment.state)
        deadline = time.monotonic() + seconds
        while True:
            try:
                if self.ask(*boot) != before and self.ask("systemctl", "is-active", "nfv-pgw.service") == "active\n":
                    return
            except RuntimeError:
                if time.monotonic() > deadline:
                    raise
            assert time.monotonic() < deadline, f"the user plane has not come back in {seconds:.0f} s"
            time.sleep(2)

    def note(self, **figures: float) -> None:
        """Records a figure."""
        self.figures.update({name: round(value, 2) for name, value in figures.items()})
        report = ROOT / "reports/pgw-lab.json"
        report.parent.mkdir(exist_ok=True)
        report.write_text(json.dumps(self.figures, indent=1) + "\n")

    def close(self) -> None:
        """Closes the tester's ports."""
        self.s5u.close()
        self.sgi.close()


def quiet(*ports: Port) -> None:
    """Discards what has arrived."""
    for port in ports:
        port.received(0.3, 100_000, lambda _packet: True)


def run_in_guest(
    deployment: Deployment, address: str, *command: str, control_path: str | None = None, seconds: float = 120
) -> str:
    """Runs a command over the inventory's connection. Raises RuntimeError with the output if it fails or is late."""
    variables = yaml.safe_load((deployment.state.inventory / "group_vars/reached_by_ssh/lab.yml").read_text())
    # The first value of an option counts.
    control = ("-o", f"ControlPath={control_path or deployment.state.ssh / 'test-%C'}")
    way = [
        *("ssh", *control, *shlex.split(variables["ansible_ssh_args"]), "-o", "BatchMode=yes"),
        *("-o", "ConnectTimeout=10", "-i", variables["ansible_ssh_private_key_file"]),
        *(f"{variables['ansible_user']}@{address}", "sudo", shlex.join(command)),
    ]
    try:
        done = subprocess.run(way, capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as error:
        raise RuntimeError(f"{shlex.join(command)} had not ended after {seconds:.0f} s") from error
    if done.returncode != 0:
        raise RuntimeError(f"{shlex.join(command)} ended with status {done.returncode}: {done.stdout}{done.stderr}")
    return done.stdout
