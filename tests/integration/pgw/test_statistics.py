# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The program that the statistics' timer starts, as it stands in the guest, run against a real switch."""

from __future__ import annotations

import json
import threading
import time
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.layout import (
    EXPORT_UNIT_FILE,
    STATISTICS,
    TIMER,
    TIMER_FILE,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.model import UserPlane
from lab.testing.pgw_packets import PEER, SERVER, ipv4
from tests.integration.pgw.conftest import Bench, session
from tests.support.exposition import Family, parse

DIRECTORY = "/var/lib/prometheus/node-exporter"
WANTED: dict[str, t.Any] = {"statistics": {"textfile_directory": DIRECTORY, "interval": 60}}


def plane_with(bench: Bench, **more: t.Any) -> UserPlane:
    limited = session(1, uplink_kbps=1000, downlink_kbps=1000)
    return bench.plane(0, sessions=[limited, session(2)], **more)


@pytest.fixture
def exporting(bench: Bench) -> UserPlane:
    """A user plane with a timer for its statistics."""
    bench.switch.guest.path(DIRECTORY).mkdir(parents=True, exist_ok=True)
    plane = plane_with(bench, **WANTED)
    bench.switch.converge(plane)
    return plane


def exposed(bench: Bench) -> dict[str, Family]:
    return parse(bench.switch.guest.path(f"{DIRECTORY}/nfv_pgw.prom").read_text())


def test_missing_directory_is_refused_and_nothing_is_changed(bench: Bench) -> None:
    bench.switch.converge(plane_with(bench))
    with pytest.raises(NfvError) as error:
        bench.switch.decide(plane_with(bench, statistics={"textfile_directory": "/nowhere", "interval": 60}))
    assert error.value.error_code == "textfile_directory_missing"
    assert "/nowhere" in str(error.value)


def test_files_say_what_the_switch_carries(bench: Bench, exporting: UserPlane) -> None:
    bench.uplink(0x10002, ipv4("198.19.0.2", SERVER, 100))
    bench.uplink(0x10002, ipv4("198.19.0.3", SERVER))
    assert len(bench.sgi.received(1, 2)) == 1
    time.sleep(1.5)
    done = bench.switch.export_statistics()
    assert (done.returncode, done.stderr) == (0, "")
    found, told = exposed(bench), json.loads(bench.switch.guest.path(STATISTICS).read_text())
    assert found["nfv_pgw_up"].value() == 1
    assert found["nfv_pgw_sessions"].value() == len(told["sessions"]) == 2
    assert found["nfv_pgw_session_packets_total"].value(session="ue-2", direction="uplink") == 1
    assert found["nfv_pgw_session_dropped_total"].value(session="ue-2", reason="spoofed") == 1
    assert found["nfv_pgw_peer_bytes_total"].value(peer=PEER, direction="uplink") >= 100
    assert told["dropped"]["spoofed_source"] == found["nfv_pgw_dropped_total"].value(reason="spoofed_source") == 1
    assert {session["uplink_kbps"] for session in told["sessions"] if "uplink_kbps" in session} == {1000}
    assert bench.switch.guest.path(f"{DIRECTORY}/nfv_pgw.prom").stat().st_mode & 0o777 == 0o644


def test_reader_never_sees_half_a_file(bench: Bench, exporting: UserPlane) -> None:
    bench.switch.export_statistics()
    done, read = threading.Event(), []

    def scrape() -> None:
        while not done.is_set():
            read.append(exposed(bench)["nfv_pgw_sessions"].value())

    reader = threading.Thread(target=scrape)
    reader.start()
    for _turn in range(3):
        assert bench.switch.export_statistics().returncode == 0
    done.set()
    reader.join()
    assert len(read) > 10 and set(read) == {2}
    assert [path.name for path in bench.switch.guest.path(DIRECTORY).iterdir()] == ["nfv_pgw.prom"]


def test_switch_that_is_gone_is_told_instead_of_old_figures(bench: Bench, exporting: UserPlane) -> None:
    assert bench.switch.export_statistics().returncode == 0
    bench.switch.kill_switch()
    bench.switch.unit_lost()
    try:
        done = bench.switch.export_statistics()
        assert done.returncode == 1 and "the switch cannot be read" in done.stderr
        assert {name: family.value() for name, family in exposed(bench).items()} == {"nfv_pgw_up": 0}
        assert "error" in json.loads(bench.switch.guest.path(STATISTICS).read_text())
    finally:
        bench.switch.start_switch()
        bench.switch.guest.run(["systemctl", "start", "nfv-pgw.service"])
    assert bench.switch.export_statistics().returncode == 0
    assert exposed(bench)["nfv_pgw_up"].value() == 1


@pytest.mark.parametrize("whole", [False, True])
def test_timer_and_files_go_with_the_option_and_with_the_user_plane(
    bench: Bench, exporting: UserPlane, whole: bool
) -> None:
    bench.switch.export_statistics()
    files = [
        bench.switch.guest.path(path)
        for path in (STATISTICS, f"{DIRECTORY}/nfv_pgw.prom", EXPORT_UNIT_FILE, TIMER_FILE)
    ]
    assert all(path.exists() for path in files)
    bench.switch.converge(None if whole else plane_with(bench))
    assert not any(path.exists() for path in files)
    assert not (bench.switch.root / "run/started" / TIMER).exists()


def test_another_directory_takes_the_file_along(bench: Bench, exporting: UserPlane) -> None:
    bench.switch.export_statistics()
    other = "/var/lib/prometheus/other"
    bench.switch.guest.path(other).mkdir(parents=True, exist_ok=True)
    bench.switch.converge(plane_with(bench, statistics={"textfile_directory": other, "interval": 5}))
    assert not bench.switch.guest.exists(f"{DIRECTORY}/nfv_pgw.prom")
    assert bench.switch.export_statistics().returncode == 0
    assert bench.switch.guest.exists(f"{other}/nfv_pgw.prom")
