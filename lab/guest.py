# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One virtual machine on this host: its disk, its taps and its QEMU process."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab import guestinfo, networks, processes
from lab.channels import GuestAgent, qmp
from lab.commands import last_line, run
from lab.errors import LabError
from lab.machine import Place, VirtualMachine, qemu_arguments
from lab.plan import tap_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.processes import ProcessRecord
    from lab.state import State

SNAPSHOT_SECONDS = 180.0
"""Writing or reading the memory of a guest; a few seconds on an idle machine."""
START_SECONDS = 20.0
"""QEMU answers on its QMP socket within a second; the rest is for a busy machine."""
AGENT_SECONDS = 10.0
RECORD = "qemu.pid"


def machine_directory(state: State, machine_uuid: str) -> Path:
    """Return the directory of a machine's disk and logs."""
    return state.machines / machine_uuid


def place_of(state: State, machine: VirtualMachine) -> Place:
    """Return the files of a machine; sockets have short names because the length of their paths is limited."""
    directory = machine_directory(state, machine.uuid)
    short = machine.uuid.replace("-", "")[:8]
    return Place(
        disk=str(directory / "disk.qcow2"),
        console_log=str(directory / "console.log"),
        qmp_socket=str(state.run / f"{short}-qmp.sock"),
        agent_socket=str(state.run / f"{short}-agent.sock"),
        taps=tuple(tap_name(machine.uuid, position) for position in range(len(machine.adapters))),
        seed=str(directory / "seed"),
        guestinfo=str(directory / "guestinfo"),
    )


@dataclass
class Guest:
    """A machine that was powered on."""

    state: State
    """The lab that it runs in."""
    machine: VirtualMachine
    """Its configuration."""
    place: Place
    """Its files, sockets and taps."""
    process: subprocess.Popen[bytes]
    """QEMU."""
    expected_end: bool = False
    """Whether vCenter asked for the power-off and so needs no report of it."""
    ip_address: str | None = None
    """The address last reported to vCenter."""
    agent_lock: threading.Lock = field(default_factory=threading.Lock)
    """QEMU serves one client of the agent's socket at a time."""

    def qmp(self, command: str, arguments: dict[str, Any] | None = None, timeout: float = 10) -> Any:
        """Run a QMP command; raises ``qemu_unreachable`` if QEMU does not answer in ``timeout`` seconds."""
        try:
            return qmp(Path(self.place.qmp_socket), command, arguments, timeout)
        except OSError as error:
            raise LabError(
                "qemu_unreachable", f"{self.machine.name}: {command}: QEMU does not answer: {error}"
            ) from error

    def snapshot(self, name: str) -> None:
        """Save the running guest's memory and disk under a name, replacing an earlier snapshot of that name."""
        self._monitor(f"savevm {name}", "snapshot_failed")

    def restore(self, name: str) -> None:
        """Return the running guest to a snapshot."""
        self._monitor(f"loadvm {name}", "restore_failed")
        self.qmp("cont")

    def _monitor(self, line: str, error_code: str) -> None:
        """Run a command of QEMU's human monitor, which prints something only on failure."""
        said = self.qmp("human-monitor-command", {"command-line": line}, SNAPSHOT_SECONDS)
        if said:
            raise LabError(error_code, f"{self.machine.name}: {line}: {str(said).strip()}")

    def said(self) -> dict[str, str]:
        """Return what the guest has set in guestinfo."""
        path = Path(self.place.guestinfo)
        return guestinfo.said(path.read_text(errors="replace")) if self.machine.told and path.exists() else {}

    @contextlib.contextmanager
    def agent(self) -> Iterator[GuestAgent]:
        """Yield the guest's agent once it answers; raises OSError (TimeoutError) if it does not."""
        with self.agent_lock, GuestAgent(Path(self.place.agent_socket), AGENT_SECONDS) as agent:
            agent.synchronise()
            yield agent

    def power_off(self) -> None:
        """End QEMU at once, without a shutdown; returns once the process has ended."""
        self.expected_end = True
        with contextlib.suppress(LabError):
            self.qmp("quit")
        try:
            self.process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=10)

    def shut_down(self, mode: str, fallback: str) -> None:
        """Ask the guest agent for ``mode`` (powerdown, reboot); without an agent, run the QMP command ``fallback``."""
        try:
            with self.agent() as agent:
                agent.send({"execute": "guest-shutdown", "arguments": {"mode": mode}})
                # The agent answers a shutdown with silence; a refusal comes at once.
                with contextlib.suppress(TimeoutError, ConnectionError):
                    answer = agent.receive(time.monotonic() + 1)
                    if "error" in answer:
                        raise LabError("shutdown_refused", f"{self.machine.name}: {answer['error'].get('desc')}")
        except OSError:
            self.qmp(fallback)

    def release(self) -> None:
        """Remove the taps, sockets and record of a guest that has ended; the disk stays."""
        for tap in self.place.taps:
            networks.remove_tap(self.state, tap)
        for path in (self.place.qmp_socket, self.place.agent_socket):
            Path(path).unlink(missing_ok=True)
        (machine_directory(self.state, self.machine.uuid) / RECORD).unlink(missing_ok=True)


