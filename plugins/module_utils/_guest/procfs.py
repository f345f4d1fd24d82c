# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What proc(5) says about processes, threads, interrupts and CPUs; a file that cannot be read counts as missing."""

from __future__ import annotations

import os
import re
import time
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import parse_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree

# Of any number in /proc; Python reads none of thousands (sys.set_int_max_str_digits).
_DIGITS = 30
_KERNEL_THREAD = 0x00200000  # PF_KTHREAD, include/linux/sched.h; in field 9 of /proc/<pid>/stat


BOOT_ID: t.Final = "/proc/sys/kernel/random/boot_id"
"""The kernel's name for this boot."""


class InterruptLine(t.NamedTuple):
    """A line of /proc/interrupts (proc_interrupts(5))."""

    counts: t.Mapping[str, int]
    """The interrupts that each CPU took, by the CPU's number; the heading names the CPUs that run."""
    handlers: tuple[str, ...]
    """Those who handle it."""


class Stat(t.NamedTuple):
    """The fields of /proc/<pid>/stat used here (proc_pid_stat(5))."""

    name: str
    """Name of the process."""
    flags: int
    """Kernel flags, such as PF_KTHREAD."""
    user: int
    """Time in user mode, in clock ticks."""
    system: int
    """Time in kernel mode, in clock ticks."""
    started: int
    """When it started, in clock ticks since the machine booted."""
    cpu: int
    """CPU that it last ran on."""


def parse_stat(text: str) -> Stat | None:
    """Reads a stat line; the name is in parentheses and may contain spaces and parentheses itself."""
    start, end = text.find("("), text.rfind(")")
    fields = text[end + 1 :].split()
    # After the name comes field 3 (state): field n is at index n - 3.
    numbers = [_number(field) for field in (fields[index] for index in (6, 11, 12, 19, 36))] if len(fields) > 36 else []
    known = [number for number in numbers if number is not None]
    return Stat(text[start + 1 : end], *known) if start >= 0 and len(known) == 5 else None


def status_fields(tree: Tree, path: str) -> dict[str, str]:
    """The fields of a status file by name."""
    lines = (tree.text(path) or "").splitlines()
    return {name: value.strip() for name, _colon, value in (line.partition(":") for line in lines)}


def processes(tree: Tree) -> list[int]:
    """The numbers of all processes, kernel threads among them."""
    return sorted(number for name in tree.names("/proc") if (number := _number(name)) is not None)


def executable(tree: Tree, pid: int) -> str | None:
    """The base name of the program that a process runs; None for a kernel thread or a process that is gone."""
    return tree.target(f"/proc/{pid}/exe")


def process_started(tree: Tree, pid: int) -> float | None:
    """When a process was started, in seconds since the epoch; None for one that is gone.

    Told by its age and the clock of now, since /proc/stat has the time of the boot in whole seconds only.
    """
    stat = parse_stat(tree.text(f"/proc/{pid}/stat") or "")
    uptime = (tree.text("/proc/uptime") or "").split()
    if stat is None or not uptime or not re.fullmatch(r"[0-9]{1,20}(\.[0-9]{1,9})?", uptime[0]):
        return None
    return time.time() - (float(uptime[0]) - stat.started / os.sysconf("SC_CLK_TCK"))


def command(tree: Tree, pid: int) -> list[str]:
    """The arguments that a process was started with."""
    return (tree.text(f"/proc/{pid}/cmdline") or "").rstrip("\0").split("\0")


def holders(tree: Tree, wanted: t.Collection[str]) -> dict[str, list[int]]:
    """Which processes have each of the wanted device files open."""
    found: dict[str, list[int]] = {path: [] for path in wanted}
    for pid in processes(tree) if found else ():
        for descriptor in tree.names(f"/proc/{pid}/fd"):
            path = tree.link(f"/proc/{pid}/fd/{descriptor}")
            if path is not None and path in found and pid not in found[path]:
                found[path].append(pid)
    return found


