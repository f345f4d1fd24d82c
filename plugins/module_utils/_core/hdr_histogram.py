# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HdrHistogram's V2 encoding, with the standard library alone: testers and controllers need nothing else.

The format is HdrHistogram's own (Java's AbstractHistogram, encodeIntoByteBuffer, and ZigZagEncoding). The Python
library hdrhistogram reads what this writes, and the other way round.
"""

from __future__ import annotations

import base64
import collections
import struct
import typing as t
import zlib

LOWEST_NS: t.Final = 1
HIGHEST_NS: t.Final = 60 * 10**9
DIGITS: t.Final = 3
"""Significant decimal digits of a value."""

_QUANTILES: t.Final = {"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}
# 2 ** 11 slots tell 2 * 10 ** DIGITS values apart; half of them are used from the second bucket on.
_HALF_BITS: t.Final = 10
_COOKIE: t.Final = 0x1C849313
_COMPRESSED_COOKIE: t.Final = 0x1C849314
_HEADER: t.Final = struct.Struct(">iiiiqqd")
_COMPRESSED: t.Final = struct.Struct(">ii")
_MOST_BYTES: t.Final = 1 << 20
_LONGEST_BITS: t.Final = 63


def encoded(nanoseconds: t.Iterable[int] | t.Mapping[int, int]) -> str:
    """The histogram of these values, compressed and in base64. Values beyond the bounds count as the bound.

    nanoseconds: the values, or how often each of them came.
    """
    counts: collections.Counter[int] = collections.Counter()
    for value, count in collections.Counter(nanoseconds).items():
        counts[_slot(min(max(value, LOWEST_NS), HIGHEST_NS))] += count
    content = bytearray()
    following = 0
    for slot, count in sorted(counts.items()):
        if slot > following:
            content += _signed(following - slot if slot - following > 1 else 0)
        content += _signed(count)
        following = slot + 1
    header = _HEADER.pack(_COOKIE, len(content), 0, DIGITS, LOWEST_NS, HIGHEST_NS, 1.0)
    body = zlib.compress(header + content)
    return base64.b64encode(_COMPRESSED.pack(_COMPRESSED_COOKIE, len(body)) + body).decode()


def percentiles_us(*texts: str) -> dict[str, float]:
    """``minimum``, ``p50``, ``p90``, ``p99``, ``p999`` and ``maximum`` of encoded histograms together, in microseconds.

    Raises ValueError for text that encoded() does not make, and where nothing was counted.
    """
    counts: collections.Counter[int] = collections.Counter()
    for text in texts:
        counts.update(_counts(text))
    total = sum(counts.values())
    if not total:
        raise ValueError("the histogram is empty")
    slots = sorted(counts)
    found = {"minimum": _lowest(slots[0]) / 1000}
    for name, share in _QUANTILES.items():
        wanted, seen = max(int(share * total + 0.5), 1), 0
        for slot in slots:
            seen += counts[slot]
            if seen >= wanted:
                found[name] = _highest(slot) / 1000
                break
    return {**found, "maximum": _highest(slots[-1]) / 1000}


def _counts(text: str) -> dict[int, int]:
    """How many values each slot has."""
    try:
        raw = base64.b64decode(text, validate=True)
        cookie, length = _COMPRESSED.unpack_from(raw)
        unzip = zlib.decompressobj()
        content = unzip.decompress(raw[_COMPRESSED.size :], _MOST_BYTES)
        header = _HEADER.unpack_from(content)
    except (ValueError, struct.error, zlib.error) as error:
        raise ValueError(f"it is no histogram ({error})") from error
    known = (_COOKIE, len(content) - _HEADER.size, 0, DIGITS, LOWEST_NS, HIGHEST_NS, 1.0)
    if (cookie, length) != (_COMPRESSED_COOKIE, len(raw) - _COMPRESSED.size) or header != known or not unzip.eof:
        raise ValueError("it is no histogram of nanoseconds as a tester makes them")
    counts: dict[int, int] = {}
    slot = 0
    for number in _numbers(content[_HEADER.size :]):
        if number > 0:
            counts[slot] = number
        slot += max(-number, 1)
        if slot > _slot(HIGHEST_NS) + 1:
            raise ValueError("it has values beyond its bounds")
    return counts


def _slot(value: int) -> int:
    """The slot that counts a value."""
    bucket = max(value.bit_length() - _HALF_BITS - 1, 0)
    return (bucket << _HALF_BITS) + (value >> bucket)


def _lowest(slot: int) -> int:
    bucket = max((slot >> _HALF_BITS) - 1, 0)
    return (slot - (bucket << _HALF_BITS)) << bucket


def _highest(slot: int) -> int:
    return _lowest(slot + 1) - 1


def _signed(number: int) -> bytes:
    """ZigZag and LEB128: a run of empty slots is its length below zero, one empty slot is 0."""
    rest = number * 2 if number >= 0 else -number * 2 - 1
    made = bytearray()
    while rest > 0x7F:
        made.append(rest & 0x7F | 0x80)
        rest >>= 7
    made.append(rest)
    return bytes(made)


def _numbers(content: bytes) -> t.Iterator[int]:
    rest = shift = 0
    for octet in content:
        rest |= (octet & 0x7F) << shift
        shift += 7
        if shift > _LONGEST_BITS:
            raise ValueError("it has a number of more than 64 bits")
        if not octet & 0x80:
            yield -((rest + 1) >> 1) if rest & 1 else rest >> 1
            rest = shift = 0
    if shift:
        raise ValueError("it is cut off")
