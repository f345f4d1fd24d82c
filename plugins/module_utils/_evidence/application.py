# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Evidence about the application: which process it is, its polling threads, the isolated CPUs and its hugepages."""

from __future__ import annotations

import re
import typing as t

from .model import NO_TRAFFIC, EvidenceRow, Mapping, Window, find, joined, row

# A polling worker never yields its CPU voluntarily, except that it may wait for a lock of the slow path when it first
# sees a flow. A worker that sleeps between packets yields many times a second.
SWITCHES_TOLERATED = 5
# A worker's least share of the time that the kernel accounts to its CPU, and of wall-clock time. The second limit is
# looser because the two clocks of an emulated machine drift apart by a few per cent.
LEAST_SHARE_OF_CPU = 0.95
LEAST_SHARE_OF_WALL = 0.80
SHORTEST_WINDOW = 1.0
# Ports and polling threads are not read at one moment, so that under live traffic their counts differ by the packets of
# that time.
LEAST_SHARE_POLLED = 0.8
# EAL arguments with which an application runs without real devices or hugepages (DPDK's "EAL parameters"). Virtual
# devices that are not ports, such as crypto_aesni_mb0, are harmless.
_FALSE_EAL = re.compile(r"--no-huge|--no-pci|(--vdev=)?net_(?!vmxnet3|bonding)\w+.*$|--vdev=?$")


def application_rows(window: Window) -> list[EvidenceRow]:
    """All rows about the application."""
    rows = [_process(window), _eal(window), _isolation(window)]
    rows += [_worker(window, cpu) for cpu in window.expected.polling_cpus]
    rows += _strayed_workers(window)
    if window.after["application"]["kind"] == "ovs":
        rows.append(_cycles(window))
    rows.append(_hugepages(window))
    return rows


def _process(window: Window) -> EvidenceRow:
    before, after = window.before["application"], window.after["application"]
    asked = f"one {window.expected.executable} from the first sample to the second, and its own telemetry"
    problems = []
    if after["pid"] is None or before["pid"] is None:
        problems.append("the application does not run")
    elif window.before["boot_id"] != window.after["boot_id"]:
        problems.append("the guest booted between the samples")
    elif before["pid"] != after["pid"]:
        problems.append(f"process {before['pid']} became {after['pid']} between the samples")
    if after["pid"] is not None and not str(after["executable"]).startswith(window.expected.executable):
        problems.append(f"the process is {after['executable']}")
    for when, entry in (("before", before), ("after", after)):
        if entry["telemetry_pid"] is None:
            problems.append(f"no telemetry {when} the traffic")
        elif entry["telemetry_pid"] != entry["pid"]:
            problems.append(f"the telemetry {when} the traffic is process {entry['telemetry_pid']}'s")
    seen = f"{after['executable']} ({after['pid']}), telemetry of process {after['telemetry_pid']}"
    return row("process", asked, seen, problems)


def _eal(window: Window) -> EvidenceRow:
    parameters = window.after["application"]["eal_parameters"]
    asked = "real devices and hugepages: no --no-pci, --no-huge or virtual port"
    if not parameters:
        return row("EAL arguments", asked, "not observed", ["the EAL arguments were not observed"])
    false = false_arguments(parameters)
    problems = [f"the application runs with {joined(false)}"] if false else []
    return row("EAL arguments", asked, " ".join(parameters), problems)


def false_arguments(parameters: t.Sequence[str]) -> list[str]:
    """The EAL arguments with which an application runs without real devices or hugepages."""
    false = []
    for position, word in enumerate(parameters):
        following = parameters[position + 1] if position + 1 < len(parameters) else ""
        # A --vdev without a value takes the next word as its value; that word is checked in its own turn.
        if _FALSE_EAL.match(word) and not (word == "--vdev" and following):
            false.append(word)
    return false


def _isolation(window: Window) -> EvidenceRow:
    wanted = set(window.expected.polling_cpus)
    isolated = set(window.after["isolated_cpus"]) & set(window.before["isolated_cpus"])
    missing = sorted(wanted - isolated)
    problems = (
        [f"CPU {joined(missing)} not isolated in the running kernel: not set, or not rebooted"] if missing else []
    )
    if not wanted:
        problems.append("no polling CPU was given")
    asked = f"CPU {joined(sorted(wanted))} isolated in the running kernel"
    seen = f"isolated {joined(sorted(isolated))}, without timer tick {joined(window.after['nohz_full_cpus'])}"
    return row("isolated CPUs", asked, seen, problems)


