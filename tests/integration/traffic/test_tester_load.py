# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tester that stays between trials, in a network namespace, and the searches that a controller runs with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.rate.resident import ask
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.comparison.generator import Load
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.comparison.measurement import (
    Extent,
    MeasurementSubject,
    measure,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.comparison.resident import ResidentTester
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.comparison.search import Effort
from lab.networks import inside
from tests.support.playbook import run_playbook
from tests.support.segments import bridge, cabled, device, throttle

MODULE = "ansible_collections.nfv.vsphere_dpdk.plugins.modules.tester_load"
GUEST_MACS = ("02:00:00:00:0d:0a", "02:00:00:00:0d:0b")
PLAYBOOK = """
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - name: Start a tester
      nfv.vsphere_dpdk.tester_load:
        first: {interface: t-a, guest_mac: "02:00:00:00:0d:0a"}
        second: {interface: t-b, guest_mac: "02:00:00:00:0d:0b"}
        directory: "{{ directory }}"
      register: load
    - name: Search in check mode
      nfv.vsphere_dpdk.rate_search: {variant: poll, socket: /nowhere}
      check_mode: true
    - name: Search
      nfv.vsphere_dpdk.rate_search:
        socket: "{{ load.tester.socket }}"
        python: "{{ load.tester.python }}"
        variant: poll
        turn: 2
        maximum_pps: 2000
        trial_seconds: 0.1
        trials: 1
        width: 0.3
        drain: 0.1
        latency_seconds: 0.2
        burst_frames: 8
        burst_searches: 1
        progress_file: "{{ directory }}.progress"
    - name: Search with a progress file that is a link
      nfv.vsphere_dpdk.rate_search: {variant: poll, socket: /nowhere, progress_file: "{{ directory }}.link"}
      register: refused
      failed_when: refused.error_code != 'progress_file_unusable'
    - name: End it
      nfv.vsphere_dpdk.tester_load: {state: stopped, directory: "{{ directory }}"}
"""
# As the packet socket sees a frame of 64 bytes: without check sequence.
FRAME_BYTES = 60


class Loaded:
    """The module tester_load in a namespace."""

    def __init__(self, namespace: str, directory: Path) -> None:
        self.namespace = namespace
        self.directory = directory

    def __call__(self, state: str = "started", check: bool = False, **options: t.Any) -> dict[str, t.Any]:
        sides = [{"interface": f"t-{side}", "guest_mac": mac} for side, mac in zip("ab", GUEST_MACS)]
        given = {"first": sides[0], "second": sides[1], "directory": str(self.directory), "state": state, **options}
        done = subprocess.run(
            ["ip", "netns", "exec", self.namespace, sys.executable, "-m", MODULE],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            input=json.dumps({"ANSIBLE_MODULE_ARGS": {**given, "_ansible_check_mode": check}}),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        returned: dict[str, t.Any] = json.loads(done.stdout)
        return returned

    @property
    def socket(self) -> Path:
        return self.directory / "socket"

    def process(self) -> int:
        """The number of the process that listens."""
        return int(ask(self.socket, {"command": "ping"})["process"])


def shell(line: str) -> tuple[int, str, str]:
    done = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)  # noqa: S602 - as Ansible does
    return done.returncode, done.stdout, done.stderr


def generator(tester: Loaded, maximum_pps: float) -> ResidentTester:
    return ResidentTester(shell, str(tester.socket), sys.executable, maximum_pps, drain_seconds=0.1)


def measured(
    tester: Loaded, maximum_pps: float, trial_seconds: float = 0.2, **changes: t.Any
) -> tuple[dict[str, t.Any], list[str]]:
    """A short measurement, and what was told meanwhile."""
    effort = Effort(200, maximum_pps, trial_seconds, trials=1, width=0.1, timeout_seconds=60)
    extent = Extent(effort, **{"latency_seconds": 0.0, "burst_frames": 0, "burst_searches": 1, **changes})
    lines: list[str] = []
    result = measure(generator(tester, maximum_pps), MeasurementSubject("poll", 1, "64"), extent, lines.append)
    return result, lines


@pytest.fixture
def segments() -> t.Iterator[tuple[str, str]]:
    with cabled() as names:
        yield names


@pytest.fixture
def tester(segments: tuple[str, str], tmp_path: Path) -> t.Iterator[Loaded]:
    made = Loaded(segments[0], tmp_path / "load")
    try:
        yield made
    finally:
        made("stopped")


def test_the_tester_stays_until_it_is_stopped(tester: Loaded) -> None:
    assert tester(check=True)["changed"]
    assert not tester.directory.exists()
    first = tester()
    assert first["changed"], first
    assert tester.directory.stat().st_mode & 0o777 == 0o700
    assert [side["interface"] for side in first["tester"]["sides"]] == ["t-a", "t-b"]
    assert first["tester"]["sizes"] == [{"bytes": 64, "share": 1}]
    again = tester()
    assert (again["changed"], again["tester"]) == (False, first["tester"])
    before = tester.process()
    assert tester(frame="imix", check=True)["changed"]
    assert tester.process() == before
    other = tester(frame="imix")
    assert (other["changed"], [size["bytes"] for size in other["tester"]["sizes"]]) == (True, [64, 594, 1518])
    assert tester.process() != before
    assert tester("stopped", check=True)["changed"]
    assert tester.directory.exists()
    assert tester("stopped")["changed"]
    assert not tester.directory.exists()
    assert not tester("stopped")["changed"]


def test_what_a_killed_tester_left_is_no_obstacle_and_no_answer(tester: Loaded) -> None:
    tester()
    os.kill(tester.process(), signal.SIGKILL)
    with pytest.raises(Exception, match=r"\[tester_load_silent\]"):
        generator(tester, 1000).ping()
    assert tester()["changed"]
    assert generator(tester, 1000).ping()["frame"] == "64"


@pytest.mark.parametrize("ended_by", ["idle", "directory"])
def test_the_tester_ends_by_itself(tester: Loaded, ended_by: str) -> None:
    tester(idle_timeout=1 if ended_by == "idle" else 600)
    process = tester.process()
    if ended_by == "directory":
        tester.directory.rename(tester.directory.with_name("elsewhere"))
    deadline = time.monotonic() + 10
    while Path(f"/proc/{process}").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not Path(f"/proc/{process}").exists()
    assert not tester.directory.exists()


def test_unknown_commands_and_frames_beyond_the_mtu_are_refused(tester: Loaded, segments: tuple[str, str]) -> None:
    subprocess.run(["ip", "-n", segments[0], "link", "set", "t-b", "mtu", "1400"], check=True)
    refused = tester(frame="imix")
    assert (refused["error_code"], refused["subject"]) == ("tester_mtu_small", "t-b")
    assert not tester.directory.exists()
    missing = tester(second={"interface": "no-such-port", "guest_mac": GUEST_MACS[1]})
    assert (missing["error_code"], missing["subject"]) == ("tester_interface_unusable", "no-such-port")
    assert tester(flows=0)["error_code"] == "traffic_invalid"
    assert tester(kind="gtpu")["msg"].startswith("[traffic_invalid] s5u: ")
    tester()
    for wrong in ({"command": "no"}, {"command": "trial", "pps": -1, "seconds": 1}, {"command": "trial"}, {}):
        assert "error" in ask(tester.socket, wrong)
    with pytest.raises(Exception, match=r"\[tester_load_silent\].*seconds must be"):
        generator(tester, 1000).run(Load(1000, 10_000))


def test_g_pdus_leave_as_packets_and_packets_as_g_pdus(tester: Loaded, segments: tuple[str, str]) -> None:
    for side, number in (("a", 1), ("b", 2)):
        for namespace, end, host in ((segments[0], "t", 2), (segments[1], "d", 1)):
            address = ("add", f"198.18.{number}.{host}/24", "dev", f"{end}-{side}")
            subprocess.run(["ip", "-n", namespace, "address", *address], check=True)
    sides = {
        name: {"interface": f"t-{side}", "address": f"198.18.{number}.2", "gateway": f"198.18.{number}.1"}
        for name, side, number in (("s5u", "a", 1), ("sgi", "b", 2))
    }
    session = {
        "name": "ue-1",
        "ue_address": "198.19.0.1",
        "local_teid": 1,
        "peer_teid": 2,
        "peer_address": "198.18.1.2",
    }
    started = tester(kind="gtpu", frame="imix", sessions=[session], **sides)
    assert started["changed"], started
    assert [size["bytes"] for size in started["tester"]["sizes"]] == [64, 594, 1482]
    with device(segments[1], tunnel_bytes=36):
        trial = ask(tester.socket, {"command": "trial", "pps": 1000, "seconds": 0.5, "drain": 1, "stamped_every": 1})
    assert trial["ways"] == {name: {"sent": 250, "received": 250} for name in ("uplink", "downlink")}
    assert sum(count for _nanoseconds, count in trial["latencies"]) == 500
    # A gateway that forwards without the tunnel's headers forwards nothing that is known.
    with device(segments[1]):
        trial = ask(tester.socket, {"command": "trial", "pps": 1000, "seconds": 0.2, "drain": 0.1})
    assert (trial["sent"], trial["received"]) == (200, 0)


def test_the_rate_of_a_bridge_is_found_with_latency_and_bursts(tester: Loaded, segments: tuple[str, str]) -> None:
    """The bridge passes 2000 packets a second in each direction, and 20 more in its bucket."""
    tester()
    with bridge(segments[1], 2000, FRAME_BYTES):
        result, lines = measured(tester, 20_000, latency_seconds=0.3, burst_frames=400)
    # Where the machine is busy, packets leave in bursts, which the bridge's bucket is too small for.
    assert [rate["limited_by"] for rate in result["rates"]] == ["guest", "guest"]
    assert 2000 < result["rates"][1]["lower_pps"] < result["rates"][1]["upper_pps"] < 4800
    assert [row["load"] for row in result["latencies"]] == ["lowest", "10", "50", "90"]
    assert all(0 < row["minimum_us"] <= row["p50_us"] <= row["maximum_us"] for row in result["latencies"])
    assert result["bursts"]["limited_by"] == "guest"
    assert 10 <= result["bursts"]["frames"] <= 60
    assert len(lines) == len(result["trials"]) + 1
    assert all(before["start"] < after["start"] for before, after in zip(result["trials"], result["trials"][1:]))


def test_every_thousandth_packet_lost_lowers_the_ndr_and_not_the_pdr(tester: Loaded, segments: tuple[str, str]) -> None:
    tester()
    with device(segments[1], drop_every=1000):
        # A trial at the highest rate has more than a thousand packets.
        result, _lines = measured(tester, 4000, trial_seconds=0.4)
    rates = {rate["goal"]: rate for rate in result["rates"]}
    assert rates["ndr"]["upper_pps"] is not None
    assert rates["ndr"]["lower_pps"] < 0.9 * rates["pdr"]["lower_pps"]
    assert rates["ndr"]["limited_by"] == "guest"


def test_a_throttled_tester_is_the_limit_and_no_loss_is_told(tester: Loaded, segments: tuple[str, str]) -> None:
    tester()
    for side in ("t-a", "t-b"):
        throttle(segments[0], side, "rate", f"{1000 * FRAME_BYTES * 8}bit", "burst", "1200", "limit", "1200")
    with device(segments[1]):
        result, lines = measured(tester, 20_000)
    for rate in result["rates"]:
        assert (rate["limited_by"], rate["upper_pps"]) == ("tester", None)
        assert rate["lower_pps"] < 2600
    assert any("says nothing: the tester sent" in line for line in lines)
    assert not all(trial["valid"] for trial in result["trials"])


def test_a_playbook_starts_searches_and_ends(tester: Loaded, segments: tuple[str, str]) -> None:
    with device(segments[1]):
        playbook = tester.directory.with_name("search.yml")
        playbook.write_text(PLAYBOOK)
        progress = tester.directory.with_name("load.progress")
        tester.directory.with_name("load.link").symlink_to(progress)
        # A process that is started there stays there.
        with inside(tester.namespace):
            run = run_playbook(str(playbook), [], "-v", variables={"directory": str(tester.directory)}, timeout=120)
        assert run.succeeded, run.output
        measurement = run.result_of("Search")["measurement"]
        assert (measurement["variant"], measurement["turn"], measurement["frame"]) == ("poll", 2, "64")
        assert len(measurement["latencies"]) == 4
        assert measurement["bursts"]["frames"] > 0
        assert "poll, turn 2, frame 64: trial 1: 2,000 packets/s, 0 of" in run.output
        # A line for each trial, and one for the bursts.
        lines = progress.read_text().splitlines()
        assert len(lines) == len(measurement["trials"]) + 1
        assert "Z poll, turn 2, frame 64: trial 1: 2,000 packets/s, 0 of" in lines[0]
        assert not tester.directory.exists()
    skipped = run.result_of("Search in check mode")
    assert skipped["skipped"]
    assert "measurement" not in skipped
