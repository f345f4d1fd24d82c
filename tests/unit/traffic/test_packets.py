# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packets as Wireshark's dissector sees them: an implementation that is not ours."""

from __future__ import annotations

import struct
import subprocess
import typing as t
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.gtpu import GtpuProbe, gtpu_streams
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.streams import Label
from tests.unit.traffic import gateway

FIELDS = [
    "eth.dst",
    "ip.src",
    "ip.dst",
    "ip.ttl",
    "ip.proto",
    "ip.len",
    "ip.checksum.status",
    "udp.srcport",
    "udp.dstport",
    "udp.length",
    "udp.checksum.status",
    "gtp.flags",
    "gtp.message",
    "gtp.length",
    "gtp.teid",
    "gtp.seq_number",
    "gtp.ext_hdr.next",
]
GOOD, BAD = "1", "0"


def dissect(frames: t.Sequence[bytes], directory: Path) -> list[dict[str, list[str]]]:
    """Each field of each frame, outermost first, by tshark."""
    capture = directory / "frames.pcap"
    records = [struct.pack("<IIII", 0, 0, len(frame), len(frame)) + frame for frame in frames]
    capture.write_bytes(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1) + b"".join(records))
    command = ["tshark", "-r", str(capture), "-T", "fields", "-E", "separator=;", "-E", "occurrence=a"]
    command += ["-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE"]
    for field in FIELDS:
        command += ["-e", field]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return [dict(zip(FIELDS, [value.split(",") for value in line.split(";")])) for line in lines]


def frames_of(probe: GtpuProbe) -> dict[str, bytes]:
    """One frame of each stream, and the PGW's answer to those that it delivers."""
    streams = {stream.name: stream for stream in gtpu_streams(probe.sessions)}
    frames = {
        name: probe.frame(stream, Label(probe.run, stream.number, 1, 7, 123456789)) for name, stream in streams.items()
    }
    uplink, downlink = gateway.uplink(probe, frames["uplink"]), gateway.downlink(probe, frames["downlink"])
    assert uplink
    assert downlink
    return {**frames, "uplink out": uplink, "downlink out": downlink}


@pytest.fixture(scope="module")
def dissected(probe: GtpuProbe, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, list[str]]]:
    frames = frames_of(probe)
    return dict(zip(frames, dissect(list(frames.values()), tmp_path_factory.mktemp("frames"))))


def test_uplink_is_a_g_pdu_of_the_session(dissected: dict[str, dict[str, list[str]]]) -> None:
    seen = dissected["uplink"]
    assert seen["eth.dst"] == ["00:50:56:01:00:02"]
    assert seen["ip.src"] == ["198.18.1.2", "198.19.0.2"]
    assert seen["ip.dst"] == ["198.18.1.1", "198.18.2.2"]
    assert seen["ip.len"] == ["164", "128"]
    assert seen["udp.dstport"] == ["2152", "40002"]
    assert seen["udp.length"] == ["144", "108"]
    assert seen["ip.checksum.status"] == [GOOD, GOOD]
    assert seen["udp.checksum.status"] == [GOOD, GOOD]
    assert (seen["gtp.flags"], seen["gtp.message"], seen["gtp.length"]) == (["0x30"], ["0xff"], ["128"])
    assert seen["gtp.teid"] == [f"0x{4098:08x}"]


def test_wrong_teid_belongs_to_no_session(dissected: dict[str, dict[str, list[str]]]) -> None:
    assert dissected["wrong TEID"]["gtp.teid"] == [f"0x{4099:08x}"]
    assert dissected["wrong TEID"]["ip.src"] == ["198.18.1.2", "198.19.0.2"]


def test_wrong_source_is_another_sessions_subscriber(dissected: dict[str, dict[str, list[str]]]) -> None:
    assert dissected["wrong source"]["gtp.teid"] == [f"0x{4098:08x}"]
    assert dissected["wrong source"]["ip.src"] == ["198.18.1.2", "198.19.0.1"]


def test_downlink_is_plain_and_checksums_hold(dissected: dict[str, dict[str, list[str]]]) -> None:
    seen = dissected["downlink"]
    assert (seen["ip.src"], seen["ip.dst"], seen["ip.ttl"]) == (["198.18.2.2"], ["198.19.0.2"], ["64"])
    assert (seen["ip.checksum.status"], seen["udp.checksum.status"]) == ([GOOD], [GOOD])
    assert seen["gtp.teid"] == [""]


