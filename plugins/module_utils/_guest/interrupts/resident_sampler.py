# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples a guest's CPUs, its adapters' interrupts, and an application's threads and polling cycles while trials run.

Module guest_sampler puts this file into the guest as it is, so that it imports nothing of the collection. It is called
as ``resident_sampler.py start SETTINGS``, which returns when the first sample is written, and ``… end SETTINGS``.
One process appends one JSON object a line, and ends by itself when its time is over. Whoever holds the lock samples.
A sample of two CPUs, two adapters and twelve threads takes 0.5 ms of CPU time on a machine of 2026.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import signal
import socket
import sys
import time
import typing as t
from pathlib import Path

END_SECONDS = 10.0
"""How long a sampler may take to end."""
_RESCAN_SECONDS = 1.0
"""How often it looks for new threads and interrupts; in between it only reads what it knows."""
_BUSY = (0, 1, 2, 5, 6)
"""user, nice, system, irq and softirq of a line of /proc/stat (proc_stat(5)); steal is other machines' time."""
_OVS_RUN = "/var/run/openvswitch"
_ANSWER_SECONDS = 0.2
"""How long Open vSwitch may take to answer, so that a busy one delays no sample for long."""
_LONGEST_ANSWER = 1 << 20


class Sampler:
    """Reads what changes. A file of /proc that stays is opened once."""

    def __init__(self, devices: t.Mapping[str, str], unit: str | None, root: str = "") -> None:
        """devices: PCI address of each adapter by its name. unit: the application's systemd service."""
        self._root = root
        self._devices = devices
        self._unit = unit
        self._files: dict[str, int] = {}
        self._lines: dict[str, list[bytes]] = {}
        self._threads: dict[str, str] = {}
        self._control: OvsControl | None = None
        self._scanned = float("-inf")

    def sample(self) -> dict[str, t.Any]:
        """One sample; whatever cannot be read is missing."""
        now = time.monotonic()
        if now - self._scanned >= _RESCAN_SECONDS:
            self._scanned = now
            self._lines = {name: self._vectors(address) for name, address in self._devices.items()}
            self._threads = dict(self._find_threads())
            self._control = self._control or self._find_control()
        return {
            "realtime_ns": time.time_ns(),
            "busy_ticks": self._busy(),
            "interrupts": self._interrupts(),
            "thread_ticks": self._thread_ticks(),
            "pmd_cycles": self._pmd_cycles(),
        }

    def _read(self, path: str) -> bytes:
        file = self._files.get(path)
        if file is None:
            file = self._files[path] = os.open(f"{self._root}{path}", os.O_RDONLY | os.O_CLOEXEC)
        os.lseek(file, 0, os.SEEK_SET)
        parts = []
        while part := os.read(file, 1 << 16):
            parts.append(part)
        return b"".join(parts)

    def _busy(self) -> dict[str, int]:
        found = {}
        for line in self._read("/proc/stat").split(b"\n")[1:]:
            if not line.startswith(b"cpu"):
                break
            fields = line.split()
            found[fields[0][3:].decode()] = sum(int(fields[1 + index]) for index in _BUSY)
        return found

    def _vectors(self, address: str) -> list[bytes]:
        """The starts of the device's lines in /proc/interrupts."""
        base = Path(f"{self._root}/sys/bus/pci/devices/{address}")
        numbers: list[str] = []
        with contextlib.suppress(OSError):
            numbers.append((base / "irq").read_text().strip())
        with contextlib.suppress(OSError):
            numbers += [entry.name for entry in (base / "msi_irqs").iterdir()]
        return [f"{number}:".encode() for number in set(numbers)]

    def _interrupts(self) -> dict[str, int]:
        lines = self._read("/proc/interrupts").split(b"\n")
        cpus = len(lines[0].split())
        counts = {}
        wanted = {start for starts in self._lines.values() for start in starts}
        for line in lines[1:]:
            start = line[:16].split(None, 1)[:1]
            if start and start[0] in wanted:
                counts[start[0]] = sum(int(one) for one in line.split()[1 : 1 + cpus] if one.isdigit())
        return {name: sum(counts.get(start, 0) for start in starts) for name, starts in self._lines.items()}

    def _find_threads(self) -> t.Iterator[tuple[str, str]]:
        """Path and name of the stat file of each thread of the application."""
        group = Path(f"{self._root}/sys/fs/cgroup/system.slice/{self._unit}/cgroup.threads")
        with contextlib.suppress(OSError):
            for tid in group.read_text().split() if self._unit else ():
                # Without task/, the kernel tells the sum of all threads of the process.
                path = f"{self._root}/proc/{tid}/task/{tid}/stat"
                with contextlib.suppress(OSError):
                    yield path, f"{tid} {Path(f'{self._root}/proc/{tid}/comm').read_text().strip()}"

    def _thread_ticks(self) -> dict[str, int]:
        found = {}
        for path, name in self._threads.items():
            with contextlib.suppress(OSError, ValueError, IndexError):
                # Without pathlib and a file object, which take twice as long.
                file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
                try:
                    fields = os.read(file, 1024).rpartition(b")")[2].split()
                finally:
                    os.close(file)
                # Fields 14 and 15, utime and stime; field 3 follows the name (proc_pid_stat(5)).
                found[name] = int(fields[11]) + int(fields[12])
        return found

    def _find_control(self) -> OvsControl | None:
        """The control socket of the service's ovs-vswitchd, which is named after its process."""
        for name in self._threads.values():
            with contextlib.suppress(OSError):
                return OvsControl(f"{self._root}{_OVS_RUN}/ovs-vswitchd.{name.split()[0]}.ctl")
        return None

    def _pmd_cycles(self) -> dict[str, dict[str, int]]:
        if self._control is None:
            return {}
        try:
            stats = parse_pmd_stats(self._control.call("dpif-netdev/pmd-stats-show"))
        except (OSError, ValueError, LookupError, TypeError):
            # It ended, is too busy, or answers something else: the next look for threads connects anew.
            self._control.close()
            self._control = None
            return {}
        return {str(one["cpu"]): {"idle": one["idle"], "busy": one["busy"]} for one in stats}


