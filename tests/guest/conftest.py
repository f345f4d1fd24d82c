# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One guest with snapshots of it just booted and forwarding with testpmd; every test starts from one of them."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab import lifecycle, standalone
from lab.plan import tap_name
from lab.state import State, find_state
from tests.guest import observation
from tests.support.playbook import ROOT, Run, run_playbook

HERE = Path(__file__).parent
PLAYBOOKS = ROOT / "extensions/molecule/shared/playbooks"
# Fewer packets than a deployment sends: what fails here fails at once. Sabotages wait for ports that start themselves.
START_TIMEOUT = 2
SHORT_PROOF = {
    "dpdk_verify_packets": observation.PACKETS,
    "dpdk_verify_pps": observation.PACKETS_PER_SECOND,
    "dpdk_verify_drain": observation.DRAIN_SECONDS,
    "dpdk_verify_start_timeout": START_TIMEOUT,
}
KEEP = "NFV_KEEP_GUEST"
"""Set by developers and by make test: a running guest is used, and left running."""
FORWARDING = "forwarding"
"""Snapshot of a guest in which testpmd polls and forwards (extensions/molecule/guest_reboot takes it)."""


@dataclass(frozen=True)
class Verdict:
    """What one verification of the guest found."""

    status: str
    rows: dict[str, dict[str, t.Any]]

    @classmethod
    def of(cls, found: t.Mapping[str, t.Any]) -> Verdict:
        """The verdict in the judge's answer, or in a host's part of a report."""
        return cls(found["status"], {row["name"]: row for row in found["evidence"]})

    @property
    def proved(self) -> bool:
        """Whether everything is proved."""
        return self.status == "proved"

    @property
    def reasons(self) -> dict[str, str]:
        """The reasons of the evidence that failed, by name."""
        return {name: row["reason"] for name, row in self.rows.items() if row["verdict"] != "pass"}