def power_on(state: State, machine: VirtualMachine, *, kvm: bool) -> Guest:
    """Start QEMU for a machine and return once it runs.

    Raises LabError: ``image_missing``, ``network_failed`` or ``power_on_failed`` with QEMU's own words.
    """
    directory = machine_directory(state, machine.uuid)
    directory.mkdir(parents=True, exist_ok=True)
    place = place_of(state, machine)
    _ensure_disk(state, machine, Path(place.disk))
    _write_seed(machine, Path(place.seed))
    for adapter, tap in zip(machine.adapters, place.taps):
        networks.add_tap(state, tap, adapter.network)
    command = qemu_arguments(machine, place, kvm=kvm)
    log = directory / "qemu.log"
    with log.open("w") as output:
        process = subprocess.Popen(
            ["ip", "netns", "exec", state.segments_namespace, *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    guest = Guest(state, machine, place, process)
    try:
        _wait_for_qemu(guest, tuple(command), directory / RECORD, log)
        for position, adapter in enumerate(machine.adapters):
            if not adapter.connected:
                qmp(Path(place.qmp_socket), "set_link", {"name": f"adapter{position}", "up": False})
    except (LabError, OSError) as error:
        process.kill()
        process.wait()
        guest.release()
        if isinstance(error, LabError):
            raise
        raise LabError("power_on_failed", f"{machine.name}: QEMU does not answer: {error}") from error
    return guest


def _ensure_disk(state: State, machine: VirtualMachine, disk: Path) -> None:
    if disk.exists():
        return
    image = state.images / f"{machine.image}.qcow2"
    if "/" in machine.image or not image.exists():
        raise LabError("image_missing", f"{machine.name}: no golden image {machine.image!r}: run `python -m lab image`")
    run(
        # The image file itself, not the symbolic link: a newer image must not replace the one below this disk.
        ["qemu-img", "create", "-q", "-f", "qcow2", "-F", "qcow2", "-b", image.resolve(), disk],
        error_code="disk_failed",
        attempted=f"{machine.name}: making its disk from image {machine.image}",
    )


def _write_seed(machine: VirtualMachine, seed: Path) -> None:
    """Write the files of cloud-init's drive; raises LabError ``guestinfo_malformed``."""
    shutil.rmtree(seed, ignore_errors=True)
    if machine.told:
        seed.mkdir()
        for name, content in guestinfo.seed_files(machine.name, machine.guestinfo).items():
            (seed / name).write_bytes(content)


def _wait_for_qemu(guest: Guest, command: tuple[str, ...], record_path: Path, log: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while guest.process.poll() is None:
        record = processes.observe(guest.process.pid)
        if record and record.command == command:
            processes.write_record(record_path, record)
            with contextlib.suppress(OSError):
                qmp(Path(guest.place.qmp_socket), "query-status")
                return
        if time.monotonic() > until:
            raise LabError("power_on_failed", f"{guest.machine.name}: QEMU not running after {START_SECONDS:.0f} s")
        time.sleep(0.1)
    raise LabError("power_on_failed", f"{guest.machine.name}: QEMU ended at once: {last_line(log.read_text())}")


def destroy(state: State, machine_uuid: str) -> None:
    """Remove a powered-off machine's disk and logs."""
    shutil.rmtree(machine_directory(state, machine_uuid), ignore_errors=True)


def recorded(state: State) -> dict[str, ProcessRecord]:
    """Return the records of all QEMU processes by machine uuid, running or not."""
    found = {path.parent.name: processes.read_record(path) for path in state.machines.glob(f"*/{RECORD}")}
    return {machine_uuid: record for machine_uuid, record in found.items() if record}
