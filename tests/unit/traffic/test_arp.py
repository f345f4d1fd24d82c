# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether an ARP frame says that somebody else has the tester's address."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.arp import claim, claimed_by, probe

OWN, OTHER = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")


def said(mac: bytes, sender: str, operation: int = 2) -> bytes:
    """An ARP frame in which this machine says that it has the sender's address."""
    address = bytes(map(int, sender.split(".")))
    head = OWN + mac + bytes.fromhex("0806") + bytes.fromhex("000108000604") + operation.to_bytes(2, "big")
    return head + mac + address + OWN + bytes(4) + bytes(18)


@pytest.mark.parametrize("operation", [1, 2])
def test_another_machine_with_the_address_is_seen(operation: int) -> None:
    assert claimed_by(said(OTHER, "198.18.1.2", operation), "198.18.1.2", {OWN}) == "02:00:00:00:00:02"


@pytest.mark.parametrize(
    "frame",
    [
        said(OTHER, "198.18.1.3"),
        said(OWN, "198.18.1.2"),
        said(OTHER, "198.18.1.2")[:41],
        b"",
        # Another machine that asks, too, has not got it yet.
        probe(OTHER, "198.18.1.2"),
    ],
)
def test_everything_else_is_no_claim(frame: bytes) -> None:
    assert claimed_by(frame, "198.18.1.2", {OWN}) is None


def test_a_probe_claims_nothing() -> None:
    """RFC 5227, 1.1: its sender address is 0.0.0.0, so that no neighbour learns from it."""
    frame = probe(OWN, "198.18.1.2")
    assert (frame[:6], frame[6:12], frame[12:14]) == (b"\xff" * 6, OWN, b"\x08\x06")
    assert (frame[20:22], frame[28:32], frame[38:42]) == (b"\x00\x01", bytes(4), bytes([198, 18, 1, 2]))


def test_a_claim_is_a_reply_to_one_neighbour_and_seen_by_the_next_tester() -> None:
    frame = claim(OTHER, "198.18.1.2", OWN, "198.18.1.1")
    assert (frame[:6], frame[6:12], frame[20:22]) == (OWN, OTHER, b"\x00\x02")
    assert (frame[32:38], frame[38:42]) == (OWN, bytes([198, 18, 1, 1]))
    assert claimed_by(frame, "198.18.1.2", {OWN}) == "02:00:00:00:00:02"