@dataclass(frozen=True)
class Testbed:
    """The lab, and one guest in it."""

    state: State
    guest: standalone.Guest
    reports: Path

    @property
    def inventories(self) -> list[Path]:
        """The lab's static inventory and the running lab's part."""
        return [ROOT / "examples/one_pgw/inventory", ROOT / "lab/inventory", self.state.inventory]

    def play(self, name: str, *arguments: str, **variables: t.Any) -> Run:
        """Run one of Molecule's shared playbooks on the guest."""
        return run_playbook(str(PLAYBOOKS / f"{name}.yml"), self.inventories, *arguments, variables=variables)

    def observe(self) -> Verdict:
        """Do what role dpdk_verify does, without a play, which would take several times as long."""
        return self.observe_both_ways()[0]

    def observe_both_ways(self) -> tuple[Verdict, Verdict]:
        """The verdict, and the passive one on the same samples: to it the tester's frames are live traffic."""
        before = self.sample(START_TIMEOUT)
        sent = observation.send(self.state, {device["name"]: device["mac"] for device in self.devices})
        after = self.sample(0)
        known, passive = (
            observation.judge(before, after, frames, self.devices, traffic)
            for frames, traffic in ((sent, "frames"), (([], 0), "passive"))
        )
        return Verdict.of(known), Verdict.of(passive)

    @functools.cached_property
    def devices(self) -> list[dict[str, str]]:
        """The polled adapters: PCI addresses as role dpdk_bind found them, MAC addresses as they were assigned."""
        bound = json.loads(self.shell("cat /etc/nfv-vsphere-dpdk/adapters.json"))["adapters"]
        addresses = {adapter["name"]: adapter["pci_address"] for adapter in bound}
        assigned = [(name, self.guest.mac(position)) for position, name in ((1, "s5u"), (2, "sgi"))]
        return [{"name": name, "mac": mac, "pci_address": addresses[name]} for name, mac in assigned]

    def sample(self, start_timeout: float) -> dict[str, t.Any]:
        """A sample of the guest as module pmd_evidence takes it."""
        program = observation.sample_script(self.devices, start_timeout)
        sample: dict[str, t.Any] = json.loads(self.shell(f"python3 - <<'END'\n{program}\nEND"))
        return sample

    def verify(self, **variables: t.Any) -> tuple[Verdict, Run]:
        """Run role dpdk_verify and read its report."""
        report = self.reports / "deploy.json"
        report.unlink(missing_ok=True)
        run = self.play("verify", nfv_report_dir=str(self.reports), **{**SHORT_PROOF, **variables})
        assert report.is_file(), f"no report was written:\n{run.output}"
        host = json.loads(report.read_text())["hosts"][self.guest.name]
        return Verdict.of(host), run

    def sabotage(self, name: str, **variables: str) -> str:
        """Run a script of this directory in the guest, as root; it gets the adapters' addresses as variables."""
        script = (HERE / f"sabotage/{name}.sh").read_text()
        library = (HERE / "sabotage/library.sh").read_text()
        given = "".join(f"{key}={value!r}\n" for key, value in variables.items())
        return self.shell(f"set -eu\n{given}{library}\n{script}")

    def shell(self, script: str, timeout: float = 600) -> str:
        """Run a script in the guest as root and return its output; a failure is an error of the test.

        It is one group of commands, which the shell reads whole: a command that reads its input gets nothing of it.
        """
        # One connection for all scripts until the guest is put back, which ends it: an emulated guest takes its time.
        ssh, *arguments = standalone.ssh_command(self.state, self.guest)
        shared = ["-o", "ControlMaster=auto", "-o", f"ControlPath={self.state.ssh}/tests", "-o", "ControlPersist=60"]
        done = subprocess.run(
            [ssh, *shared, *arguments, "sudo", "sh", "-s"],
            input=f"{{\n{script}\n}} </dev/null\n",
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        assert done.returncode == 0, f"{done.stdout}{done.stderr}"
        return done.stdout

    def ask(self, command: str, seconds: float = 60) -> str | None:
        """The output of a command over a new connection, None if the guest refuses it."""
        ssh, *arguments = standalone.ssh_command(self.state, self.guest)
        alone = ["-o", "ControlPath=none", "-o", f"ConnectTimeout={seconds:.0f}"]
        try:
            done = subprocess.run(
                [ssh, *alone, *arguments, command],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=seconds,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return None
        return done.stdout if done.returncode == 0 else None

    def reboot(self, timeout: float = 600) -> None:
        """Reboot the guest as an operator does, and return once ssh answers again."""
        boot = "cat /proc/sys/kernel/random/boot_id"
        before = self.shell(f"{boot}; systemd-run --quiet sh -c 'sleep 1; systemctl reboot'")
        standalone.close_connections(self.state)
        until = time.monotonic() + timeout
        while self.ask(boot, 20) in (None, before):
            assert time.monotonic() < until, f"the guest has not come back in {timeout:.0f} s"
            time.sleep(2)

    def telemetry(self, command: str) -> t.Any:
        """What testpmd answers to a telemetry command."""
        ask = (
            "import socket; s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET); "
            "s.connect('/run/dpdk/testpmd/dpdk_telemetry.v2'); s.recv(16384); "
            f"s.send(b'{command}'); print(s.recv(16384).decode())"
        )
        return json.loads(self.shell(f'python3 -c "{ask}"'))[command.partition(",")[0]]

    def restore(self, snapshot: str) -> None:
        """Return the guest to a snapshot."""
        standalone.restore(self.state, self.guest, snapshot, print)

    def keep(self, snapshot: str) -> None:
        """Take a snapshot of the guest."""
        standalone.snapshot(self.state, self.guest, snapshot, print)

    def move(self, adapter: int, port_group: str) -> None:
        """Attach one of the guest's adapters to another port group without its knowledge."""
        tap = self.tap(adapter)
        command = ["ip", "-n", self.state.segments_namespace, "link", "set", tap, "master", port_group]
        subprocess.run(command, check=True, timeout=30)

    def tap(self, adapter: int) -> str:
        """The host's end of an adapter."""
        return tap_name(self.guest.uuid, adapter)

    def plug(self, adapter: int, *, plugged: bool) -> None:
        """Connect one of the guest's adapters to its port group, or disconnect it."""
        command = [
            "ip",
            "-n",
            self.state.segments_namespace,
            "link",
            "set",
            self.tap(adapter),
            "up" if plugged else "down",
        ]
        subprocess.run(command, check=True, timeout=30)

    def plug_tester(self, *, plugged: bool) -> None:
        """Connect the tester's interfaces to their port groups, or disconnect them."""
        for port in ("tester-s5u", "tester-sgi"):
            command = ["ip", "-n", self.state.segments_namespace, "link", "set", port, "up" if plugged else "down"]
            subprocess.run(command, check=True, timeout=30)


@pytest.fixture(scope="session")
def untouched(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Testbed]:
    """A running guest with snapshot ``booted``, taken before any change."""
    state = find_state()
    lifecycle.up(state, print)
    guest = standalone.Guest("guest-1")
    if not os.environ.get(KEEP):
        standalone.stop(state, guest, print)
    standalone.fresh(state, guest, standalone.BOOTED, print)
    yield Testbed(state, guest, tmp_path_factory.mktemp("reports"))
    if not os.environ.get(KEEP):
        standalone.stop(state, guest, print)


@pytest.fixture(scope="session")
def testbed(untouched: Testbed) -> Testbed:
    """The same guest with testpmd, with snapshot ``forwarding`` taken once it forwards.

    Molecule's scenarios keep it under the same names: what they have deployed and proved need not be deployed again.
    """
    if not standalone.fresh(untouched.state, untouched.guest, FORWARDING, print):
        deployed = untouched.play("testpmd")
        assert deployed.succeeded, deployed.output
        untouched.keep(FORWARDING)
    return untouched


@pytest.fixture
def booted(untouched: Testbed) -> Testbed:
    """The guest just booted."""
    untouched.restore(standalone.BOOTED)
    return untouched


@pytest.fixture(scope="session")
def with_menu(untouched: Testbed) -> Testbed:
    """The same guest with a boot menu by its own update-grub instead of the lab's; its snapshot is ``menu``."""
    if not standalone.fresh(untouched.state, untouched.guest, "menu", print):
        untouched.shell("update-grub")
        untouched.keep("menu")
    return untouched


@pytest.fixture
def own_menu(with_menu: Testbed) -> Testbed:
    """The guest with its own boot menu."""
    with_menu.restore("menu")
    return with_menu


@pytest.fixture
def forwarding(testbed: Testbed) -> t.Iterator[Testbed]:
    """The guest with testpmd just started; the next test does not see what this one does to it."""
    testbed.restore(FORWARDING)
    yield testbed
    testbed.plug_tester(plugged=True)
    testbed.move(1, "PG-S5U")
