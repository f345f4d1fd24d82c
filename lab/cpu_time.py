# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the host's scheduler says of a guest's vCPUs, in the terms of vCenter's counters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

INTERVAL_SECONDS = 20.0
"""Length of a sample, as on a host (vSphere API, PerfProviderSummary.refreshRate)."""
Sample = dict[str, float]
"""Element of ``samples`` in the body of vCenter's POST /performance."""


@dataclass(frozen=True)
class ThreadTimes:
    """How far the clocks of one thread got since it began."""

    run_ns: int
    """Time on a CPU."""
    wait_ns: int
    """Time ready to run, waiting for a CPU."""


def vcpu_threads(answer: Sequence[Mapping[str, Any]]) -> tuple[int, ...]:
    """Return the thread of each vCPU, from QEMU's answer to query-cpus-fast."""
    return tuple(int(cpu["thread-id"]) for cpu in answer)


def read_times(process: int, threads: Sequence[int], proc: Path = Path("/proc")) -> dict[int, ThreadTimes]:
    """Read the clocks of these threads of a process; raises OSError when one of them has ended."""
    return {
        thread: parse_schedstat((proc / str(process) / "task" / str(thread) / "schedstat").read_text())
        for thread in threads
    }


def parse_schedstat(text: str) -> ThreadTimes:
    """Parse /proc/PID/task/TID/schedstat (kernel: Documentation/scheduler/sched-stats.rst)."""
    run, wait, _slices = text.split()
    return ThreadTimes(int(run), int(wait))


def sample(before: Mapping[int, ThreadTimes], after: Mapping[int, ThreadTimes], seconds: float, ended: float) -> Sample:
    """Return one sample.

    ``seconds``: the time between the two readings; ``ended``: that of the second one, in seconds since 1970. vCenter's
    samples are INTERVAL_SECONDS long, so times are those of such an interval at the same rate.
    """
    threads = list(after)
    run = sum(after[each].run_ns - before[each].run_ns for each in threads) / 1e9
    wait = sum(after[each].wait_ns - before[each].wait_ns for each in threads) / 1e9
    return {
        "time": ended,
        "usage_percent": 100 * run / (seconds * len(threads)),
        "ready_ms": 1000 * wait * INTERVAL_SECONDS / seconds,
        # Linux schedules each vCPU's thread by itself: none ever waits for the others.
        "costop_ms": 0.0,
    }