def _worker(window: Window, cpu: int) -> EvidenceRow:
    name = f"worker CPU {cpu}"
    asked = (
        f"one thread, bound to CPU {cpu} and alone on it, that uses {LEAST_SHARE_OF_CPU:.0%} of its time and never "
        f"yields (at most {SWITCHES_TOLERATED} voluntary switches)"
    )
    bound = [thread for thread in window.after["workers"] if thread["allowed_cpus"] == [cpu]]
    # EAL's own worker sleeps where an application polls by threads of its own.
    after = max(bound, key=lambda thread: _ticks(window, thread), default=None)
    if after is None:
        seen = joined(f"{one['name']} on CPU {joined(one['allowed_cpus'])}" for one in window.after["workers"])
        return row(name, asked, seen, [f"no polling thread is bound to CPU {cpu} alone"])
    before = find(window.before["workers"], "tid", after["tid"])
    if before is None:
        return row(name, asked, str(after["name"]), ["it is not the thread of the first sample"])
    switches, wall, share_of_cpu, share_of_wall = _progress(window, before, after)
    involuntary = (after["involuntary_switches"] or 0) - (before["involuntary_switches"] or 0)
    problems = [] if any(map(window.carries, window.expected.devices)) else [NO_TRAFFIC]
    if wall < SHORTEST_WINDOW:
        problems.append(f"the samples are only {wall:.1f} s apart")
    if switches is None:
        problems.append("its context switches were not observed")
    elif switches > SWITCHES_TOLERATED:
        problems.append(f"it yielded {switches} times: it waits instead of polling")
    if share_of_cpu is None or share_of_cpu < LEAST_SHARE_OF_CPU:
        problems.append("it does not use its CPU fully")
    if share_of_wall < LEAST_SHARE_OF_WALL:
        problems.append(f"its CPU time is only {share_of_wall:.0%} of wall-clock time")
    if after["cpu"] != cpu:
        problems.append(f"it runs on CPU {after['cpu']}")
    guests = _others(window, cpu)
    guests += [
        f"{thread['name']} ({thread['tid']})" for thread in bound if thread is not after and _ticks(window, thread)
    ]
    if guests:
        problems.append(f"it shares CPU {cpu} with {joined(guests)}")
    shown = "unknown" if share_of_cpu is None else f"{share_of_cpu:.1%}"
    seen = (
        f"{after['name']}: {switches} voluntary and {involuntary} involuntary switches in {wall:.1f} s, {shown} of CPU "
        f"{cpu}, {share_of_wall:.0%} of wall-clock time"
    )
    return row(name, asked, seen, problems)


def _ticks(window: Window, thread: Mapping) -> int:
    """The CPU time of a thread between the samples, in clock ticks; all of it for one that is not in the first."""
    before = find(window.before["workers"], "tid", thread["tid"]) or {}
    return sum(int(thread[key]) - int(before.get(key, 0)) for key in ("user_ticks", "system_ticks"))


def _progress(window: Window, before: Mapping, after: Mapping) -> tuple[int | None, float, float | None, float]:
    """Between the samples: voluntary switches, seconds, share of the CPU's accounted time, share of wall-clock time."""
    switches = None
    if before["voluntary_switches"] is not None and after["voluntary_switches"] is not None:
        switches = after["voluntary_switches"] - before["voluntary_switches"]
    ticks = sum(after[key] - before[key] for key in ("user_ticks", "system_ticks"))
    wall = after["monotonic"] - before["monotonic"]
    share_of_cpu = None
    if before["cpu_ticks"] is not None and after["cpu_ticks"] is not None and after["cpu_ticks"] > before["cpu_ticks"]:
        share_of_cpu = ticks / (after["cpu_ticks"] - before["cpu_ticks"])
    share_of_wall = ticks / window.after["clock_ticks"] / wall if wall > 0 else 0.0
    return switches, wall, share_of_cpu, share_of_wall


