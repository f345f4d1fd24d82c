# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Meters in the form of OpenFlow 1.5, as Open vSwitch 3.1 sends them."""

from __future__ import annotations

import struct

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.openflow_meters import (
    ADD,
    DELETE,
    Meter,
    MeterCount,
    MeterError,
    build_mod,
    changes,
    format_file,
    parse_counts,
    parse_descriptions,
    parse_file,
)

LIMIT, FLOOD = Meter(16, 2000), Meter(1, 1000, packets=True)


def described(meter: Meter) -> bytes:
    """A meter as the switch describes it: the message that added it, with a length in the command's place."""
    body = build_mod(ADD, meter, 0)[8:]
    return struct.pack("!H", len(body)) + body[2:]


def test_what_was_added_is_what_is_read() -> None:
    assert parse_descriptions(described(LIMIT) + described(FLOOD)) == [LIMIT, FLOOD]


def test_foreign_meter_differs_from_every_one_of_ours() -> None:
    foreign = described(LIMIT).replace(struct.pack("!I", LIMIT.burst), struct.pack("!I", 1))
    (found,) = parse_descriptions(foreign)
    assert changes([found], [LIMIT]) == ([], [LIMIT], [])


def test_cut_message_is_refused() -> None:
    with pytest.raises(MeterError):
        parse_descriptions(described(LIMIT)[:-4])


def test_deletion_has_no_band() -> None:
    assert len(build_mod(DELETE, LIMIT, 0)) == 16


def test_changes() -> None:
    faster, new = Meter(16, 3000), Meter(17, 5)
    assert changes([LIMIT, FLOOD], [faster, new]) == ([new], [faster], [FLOOD])
    assert changes([LIMIT], [LIMIT]) == ([], [], [])


def test_file_holds_what_was_written() -> None:
    assert parse_file(format_file([LIMIT, FLOOD])) == [LIMIT, FLOOD]


def test_statistics_of_a_meter_with_a_band() -> None:
    body = struct.pack("!IH6xIQQII", 16, 56, 2, 100, 50_000, 1, 2) + struct.pack("!QQ", 30, 15_000)
    assert parse_counts(body * 1) == {16: MeterCount(100, 30)}
    with pytest.raises(MeterError):
        parse_counts(body[:-1])
