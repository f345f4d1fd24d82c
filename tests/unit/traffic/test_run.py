# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole run of the tester over ports that lead through a PGW of a few lines instead of interfaces."""

from __future__ import annotations

import socket
import time
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.af_packet import GatewayInterface
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.checks import PacedLoad, validate_gtpu
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.gtpu import (
    DOWNLINK,
    UPLINK,
    GtpuProbe,
    ProbeSession,
    gtpu_streams,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.run import ProbeRun, silent_rows
from tests.unit.traffic import gateway

Way = t.Callable[[bytes], "list[bytes]"]


class FakePort:
    """One side of the tester; frames go through ``way`` and come in at ``other``."""

    def __init__(self, way: Way) -> None:
        self._way = way
        self._inside, self._outside = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._inside.setblocking(False)
        self.other = self

    def fileno(self) -> int:
        return self._inside.fileno()

    def send(self, frame: bytes) -> None:
        for out in self._way(frame):
            self.other._outside.send(out)

    def receive(self) -> tuple[bytes, int] | None:
        try:
            return self._inside.recv(2048), time.time_ns()
        except BlockingIOError:
            return None


def run(probe: GtpuProbe, uplink: Way, downlink: Way, load: PacedLoad) -> dict[str, dict[str, t.Any]]:
    s5u, sgi = FakePort(uplink), FakePort(downlink)
    s5u.other, sgi.other = sgi, s5u
    ports: t.Any = {UPLINK: s5u, DOWNLINK: sgi}
    rows = ProbeRun(probe, ports, gtpu_streams(probe.sessions), load).measure()
    return {row["name"]: row for row in rows}


def through(probe: GtpuProbe) -> tuple[Way, Way]:
    """The ways of a PGW that works."""
    return (
        lambda frame: [out] if (out := gateway.uplink(probe, frame)) else [],
        lambda frame: [out] if (out := gateway.downlink(probe, frame)) else [],
    )


LOAD = PacedLoad(count=40, pps=400, size=128, drain=0.2)


def test_a_working_pgw(probe: GtpuProbe) -> None:
    rows = run(probe, *through(probe), LOAD)
    assert list(rows) == ["uplink", "downlink", "wrong TEID", "wrong source"]
    for name in ("uplink", "downlink"):
        row = rows[name]
        assert [row[key] for key in ("sent", "expected", "received", "lost", "duplicate", "corrupt")] == [
            40,
            40,
            40,
            0,
            0,
            0,
        ]
        assert (row["warm_up_sent"], row["warm_up_received"]) == (2, 2)
        assert row["bad_outer_checksum"] == 0
        assert row["latency_us"]["p50"] > 0
    for name in ("wrong TEID", "wrong source"):
        assert [rows[name][key] for key in ("sent", "expected", "received", "warm_up_sent")] == [40, 0, 0, 0]


def test_the_pace_is_kept_and_reported(probe: GtpuProbe) -> None:
    began = time.monotonic()
    rows = run(probe, *through(probe), PacedLoad(count=40, pps=100, size=128, drain=0.0))
    assert time.monotonic() - began >= 4 * 0.39
    assert 0 < rows["uplink"]["pps_seen"] <= 103


def test_a_pace_beyond_the_machine_is_reported_as_it_was(probe: GtpuProbe) -> None:
    def slow(frame: bytes) -> list[bytes]:
        time.sleep(0.005)
        return through(probe)[0](frame)

    rows = run(probe, slow, through(probe)[1], PacedLoad(count=40, pps=100000, size=128, drain=0.2))
    assert rows["uplink"]["pps_asked"] == 100000
    assert rows["uplink"]["pps_seen"] < 220


def test_a_pgw_that_drops_everything(probe: GtpuProbe) -> None:
    rows = run(probe, lambda _: [], lambda _: [], PacedLoad(count=5, pps=1000, size=128, drain=0.0))
    assert (rows["uplink"]["received"], rows["uplink"]["lost"]) == (0, 5)
    assert rows["uplink"]["warm_up_received"] == 0


def test_a_pgw_that_sends_twice_and_looks_at_no_teid(probe: GtpuProbe) -> None:
    def leaking(frame: bytes) -> list[bytes]:
        inner = gateway.inner_of(frame)
        out = gateway.packets.build_ipv4(inner)
        return [gateway.packets.build_ethernet(probe.sgi.mac, probe.sgi.gateway_mac, out)] * 2

    rows = run(probe, leaking, through(probe)[1], LOAD)
    assert (rows["uplink"]["received"], rows["uplink"]["duplicate"]) == (40, 40)
    assert rows["wrong TEID"]["received"] == 40
    assert rows["wrong source"]["received"] == 40


def test_wrong_outer_checksums_are_counted(probe: GtpuProbe) -> None:
    def wrong(frame: bytes) -> list[bytes]:
        out = bytearray(gateway.downlink(probe, frame) or b"")
        out[40] ^= 0x01
        return [bytes(out)]

    rows = run(probe, through(probe)[0], wrong, LOAD)
    assert (rows["downlink"]["received"], rows["downlink"]["bad_outer_checksum"]) == (40, 40)


S5U = GatewayInterface("eth1", "198.18.1.2", "198.18.1.1")
SGI = GatewayInterface("eth2", "198.18.2.2", "198.18.2.1")
SESSION = ProbeSession("ue-1", "198.19.0.1", 4097, 8193, "198.18.1.2")


def test_a_silent_pgw_is_a_row_with_nothing_sent() -> None:
    rows = silent_rows(gtpu_streams([SESSION]), LOAD, [S5U])
    assert [row["sent"] for row in rows] == [0, 0, 0]
    assert [row["expected"] for row in rows] == [40, 40, 0]
    assert rows[0]["problems"] == ["nothing sent: nobody answers ARP for 198.18.1.1 on eth1"]


@pytest.mark.parametrize(
    ("s5u", "sessions", "load", "path"),
    [
        (S5U, [SESSION], PacedLoad(0, 1, 128, 0), "count"),
        (S5U, [SESSION], PacedLoad(10**6 + 1, 1, 128, 0), "count"),
        (S5U, [SESSION], PacedLoad(1, 0, 128, 0), "pps"),
        (S5U, [SESSION], PacedLoad(1, 1, 63, 0), "size"),
        (S5U, [SESSION], PacedLoad(1, 1, 1465, 0), "size"),
        (S5U, [SESSION], PacedLoad(1, 1, 128, 61), "drain"),
        (S5U, [], LOAD, "sessions"),
        (GatewayInterface("", "198.18.1.2", "198.18.1.1"), [SESSION], LOAD, "s5u.interface"),
        (GatewayInterface("eth1", "198.18.1", "198.18.1.1"), [SESSION], LOAD, "s5u.address"),
        (GatewayInterface("eth1", "198.18.1.2", "pgw"), [SESSION], LOAD, "s5u.gateway"),
        (S5U, [SESSION, ProbeSession("b", "ue", 1, 1, "198.18.1.2")], LOAD, "sessions[1].ue_address"),
        (S5U, [ProbeSession("b", "198.19.0.1", 0, 1, "198.18.1.2")], LOAD, "sessions[0].local_teid"),
        (S5U, [ProbeSession("b", "198.19.0.1", 1, 2**32, "198.18.1.2")], LOAD, "sessions[0].peer_teid"),
        (S5U, [ProbeSession("b", "198.19.0.1", 1, 1, "sgw")], LOAD, "sessions[0].peer_address"),
    ],
)
def test_bad_input_is_named(s5u: GatewayInterface, sessions: list[ProbeSession], load: PacedLoad, path: str) -> None:
    with pytest.raises(NfvError) as raised:
        validate_gtpu(s5u, SGI, sessions, load)
    assert (raised.value.error_code, raised.value.subject) == ("traffic_invalid", path)


def test_good_input_passes() -> None:
    validate_gtpu(S5U, SGI, [SESSION], LOAD)