def programs_holding(tree: Tree, wanted: t.Collection[str]) -> dict[str, str]:
    """Which program has which of the device files open: "/dev/uio0" -> "ovs-vswitchd (process 612)"."""
    return {
        path: f"{tree.value(f'/proc/{pids[0]}/comm')} (process {pids[0]})"
        for path, pids in holders(tree, wanted).items()
        if pids
    }


def workers(
    tree: Tree, pid: int, prefixes: tuple[str, ...], isolated: t.Collection[int] = ()
) -> list[dict[str, t.Any]]:
    """The threads of a process that poll, each with the time it was looked at.

    They are known by the start of their names, or by being bound to one of the isolated CPUs alone.
    """
    found = []
    for name in tree.names(f"/proc/{pid}/task"):
        base = f"/proc/{pid}/task/{name}"
        stat = parse_stat(tree.text(f"{base}/stat") or "")
        if stat is None:
            continue
        status = status_fields(tree, f"{base}/status")
        allowed = list(parse_cpu_list(status.get("Cpus_allowed_list", "")) or ())
        if not stat.name.startswith(prefixes) and not (len(allowed) == 1 and allowed[0] in isolated):
            continue
        found.append(
            {
                "tid": int(name),
                "name": stat.name,
                "monotonic": time.monotonic(),
                "cpu": stat.cpu,
                "allowed_cpus": allowed,
                "user_ticks": stat.user,
                "system_ticks": stat.system,
                "cpu_ticks": cpu_ticks(tree, stat.cpu),
                "voluntary_switches": _number(status.get("voluntary_ctxt_switches")),
                "involuntary_switches": _number(status.get("nonvoluntary_ctxt_switches")),
            }
        )
    return found


def other_threads(tree: Tree, cpus: t.Collection[int], known: t.Collection[int]) -> list[dict[str, t.Any]]:
    """User threads other than the known ones that last ran on one of the CPUs."""
    found = []
    for pid in processes(tree):
        for name in tree.names(f"/proc/{pid}/task"):
            stat = parse_stat(tree.text(f"/proc/{pid}/task/{name}/stat") or "")
            if stat is None or stat.flags & _KERNEL_THREAD or stat.cpu not in cpus or int(name) in known:
                continue
            ticks = stat.user + stat.system
            found.append({"pid": pid, "tid": int(name), "name": stat.name, "cpu": stat.cpu, "ticks": ticks})
    return found


def cpu_ticks(tree: Tree, cpu: int) -> int | None:
    """All time that the kernel accounted to a CPU, idle included, in clock ticks."""
    match = re.search(rf"^cpu{cpu} (.*)$", tree.text("/proc/stat") or "", re.MULTILINE)
    return sum(_number(field) or 0 for field in match.group(1).split()[:8]) if match else None


def interrupt_lines(tree: Tree) -> dict[str, InterruptLine]:
    """The lines of /proc/interrupts by their names, which are numbers for devices."""
    lines = (tree.text("/proc/interrupts") or "").splitlines()
    cpus = [name[len("CPU") :] for name in lines[0].split()] if lines else []
    found = {}
    for line in lines[1:]:
        number, _colon, rest = line.partition(":")
        fields = rest.split()
        counts = {cpu: count for cpu, field in zip(cpus, fields) if (count := _number(field)) is not None}
        # Behind the counts: the chip, the line's number and trigger in it, then the handlers.
        handlers = " ".join(fields[len(cpus) + 2 :]).split(", ")
        found[number.strip()] = InterruptLine(counts, tuple(name for name in handlers if name))
    return found


def hugepages_mapped_kb(tree: Tree, pid: int) -> int | None:
    """KiB of hugepages in a process's memory (HugetlbPages, proc(5))."""
    return _number(status_fields(tree, f"/proc/{pid}/status").get("HugetlbPages", "").replace("kB", "").strip())


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= _DIGITS else None
