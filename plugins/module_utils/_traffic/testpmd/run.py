# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second VM as traffic generator: testpmd on its two polled adapters sends, and counts what comes back.

It sends bursts by ``start tx_first`` (DPDK's "Testpmd Runtime Functions"). A burst has a known number of frames, so the
count is exact without a rate, and small enough for the ring of an emulated receiver.
"""

from __future__ import annotations

import contextlib
import dataclasses
import re
import shutil
import time
import typing as t
from pathlib import Path

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import parse_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.userspace_drivers import USERSPACE_DRIVERS
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.isolation.cpus import online
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.memory.hugepages import read_pools
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.read import recorded_devices
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.procfs import programs_holding
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.streams import LARGEST_SIZE, SMALLEST_SIZE

from .console import STARTED, STOPPED, Console
from .count import ETHERNET_BYTES, BurstCount, Direction, GeneratorPort, count, cross_check, directions, row
from .output import PortCounters, TestpmdPort, parse_counters, parse_ports, parse_received, parse_sent

FILE_PREFIX = "nfv-generator"
# DPDK's runtime directory for root ("Running Sample Applications"). EAL makes it even with --in-memory.
RUNTIME_DIRECTORY = f"/run/dpdk/{FILE_PREFIX}"
# testpmd's buffers, 2 KiB each: enough for the rings and bursts of two ports. testpmd's default takes 360 MiB.
BUFFERS = 8192
# Within MAX_PKT_BURST of app/test-pmd/testpmd.h; half of a ring stays free.
LARGEST_BURST = 256
LINGER_SECONDS = 0.3
_MAC = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")


@dataclasses.dataclass(frozen=True)
class GeneratorAdapter:
    """An adapter of the generator."""

    mac: str
    """Its MAC address."""
    guest_mac: str
    """MAC address of the guest's adapter in the same port group."""


@dataclasses.dataclass(frozen=True)
class BurstLoad:
    """What each direction sends."""

    count: int
    """Frames."""
    burst: int
    """Frames in a burst."""
    size: int
    """Bytes of an IPv4 packet."""
    drain: float
    """Seconds to wait for a burst to come back."""


@dataclasses.dataclass(frozen=True)
class Program:
    """How testpmd runs."""

    path: str = "dpdk-testpmd"
    """Its name or path."""
    lcores: str | None = None
    """EAL's --lcores; None for the first and the last CPU."""
    memory_mb: int = 64
    """MiB of hugepages."""
    start_timeout: float = 60
    """Seconds that it has to start."""


def validate(first: GeneratorAdapter, second: GeneratorAdapter, load: BurstLoad, program: Program) -> None:
    """Raises NfvError(traffic_invalid), with the option's path, or NfvError(generator_is_guest)."""
    checks = [
        ("count", 1 <= load.count <= 10**6, "must be 1 to 1000000 frames"),
        ("burst", 1 <= load.burst <= LARGEST_BURST, f"must be 1 to {LARGEST_BURST} frames"),
        ("size", SMALLEST_SIZE <= load.size <= LARGEST_SIZE, f"must be {SMALLEST_SIZE} to {LARGEST_SIZE} bytes"),
        ("drain", 0 < load.drain <= 60, "must be above 0 and at most 60 seconds"),
        ("memory_mb", 32 <= program.memory_mb <= 2**20, "must be 32 to 1048576 MiB"),
        ("lcores", re.fullmatch(r"[0-9,@()-]+", program.lcores or "0") is not None, "must be as EAL's --lcores"),
    ]
    for name, side in (("first", first), ("second", second)):
        for key in ("mac", "guest_mac"):
            checks.append((f"{name}.{key}", _MAC.fullmatch(getattr(side, key)) is not None, "must be a MAC address"))
    checks.append(("second.mac", first.mac != second.mac, "must be another adapter's than first.mac"))
    checks.append(("second.guest_mac", first.guest_mac != second.guest_mac, "must be another than first.guest_mac"))
    for path, right, rule in checks:
        if not right:
            raise NfvError(ErrorCode.TRAFFIC_INVALID, path, "the traffic cannot be sent", f"It {rule}.")
    for name, side in (("first", first), ("second", second)):
        if side.mac in (first.guest_mac, second.guest_mac):
            raise NfvError(
                ErrorCode.GENERATOR_IS_GUEST,
                f"{name} ({side.mac})",
                "is an adapter of the guest under test, which cannot be its own tester",
                "Name another VM as generator.",
            )


def locate(guest: Guest, side: GeneratorAdapter) -> str:
    """The adapter's PCI address. Raises NfvError: adapter_not_found, adapter_not_bound, device_busy."""
    known = recorded_devices(guest)
    device = next((one for one, entry in known if side.mac in (one.mac, entry.mac if entry else None)), None)
    if device is None:
        raise NfvError(
            ErrorCode.ADAPTER_NOT_FOUND,
            side.mac,
            "looking for the generator's adapter failed: no device has this MAC address, and none is recorded with it",
            "Compare the VM's adapters in vSphere with the inventory; run role dpdk_bind on the generator.",
        )
    subject = f"{side.mac} ({device.pci_address})"
    if device.driver not in USERSPACE_DRIVERS:
        raise NfvError(
            ErrorCode.ADAPTER_NOT_BOUND,
            subject,
            f"sending from it failed: it is driven by {device.driver or 'no driver'}, testpmd needs a userspace driver",
            "Run role dpdk_bind on the generator.",
        )
    held = programs_holding(guest, device.handles)
    if held:
        raise NfvError(
            ErrorCode.DEVICE_BUSY,
            subject,
            f"sending from it failed: {', '.join(sorted(set(held.values())))} drives it",
            "Stop that program, or name another generator.",
        )
    return device.pci_address


def check_memory(tree: Tree, memory_mb: int) -> None:
    """Raises NfvError(hugepages_short) when fewer MiB of hugepages are free."""
    free_mb = sum(pool.free * pool.size_kb for pool in read_pools(tree) if pool.node is None) // 1024
    if free_mb < memory_mb:
        raise NfvError(
            ErrorCode.HUGEPAGES_SHORT,
            "the generator",
            f"starting testpmd with {memory_mb} MiB failed: {free_mb} MiB of hugepages are free",
            "Give the generator hugepages (module hugepages or role guest_tuning).",
        )


def find_program(path: str) -> str:
    """The program's path. Raises NfvError(program_missing)."""
    found = shutil.which(path)
    if found is None:
        raise NfvError(
            ErrorCode.PROGRAM_MISSING,
            path,
            "looking for testpmd on the generator failed: there is no such program",
            "Install it with role dpdk_install (Debian: package dpdk-dev), or give its path.",
        )
    return found


def default_lcores(tree: Tree) -> str:
    """Two lcores: testpmd's prompt on the first CPU and its worker on the last. A single CPU has both."""
    numbers = parse_cpu_list(online(tree)) or (0,)
    return "0@0,1@0" if len(numbers) == 1 else f"{numbers[0]},{numbers[-1]}"


def command(program: Program, lcores: str, addresses: t.Sequence[str]) -> list[str]:
    """testpmd's command line.

    ``--in-memory`` leaves no file in hugetlbfs or /run/dpdk, and shares nothing with other DPDK processes. It leaves an
    empty directory, which remove_runtime_directory() removes.
    """
    devices = [word for address in addresses for word in ("-a", address)]
    eal = ["--lcores", lcores, "--in-memory", "--no-telemetry", "--file-prefix", FILE_PREFIX]
    own = ["--interactive", "--forward-mode=rxonly", "--port-topology=loop", "--no-flush-rx", "--nb-cores=1"]
    return [program.path, *eal, "-m", str(program.memory_mb), *devices, "--", *own, f"--total-num-mbufs={BUFFERS}"]


def run_generator(
    guest: Guest, first: GeneratorAdapter, second: GeneratorAdapter, load: BurstLoad, program: Program
) -> dict[str, t.Any]:
    """Sends both ways; returns ``traffic`` (rows), ``capture_dropped`` (frames that its ports lost) and ``ports``."""
    found = dataclasses.replace(program, path=find_program(program.path))
    addresses = [locate(guest, side) for side in (first, second)]
    check_memory(guest, program.memory_mb)
    argv = command(found, program.lcores or default_lcores(guest), addresses)
    try:
        with Console(argv, program.start_timeout) as console:
            return measure(console, (first, second), load)
    finally:
        remove_runtime_directory()


def remove_runtime_directory(path: str = RUNTIME_DIRECTORY) -> None:
    """Removes the directory that EAL made. One that holds files belongs to another process, and stays."""
    with contextlib.suppress(OSError):
        Path(path).rmdir()


def measure(console: Console, sides: tuple[GeneratorAdapter, GeneratorAdapter], load: BurstLoad) -> dict[str, t.Any]:
    """Measures with a running testpmd; returns as run_generator() does."""
    ports = parse_ports(console.command("show port summary all"))
    ends = tuple(_end(side, ports) for side in sides)
    console.command("set verbose 1")
    console.command(f"set txpkts {load.size + ETHERNET_BYTES}")
    for end in ends:
        console.command(f"set eth-peer {end.port} {end.guest_mac}")
    rows, dropped = [], 0
    for direction in directions(ends[0], ends[1], load.size):
        before, began = parse_counters(console.command("show port stats all")), time.monotonic()
        tally = _send(console, direction, load)
        seconds = time.monotonic() - began
        rise = _rise(before, parse_counters(console.command("show port stats all")))
        rows.append(row(direction, cross_check(tally, direction, rise), load.count, seconds))
        dropped += sum(one.missed + one.receive_errors + one.without_buffer for one in rise.values())
    return {"traffic": rows, "capture_dropped": dropped, "ports": [dataclasses.asdict(port) for port in ports]}


def _end(side: GeneratorAdapter, ports: t.Sequence[TestpmdPort]) -> GeneratorPort:
    port = next((one for one in ports if one.mac == side.mac), None)
    if port is None:
        seen = ", ".join(f"{one.name} with {one.mac}" for one in ports)
        raise NfvError(
            ErrorCode.GENERATOR_FAILED,
            side.mac,
            f"finding testpmd's port failed: it has {seen or 'none'}",
            "Compare the recorded adapters (/etc/nfv-vsphere-dpdk/adapters.json) with vSphere's; bind them anew.",
        )
    return GeneratorPort(port.number, side.mac, side.guest_mac)


def _send(console: Console, direction: Direction, load: BurstLoad) -> BurstCount:
    """Sends burst after burst, and stops after one of which nothing came back."""
    tally = BurstCount()
    left, set_to = load.count, 0
    while left:
        burst = min(load.burst, left)
        left -= burst
        if burst != set_to:
            console.command(f"set burst {burst}")
            set_to = burst
        one = _round(console, direction, burst, load.drain, not left)
        tally = tally.plus(one)
        if left and not one.right and not one.corrupt:
            return tally.plus(
                BurstCount(problems=(f"none of {burst} frames came back, the other {left} were not sent",))
            )
    return tally


def _round(console: Console, direction: Direction, burst: int, drain: float, last: bool) -> BurstCount:
    """Sends one burst from one port alone, then reads both ports, in whose rings frames have waited meanwhile."""
    console.command(f"set portlist {direction.out.port}")
    text = console.command("start tx_first 1", STARTED)
    stopped = console.command("stop", STOPPED)
    sent = parse_sent(stopped, direction.out.port)
    text += stopped + console.command(f"set portlist {direction.out.port},{direction.into.port}")
    text += console.command("start", STARTED)
    begun = text

    def all_here(heard: str) -> bool:
        seen = count(parse_received(begun + heard).frames, 0, direction)
        return seen.right + seen.corrupt >= burst

    text += console.listen(drain, all_here)
    if last:  # Duplicates come late.
        text += console.listen(LINGER_SECONDS, lambda _heard: False)
    text += console.command("stop", STOPPED)
    received = parse_received(text)
    tally = count(received.frames, sent or 0, direction)
    unread = received.announced - len(received.frames)
    if unread:
        tally = tally.plus(
            BurstCount(problems=(f"{unread} of {received.announced} received frames could not be read",))
        )
    if sent is None:
        tally = tally.plus(BurstCount(problems=("testpmd did not say what it sent",)))
    return tally


def _rise(before: t.Mapping[int, PortCounters], after: t.Mapping[int, PortCounters]) -> dict[int, PortCounters]:
    def less(port: int) -> PortCounters:
        now, then = dataclasses.astuple(after[port]), dataclasses.astuple(before[port])
        return PortCounters(*(one - other for one, other in zip(now, then)))

    return {port: less(port) for port in after if port in before}
