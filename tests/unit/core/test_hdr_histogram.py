# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HdrHistogram's encoding against the library, both ways."""

from __future__ import annotations

import base64
import collections
import random
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.hdr_histogram import (
    DIGITS,
    HIGHEST_NS,
    LOWEST_NS,
    encoded,
    percentiles_us,
)

RANDOM = random.Random(7)  # noqa: S311 - no secret
VALUES: dict[str, list[int]] = {
    "one": [9_218_300],
    "few": [1, 2, 2, 3, 2047, 2048, 2049, 4095, 4096],
    "bounds": [-5, 0, 1, HIGHEST_NS, HIGHEST_NS * 2],
    "many": [round(RANDOM.lognormvariate(16, 1.5)) for _number in range(5000)],
}


# Made by the library of: 1000, 2000, 2000, 9218300.
RECORDED = "HISTFAAAACt4nJNpmSzMwMDAxQABzFCaEYh5f7hHMNh/gAic52c6y8+y/BAjEwCLVQdU"


def hdrh() -> t.Any:
    """The library. Tests of guest code run on Python 3.9, too, without it: RECORDED stands for it there."""
    return pytest.importorskip("hdrh.histogram").HdrHistogram


def library(values: list[int], digits: int = DIGITS) -> t.Any:
    made = hdrh()(LOWEST_NS, HIGHEST_NS, digits)
    for value in values:
        made.record_value(min(max(value, LOWEST_NS), HIGHEST_NS))
    return made


def told(made: t.Any) -> dict[str, float]:
    shares = {"p50": 50, "p90": 90, "p99": 99, "p999": 99.9}
    percentiles = {name: made.get_value_at_percentile(share) / 1000 for name, share in shares.items()}
    return {"minimum": made.get_min_value() / 1000, **percentiles, "maximum": made.get_max_value() / 1000}


@pytest.mark.parametrize("name", VALUES)
def test_the_library_reads_what_is_written(name: str) -> None:
    read = hdrh().decode(encoded(VALUES[name]))
    assert read.get_total_count() == len(VALUES[name])
    assert told(read) == told(library(VALUES[name]))


@pytest.mark.parametrize("name", VALUES)
def test_percentiles_are_the_librarys(name: str) -> None:
    assert percentiles_us(library(VALUES[name]).encode().decode()) == told(library(VALUES[name]))
    assert percentiles_us(encoded(VALUES[name])) == told(library(VALUES[name]))


def test_what_the_library_has_made_is_read() -> None:
    expected = {"minimum": 1, "p50": 2, "p90": 9224.191, "p99": 9224.191, "p999": 9224.191, "maximum": 9224.191}
    assert percentiles_us(RECORDED) == percentiles_us(encoded([1000, 2000, 2000, 9_218_300])) == expected


def test_a_thousand_latencies_are_short() -> None:
    assert len(encoded(VALUES["many"][:1000])) < 2500


def test_histograms_add_up_as_in_the_library() -> None:
    together = [value for name in ("few", "many") for value in VALUES[name]]
    assert percentiles_us(encoded(VALUES["few"]), encoded(VALUES["many"])) == told(library(together))


def test_values_may_be_counted_before() -> None:
    assert encoded(collections.Counter(VALUES["few"])) == encoded(VALUES["few"])
    assert encoded({2048: 2, 2049: 1}) == encoded([2048, 2048, 2049])


def damaged() -> dict[str, str]:
    whole = encoded(VALUES["few"])
    raw = base64.b64decode(whole)
    return {
        "empty": "",
        "no base64": f"{whole}<",
        "cut off": base64.b64encode(raw[:-3]).decode(),
        "longer": base64.b64encode(raw + b"x").decode(),
        "another cookie": base64.b64encode(b"\0" + raw[1:]).decode(),
        "no values": encoded([]),
    }


@pytest.mark.parametrize(("name", "text"), damaged().items())
def test_anything_else_is_refused(name: str, text: str) -> None:
    with pytest.raises(ValueError, match=r"it is |histogram is empty"):
        percentiles_us(text)


def test_other_digits_are_refused() -> None:
    with pytest.raises(ValueError, match="no histogram of nanoseconds"):
        percentiles_us(library([1], digits=2).encode().decode())
