# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who says in an ARP frame that an address is its own."""

from __future__ import annotations

import socket
import struct

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.arp import claimed_by, probe

OWN, OTHER = bytes.fromhex("005056000001"), bytes.fromhex("005056000002")
ADDRESS = "198.18.10.10"


def answer(mac: bytes = OTHER, sender: str = ADDRESS, kind: int = 1) -> bytes:
    body = struct.pack("!HHBBH6s4s6s4s", kind, 0x0800, 6, 4, 2, mac, socket.inet_aton(sender), OWN, bytes(4))
    return OWN + mac + b"\x08\x06" + body


def test_probe_teaches_nobody() -> None:
    frame = probe(OWN, ADDRESS)
    assert frame[:14] == b"\xff" * 6 + OWN + b"\x08\x06"
    assert frame[28:32] == bytes(4)
    assert frame[38:42] == socket.inet_aton(ADDRESS)


def test_answer_of_another_machine_claims_the_address() -> None:
    assert claimed_by(answer(), ADDRESS, {OWN}) == "00:50:56:00:00:02"


@pytest.mark.parametrize(
    "frame",
    [answer(mac=OWN), answer(sender="198.18.10.11"), answer(kind=6), answer()[:41], b"", probe(OTHER, ADDRESS)],
)
def test_anything_else_claims_nothing(frame: bytes) -> None:
    assert claimed_by(frame, ADDRESS, {OWN}) is None
