# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The CPU times of a guest's vCPUs, in the terms of vCenter's counters."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from lab.cpu_time import INTERVAL_SECONDS, ThreadTimes, parse_schedstat, read_times, sample, vcpu_threads


def test_a_sample_is_the_share_of_all_vcpus_and_the_waits_of_20_seconds() -> None:
    before = {7: ThreadTimes(1_000_000_000, 0), 8: ThreadTimes(0, 500_000_000)}
    after = {7: ThreadTimes(21_000_000_000, 250_000_000), 8: ThreadTimes(1_000_000_000, 750_000_000)}
    assert sample(before, after, 20.0, 1000.0) == {
        "time": 1000.0,
        "usage_percent": pytest.approx(52.5),
        "ready_ms": pytest.approx(500),
        "costop_ms": 0.0,
    }
    # An interval that took longer, because the host was busy, is told as one of 20 s.
    assert sample(before, after, 40.0, 0)["ready_ms"] == pytest.approx(250)
    assert INTERVAL_SECONDS == 20


def test_the_threads_are_those_that_qemu_names() -> None:
    # As QEMU 7.2 answered, shortened.
    answer = [{"thread-id": 25055, "cpu-index": 0, "target": "x86_64"}, {"thread-id": 25056, "cpu-index": 1}]
    assert vcpu_threads(answer) == (25055, 25056)


def test_a_thread_that_spins_uses_its_cpu_and_one_that_sleeps_none() -> None:
    ended = threading.Event()
    ids: dict[str, int] = {}

    def sleep() -> None:
        ids["sleeper"] = threading.get_native_id()
        ended.wait(60)

    sleeper = threading.Thread(target=sleep)
    sleeper.start()
    while "sleeper" not in ids:
        time.sleep(0.001)
    own = threading.get_native_id()
    before = read_times(os.getpid(), [own, ids["sleeper"]])
    spent = time.thread_time() + 0.05
    while time.thread_time() < spent:
        pass
    after = read_times(os.getpid(), [own, ids["sleeper"]])
    ended.set()
    sleeper.join()
    assert after[own].run_ns - before[own].run_ns >= 40_000_000
    assert after[ids["sleeper"]].run_ns - before[ids["sleeper"]].run_ns < 20_000_000


def test_a_thread_that_has_ended_is_no_zero(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="schedstat"):
        read_times(1, [2], tmp_path)
    assert parse_schedstat("465888 9392037 12\n") == ThreadTimes(465888, 9392037)
