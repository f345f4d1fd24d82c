# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GTP-U messages are those of TS 29.281, and ICMP answers only what it may."""

from __future__ import annotations

import ipaddress

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets, path_messages


def test_messages_byte_for_byte() -> None:
    assert path_messages.echo_request(5).hex() == "3201000400000000" + "00050000"
    assert path_messages.echo_response(5).hex() == "3202000600000000" + "00050000" + "0e00"
    indication = path_messages.error_indication(0x01020304, "198.18.1.1")
    assert indication.hex() == "321a001000000000" + "00000000" + "1001020304" + "850004c6120101"
    assert path_messages.indicated_teid(packets.parse_gtpu(indication)) == 0x01020304


def packet(source: str = "198.18.2.2", protocol: int = 17, payload: bytes = bytes(1480)) -> bytes:
    return packets.build_ipv4(packets.Ipv4(source, "198.19.0.1", protocol, 64, 1, payload))


@pytest.mark.parametrize(
    ("big", "answers"),
    [
        (packet(), 1),
        (packet(protocol=1, payload=b"\x08" + bytes(1479)), 1),
        (packet(protocol=1, payload=b"\x03" + bytes(1479)), 0),
        (packet(source="224.0.0.1"), 0),
        (packet(source=str(ipaddress.IPv4Address(0))), 0),
        (b"\x60" + bytes(1499), 0),
        (b"", 0),
    ],
)
def test_what_must_not_be_answered_is_not(big: bytes, answers: int) -> None:
    assert len(path_messages.too_big(big, ("198.18.2.1", "2001:db8:2::1"), 1464)) == answers