def _others(window: Window, cpu: int) -> list[str]:
    """Other user threads that ran on the CPU between the samples."""
    before = {thread["tid"]: thread["ticks"] for thread in window.before["other_threads"] if thread["cpu"] == cpu}
    return [
        f"{thread['name']} ({thread['pid']})"
        for thread in window.after["other_threads"]
        if thread["cpu"] == cpu and thread["ticks"] != before.get(thread["tid"])
    ]


def _strayed_workers(window: Window) -> list[EvidenceRow]:
    """A failing row for each polling thread that may run outside the polling CPUs."""
    given = set(window.expected.polling_cpus)
    return [
        row(
            f"worker {thread['name']}",
            f"polling only on CPU {joined(sorted(given))}",
            f"allowed on CPU {joined(thread['allowed_cpus'])}",
            ["it may run outside the polling CPUs"],
        )
        for thread in window.after["workers"]
        if not set(thread["allowed_cpus"]) <= given
    ]


def _cycles(window: Window) -> EvidenceRow:
    devices, passive = window.expected.devices, window.expected.passive
    if passive:
        received = sum((window.rise(device) or {"ipackets": 0})["ipackets"] for device in devices)
        sent = int(received * LEAST_SHARE_POLLED)
        asked = f"the polling threads received at least {LEAST_SHARE_POLLED:.0%} of the {received} packets of the ports"
    else:
        sent = sum(window.load(device["name"]).received for device in devices)
        asked = f"the polling threads received the {sent} packets that the tester sent"
    before = {entry["cpu"]: entry for entry in window.before["cycles"]}
    after = {entry["cpu"]: entry for entry in window.after["cycles"]}
    if not after or before.keys() != after.keys():
        reason = (window.after.get("problems") or {}).get("ovs_control", "pmd-stats-show named no polling thread")
        return row("polled packets", asked, "not observed", [f"the cycles were not observed ({reason})"])
    packets, busy, idle = (
        sum(after[cpu][key] - before[cpu][key] for cpu in after) for key in ("packets", "busy", "idle")
    )
    problems = [] if sent and (not passive or any(map(window.carries, devices))) else [NO_TRAFFIC]
    if packets < sent:
        problems.append(f"they received {packets}: the rest was handled elsewhere, or lost")
    if busy <= 0:
        problems.append("they spent no cycles on packets")
    share = busy / (busy + idle) if busy + idle > 0 else 0.0
    return row("polled packets", asked, f"{packets} packets, {share:.2%} of the cycles busy", problems)


def _hugepages(window: Window) -> EvidenceRow:
    pools = {pool["size_kb"]: pool for pool in window.after["hugepages"]}
    mapped = window.after["hugepages_mapped_kb"]
    wanted = window.expected.hugepages
    asked = joined(f"{pool['count']} of {pool['size_kb']} kB{_place(pool)}" for pool in wanted)
    problems = [] if wanted else ["no hugepages were described"]
    for pool in wanted:
        total = _pages(window.after, pool)
        if total < pool["count"]:
            problems.append(
                f"the pool of {pool['size_kb']} kB pages{_place(pool)} has {total} of {pool['count']} pages"
            )
    observed = [pool for pool in pools.values() if pool["total"] is not None and pool["free"] is not None]
    used = sum((pool["total"] - pool["free"]) * pool["size_kb"] for pool in observed)
    if not mapped:
        problems.append("the application maps no hugepages")
    elif mapped > used:
        problems.append(f"the application maps {mapped} kB, but only {used} kB of the pools are in use")
    seen = joined(
        f"{pool['free']} of {pool['total']} of {size} kB free" for size, pool in pools.items() if pool["total"]
    )
    return row(
        "hugepages", f"{asked}, mapped by the application", f"{seen}; the application maps {mapped or 0} kB", problems
    )


def _place(pool: Mapping) -> str:
    return "" if pool.get("node") is None else f" on NUMA node {pool['node']}"


def _pages(sample: Mapping, asked: Mapping) -> int:
    """Pages in the described pool, of the machine or of one NUMA node; 0 when it was not observed."""
    pools = sample["hugepages"] if asked.get("node") is None else sample.get("node_hugepages") or ()
    same = (pool for pool in pools if (pool["size_kb"], pool.get("node")) == (asked["size_kb"], asked.get("node")))
    return next((pool["total"] or 0 for pool in same), 0)
