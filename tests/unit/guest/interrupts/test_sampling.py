# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The resident sampler: what it reads, and that it starts, ends, and ends by itself, as a real process."""

from __future__ import annotations

import json
import socket
import subprocess
import tempfile
import threading
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest, apply
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.interrupts import sampling
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.interrupts.resident_sampler import (
    Sampler,
    parse_pmd_stats,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.guest_sampler import decide

STARTED: dict[str, t.Any] = {"state": "started", "devices": [], "unit": None, "interval": 0.02, "timeout": 60.0}
STOPPED, ABSENT = {"state": "stopped"}, {"state": "absent"}
FILES = {
    "/proc/stat": "cpu  9 9 9 9 9 9 9 9 0 0\ncpu0 1 2 4 800 900 8 16 700 0 0\ncpu1 10 0 0 5 0 0 0 0 0 0\nintr 5 6\n",
    "/proc/interrupts": (
        "            CPU0       CPU1\n"
        "   1:          3          4   IO-APIC   1-edge      i8042\n"
        "  30:         10         20   PCI-MSI 65536-edge      enp0s4-rxtx-0\n"
        "  31:          1          0   PCI-MSI 65537-edge      enp0s4-event-1\n"
        " 310:         99         99   PCI-MSI 65538-edge      enp0s9\n"
        " NMI:          0          0   Non-maskable interrupts\n"
    ),
    "/sys/bus/pci/devices/0000:00:04.0/irq": "1\n",
    "/sys/bus/pci/devices/0000:00:04.0/msi_irqs/30": "msix\n",
    "/sys/bus/pci/devices/0000:00:04.0/msi_irqs/31": "msix\n",
    "/sys/fs/cgroup/system.slice/vnf.service/cgroup.threads": "7\n8\n9\n",
    "/proc/7/comm": "testpmd\n",
    "/proc/7/task/7/stat": "7 (testpmd) S 1 7 7 0 -1 4194560 0 0 0 0 30 12 0 0 20 0\n",
    "/proc/8/comm": "rte worker) 2\n",
    # Of the whole process, whichever thread it is asked of.
    "/proc/8/stat": "8 (rte worker) 2) R 1 7 7 0 -1 4194560 0 0 0 0 5030 13 0 0 20 0\n",
    "/proc/8/task/8/stat": "8 (rte worker) 2) R 1 7 7 0 -1 4194560 0 0 0 0 5000 1 0 0 20 0\n",
}


def test_sample_has_busy_time_interrupts_and_threads(tmp_path: Path) -> None:
    for path, content in FILES.items():
        real = tmp_path / path[1:]
        real.parent.mkdir(parents=True, exist_ok=True)
        real.write_text(content)
    sampler = Sampler({"s5u": "0000:00:04.0", "sgi": "0000:00:05.0"}, "vnf.service", str(tmp_path))
    sample = sampler.sample()
    assert abs(sample.pop("realtime_ns") - time.time_ns()) < 60 * 10**9
    assert sample == {
        # Neither idle nor waiting for a disk, nor what the host took away.
        "busy_ticks": {"0": 1 + 2 + 4 + 8 + 16, "1": 10},
        # The line of before MSI counts too; a uio driver may have it.
        "interrupts": {"s5u": 3 + 4 + 30 + 1, "sgi": 0},
        "thread_ticks": {"7 testpmd": 42, "8 rte worker) 2": 5001},
        "pmd_cycles": {},
    }
    assert not list(tmp_path.rglob("*.ctl")), "no Open vSwitch"
    (tmp_path / "proc/stat").write_text("cpu 0\ncpu0 100 0 0 0 0 0 0 0 0 0\nintr 5\n")
    assert sampler.sample()["busy_ticks"] == {"0": 100}


PMD_STATS = (
    "pmd thread numa_id 0 core_id 1:\n  packets received: 10\n  idle cycles: 90 (90.00%)\n"
    "  processing cycles: 10 (10.00%)\npmd thread numa_id -1 core_id 3:\n  packets received: 0\n"
    "main thread:\n  packets received: 5\n"
)


def test_pmd_stats_of_several_threads() -> None:
    assert parse_pmd_stats(PMD_STATS) == [
        {"cpu": 1, "packets": 10, "idle": 90, "busy": 10},
        {"cpu": 3, "packets": 0, "idle": 0, "busy": 0},
    ]


class Switch:
    """The control socket of an ovs-vswitchd with process number 7, which answers in two parts."""

    def __init__(self, root: Path, answers: t.Sequence[bytes]) -> None:
        self.asked: list[t.Any] = []
        self._answers = answers
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(str(root / "var/run/openvswitch/ovs-vswitchd.7.ctl"))
        self._socket.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        connection, _address = self._socket.accept()
        with connection, self._socket:
            for answer in self._answers:
                self.asked.append(json.loads(connection.recv(65536)))
                connection.sendall(answer[:40])
                connection.sendall(answer[40:])


@pytest.fixture
def switch_root() -> t.Iterator[Path]:
    """A short path, for that of a socket has 107 bytes at most (unix(7))."""
    with tempfile.TemporaryDirectory(prefix="nfv") as name:
        root = Path(name)
        for path, content in FILES.items():
            (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
            (root / path[1:]).write_text(content)
        (root / "var/run/openvswitch").mkdir(parents=True)
        yield root


def test_sample_has_the_cycles_of_open_vswitch_s_polling_threads(switch_root: Path) -> None:
    answer = json.dumps({"id": 0, "result": PMD_STATS, "error": None}).encode()
    switch = Switch(switch_root, [answer, answer])
    sampler = Sampler({}, "vnf.service", str(switch_root))
    cycles = {"1": {"idle": 90, "busy": 10}, "3": {"idle": 0, "busy": 0}}
    assert [sampler.sample()["pmd_cycles"] for _turn in range(2)] == [cycles] * 2
    assert switch.asked == [{"id": 0, "method": "dpif-netdev/pmd-stats-show", "params": []}] * 2
    # It has ended meanwhile, and other samples go on.
    last = sampler.sample()
    assert (last["pmd_cycles"], last["thread_ticks"]["7 testpmd"]) == ({}, 42)


@pytest.mark.parametrize("answer", [b"[7]", b"{}", b'{"result": null, "error": "unknown command"}', b"\xff" * 9])
def test_an_answer_of_another_shape_is_no_cycles(switch_root: Path, answer: bytes) -> None:
    Switch(switch_root, [answer])
    sample = Sampler({}, "vnf.service", str(switch_root)).sample()
    assert (sample["pmd_cycles"], sample["busy_ticks"]["1"]) == ({}, 10)


def test_a_switch_that_is_not_the_service_is_not_asked(switch_root: Path) -> None:
    switch = Switch(switch_root, [b"{}"])
    assert Sampler({}, "other.service", str(switch_root)).sample()["pmd_cycles"] == {}
    assert switch.asked == []


@pytest.fixture
def guest(tmp_path: Path) -> t.Iterator[Guest]:
    """This machine, with the sampler's directory elsewhere; no process outlives the test."""

    def run(argv: t.Sequence[str]) -> tuple[int, str, str]:
        # Its output closes at once, or this would wait for the sampler: as Ansible does.
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
        return done.returncode, done.stdout, done.stderr

    guest = Guest(run, str(tmp_path))
    yield guest
    apply(sampling.plan_absent(guest).steps, guest)


def converge(guest: Guest, params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    apply(decide(guest, params).steps, guest)
    after = decide(guest, params)
    assert not after.changed
    return dict(after.result)


def until(condition: t.Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_sampler_starts_samples_and_ends(guest: Guest) -> None:
    begun = time.time_ns()
    assert converge(guest, STARTED)["running"]
    until(lambda: len(sampling.read_samples(guest)) >= 3)
    stopped = converge(guest, STOPPED)
    assert not stopped["running"]
    times = [sample["realtime_ns"] for sample in stopped["samples"]]
    assert times == sorted(times)
    assert begun <= times[0] <= time.time_ns()
    assert converge(guest, STOPPED) == stopped, "the samples stay"
    converge(guest, ABSENT)
    assert not guest.exists(sampling.DIRECTORY)


def test_sampler_with_other_options_is_replaced(guest: Guest) -> None:
    converge(guest, STARTED)
    holder = guest.text(sampling.LOCK)
    assert not decide(guest, STARTED).changed
    converge(guest, {**STARTED, "interval": 0.05})
    assert guest.text(sampling.LOCK) != holder


def test_sampler_ends_by_itself_and_its_samples_are_there(guest: Guest) -> None:
    apply(decide(guest, {**STARTED, "timeout": 0.05}).steps, guest)
    until(lambda: not sampling.runs(guest))
    assert converge(guest, STOPPED)["samples"]


def test_sampler_that_cannot_write_says_why(guest: Guest) -> None:
    plan = decide(guest, STARTED)
    guest.path(f"{sampling.SAMPLES}/x").mkdir(parents=True)
    with pytest.raises(NfvError) as caught:
        apply([step for step in plan.steps if getattr(step, "path", "") != sampling.SAMPLES], guest)
    assert caught.value.error_code == "sampler_failed"
    assert "IsADirectoryError" in caught.value.attempted
    guest.path(f"{sampling.SAMPLES}/x").rmdir()
    guest.path(sampling.SAMPLES).rmdir()


def test_interval_that_makes_no_sense_is_refused(guest: Guest) -> None:
    with pytest.raises(NfvError) as caught:
        decide(guest, {**STARTED, "interval": 0.0})
    assert caught.value.error_code == "value_not_allowed"