def test_the_dissector_notices_a_wrong_checksum(probe: GtpuProbe, tmp_path: Path) -> None:
    """The negative control of the checksum statuses above, and of our own reading of them."""
    frame = bytearray(frames_of(probe)["uplink"])
    frame[40] ^= 0x01  # the low byte of the outer UDP checksum
    seen = dissect([bytes(frame)], tmp_path)[0]
    assert seen["udp.checksum.status"] == [BAD, GOOD]
    outer = packets.parse_ipv4(packets.parse_ethernet(bytes(frame)))
    assert not packets.udp_checksum_right(outer.payload, outer.source, outer.destination)


def test_extension_headers_are_skipped_as_the_dissector_does(probe: GtpuProbe, tmp_path: Path) -> None:
    """A G-PDU with sequence number and a PDU session container (TS 38.415) in front of the packet."""
    inner = packets.build_ipv4(gateway.inner_of(frames_of(probe)["uplink"]))
    optional = struct.pack("!HBB", 77, 0, 0x85) + bytes([1, 0x10, 0x09, 0])
    message = struct.pack("!BBHI", 0x36, packets.G_PDU, len(optional) + len(inner), 4097) + optional + inner
    datagram = packets.build_udp(packets.Udp(2152, 2152, message), "198.18.1.2", "198.18.1.1")
    outer = packets.build_ipv4(packets.Ipv4("198.18.1.2", "198.18.1.1", 17, 64, 0, datagram))
    seen = dissect([packets.build_ethernet("00:50:56:01:00:02", "02:00:00:00:01:02", outer)], tmp_path)[0]
    ours = packets.parse_gtpu(message)
    assert (ours.sequence_number, ours.extension_types, ours.payload) == (77, (0x85,), inner)
    assert seen["gtp.seq_number"] == ["0x004d"]
    assert seen["gtp.ext_hdr.next"] == ["0x85", "0x00"]  # 0 ends the chain
    assert seen["ip.src"] == ["198.18.1.2", packets.parse_ipv4(ours.payload).source]


def test_sequence_number_is_where_the_dissector_expects_it(probe: GtpuProbe, tmp_path: Path) -> None:
    message = packets.build_gtpu(packets.Gtpu(packets.G_PDU, 4097, b"x" * 40, sequence_number=513))
    datagram = packets.build_udp(packets.Udp(2152, 2152, message), "198.18.1.2", "198.18.1.1")
    outer = packets.build_ipv4(packets.Ipv4("198.18.1.2", "198.18.1.1", 17, 64, 0, datagram))
    seen = dissect([packets.build_ethernet("00:50:56:01:00:02", "02:00:00:00:01:02", outer)], tmp_path)[0]
    assert (seen["gtp.seq_number"], seen["gtp.length"]) == (["0x0201"], ["44"])
    assert packets.parse_gtpu(message).sequence_number == 513


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "not a GTP-U"),
        (struct.pack("!BBHI", 0x10, 255, 0, 1), "not a GTP-U"),  # version 0
        (struct.pack("!BBHI", 0x20, 255, 0, 1), "not a GTP-U"),  # GTP'
        (struct.pack("!BBHI", 0x30, 255, 9, 1), "length 9"),
        (struct.pack("!BBHI", 0x32, 255, 0, 1), "flags announce"),
        (struct.pack("!BBHIHBB", 0x34, 255, 4, 1, 0, 0, 0x85), "cut short"),
        (struct.pack("!BBHIHBBB", 0x34, 255, 5, 1, 0, 0, 0x85, 0), "cut short"),
    ],
)
def test_what_is_no_gtpu_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(packets.PacketError, match=reason):
        packets.parse_gtpu(data)


@given(st.binary(max_size=120))
def test_no_bytes_break_the_parsers(data: bytes) -> None:
    for parse in (packets.parse_ethernet, packets.parse_ipv4, packets.parse_udp, packets.parse_gtpu):
        try:
            parse(data)
        except packets.PacketError:
            continue


@given(
    payload=st.binary(max_size=200),
    teid=st.integers(0, 2**32 - 1),
    sequence=st.one_of(st.none(), st.integers(0, 65535)),
    ttl=st.integers(1, 255),
)
def test_what_is_built_is_read_back(payload: bytes, teid: int, sequence: int | None, ttl: int) -> None:
    message = packets.Gtpu(packets.G_PDU, teid, payload, sequence)
    assert packets.parse_gtpu(packets.build_gtpu(message)) == message
    datagram = packets.build_udp(packets.Udp(1, 2, payload), "198.18.1.2", "198.18.1.1")
    assert packets.udp_checksum_right(datagram, "198.18.1.2", "198.18.1.1")
    packet = packets.Ipv4("198.18.1.2", "198.18.1.1", 17, ttl, 5, datagram)
    assert packets.parse_ipv4(packets.build_ipv4(packet) + b"padding") == packet