class OvsControl:
    """A connection to the control socket of an Open vSwitch daemon, by JSON-RPC 1.0 (ovs-appctl(8))."""

    def __init__(self, path: str) -> None:
        """Raises OSError."""
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(_ANSWER_SECONDS)
        try:
            self._socket.connect(path)
        except OSError:
            self._socket.close()
            raise

    def close(self) -> None:
        """Ends the connection."""
        self._socket.close()

    def call(self, method: str) -> str:
        """The text of an answer. Raises OSError, ValueError, LookupError or TypeError where there is none."""
        self._socket.sendall(json.dumps({"id": 0, "method": method, "params": []}).encode())
        data = b""
        while len(data) < _LONGEST_ANSWER:
            part = self._socket.recv(1 << 16)
            if not part:
                raise OSError("Open vSwitch ended the connection")
            data += part
            # Text within an answer may end in a bracket, too.
            with contextlib.suppress(json.JSONDecodeError):
                return str(json.loads(data)["result"])
        raise ValueError("the answer is too long")


def parse_pmd_stats(text: str) -> list[dict[str, int]]:
    """Packets and cycles of each polling thread from the text of dpif-netdev/pmd-stats-show (ovs-vswitchd(8))."""
    found = []
    for block in re.split(r"^(?=pmd thread |main thread)", text, flags=re.MULTILINE):
        cpu = re.match(r"pmd thread numa_id -?\d+ core_id (\d+)", block)
        values = dict(re.findall(r"^\s+(packets received|idle cycles|processing cycles): (\d+)", block, re.MULTILINE))
        if cpu:
            found.append(
                {
                    "cpu": int(cpu.group(1)),
                    "packets": int(values.get("packets received", 0)),
                    "idle": int(values.get("idle cycles", 0)),
                    "busy": int(values.get("processing cycles", 0)),
                }
            )
    return found


def sample_all(settings: t.Mapping[str, t.Any], output: int, ready: t.Callable[[], None]) -> None:
    """Writes samples until the time is over. ready() is called after the first."""
    sampler = Sampler(settings["devices"], settings["unit"])
    interval, start = settings["interval"], time.monotonic()
    turn = 0
    while turn * interval < settings["timeout"]:
        # One write for each line, so that one that is killed leaves whole lines.
        os.write(output, json.dumps(sampler.sample(), separators=(",", ":")).encode() + b"\n")
        if turn == 0:
            ready()
        # A turn that was missed is left out: samples never crowd.
        turn = int((time.monotonic() - start) / interval) + 1
        time.sleep(max(0.0, start + turn * interval - time.monotonic()))


def acquire(path: str) -> int | None:
    """The descriptor of the lock that a sampler holds while it runs; None while another one does."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def start(settings: t.Mapping[str, t.Any]) -> int:
    """Starts a sampler in the background, and returns 0 when it has written its first sample."""
    reader, writer = os.pipe()
    if os.fork() == 0:
        os.close(reader)
        _detach(settings, writer)
    os.close(writer)
    os.wait()
    with os.fdopen(reader, "rb") as pipe:
        said = pipe.read()
    if said != b"ready":
        sys.stderr.write(said.decode(errors="replace") or "the sampler ended before its first sample")
    return 0 if said == b"ready" else 1


def _detach(settings: t.Mapping[str, t.Any], writer: int) -> t.NoReturn:
    """Samples in a process of its own, without a terminal and without the caller's output."""
    os.setsid()
    if os.fork() != 0:
        os._exit(0)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.chdir("/")
    status = 1
    try:
        lock = acquire(settings["lock"])
        if lock is None:
            raise OSError("another sampler runs")
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        output = os.open(settings["samples"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)

        def ready() -> None:
            os.write(writer, b"ready")
            os.close(writer)

        sample_all(settings, output, ready)
        status = 0
    except Exception as error:  # noqa: BLE001 - nobody else tells the caller, and there is no terminal
        with contextlib.suppress(OSError):
            os.write(writer, f"{type(error).__name__}: {error}".encode())
    os._exit(status)


def end(settings: t.Mapping[str, t.Any]) -> int:
    """Ends the sampler that runs, if any; 0 when none is left."""
    deadline = time.monotonic() + END_SECONDS
    while time.monotonic() < deadline:
        lock = acquire(settings["lock"])
        if lock is not None:
            os.close(lock)
            return 0
        holder = Path(settings["lock"]).read_text(encoding="ascii").strip()
        if holder.isdigit():
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(holder), signal.SIGTERM)
        time.sleep(0.05)
    sys.stderr.write(f"process {holder} still holds {settings['lock']} after {END_SECONDS:g} s")
    return 1


def main(arguments: t.Sequence[str]) -> int:
    """Starts or ends a sampler; the second argument is the file of its settings."""
    settings = json.loads(Path(arguments[2]).read_text(encoding="utf-8"))
    return {"start": start, "end": end}[arguments[1]](settings)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv))
