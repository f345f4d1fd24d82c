# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hugepage pools: read, planned, resized, and given back when the kernel runs short."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import apply
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.memory.buddyinfo import contiguous_pages
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.memory.hugepages import Pool, plan, read_pools

if t.TYPE_CHECKING:
    from tests.unit.guest.conftest import RecordedGuest

MACHINE = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages"


def test_reads_machine_and_node_pools(bound: RecordedGuest) -> None:
    pools = {(pool.size_kb, pool.node): (pool.allocated, pool.free) for pool in read_pools(bound)}
    assert pools == {(1048576, None): (0, 0), (2048, None): (256, 256), (1048576, 0): (0, 0), (2048, 0): (256, 256)}


def test_grows_and_is_then_done(fresh: RecordedGuest) -> None:
    first = plan(fresh, [Pool(2048, 256)])
    assert (first.before, first.after) == ({"hugepages of 2048 kB": 0}, {"hugepages of 2048 kB": 256})
    apply(first.steps, fresh)
    again = plan(fresh, [Pool(2048, 256)])
    assert not again.changed
    assert again.result["pools"] == [{"size_kb": 2048, "node": None, "allocated": 256, "free": 256}]


def test_prediction_is_what_comes(fresh: RecordedGuest) -> None:
    predicted = plan(fresh, [Pool(2048, 100, 0)])
    apply(predicted.steps, fresh)
    assert plan(fresh, [Pool(2048, 100, 0)]).result == predicted.result


def test_shrinks_before_it_grows(bound: RecordedGuest) -> None:
    steps = plan(bound, [Pool(1048576, 1), Pool(2048, 0)]).steps
    assert [(step.name, step.count) for step in steps] == [("hugepages of 2048 kB", 0), ("hugepages of 1048576 kB", 1)]


def test_pool_that_the_kernel_cannot_fill_is_given_back(bound: RecordedGuest) -> None:
    bound.room = 260
    with pytest.raises(NfvError, match="there is room for 260 of 300 pages; the pool is back at 256") as caught:
        apply(plan(bound, [Pool(2048, 300)]).steps, bound)
    assert caught.value.error_code == "hugepages_short"
    assert bound.number(MACHINE) == 256


BUDDY = """\
Node 0, zone      DMA      0      0      0      0      0      0      0      0      1      1      2
Node 0, zone    DMA32    100     50      3      1      1      1      1      1      1      4     10
Node 1, zone   Normal      9      9      9      9      9      9      9      9      9      1      0
"""


@pytest.mark.parametrize(
    ("size_kb", "node", "pages"),
    # Orders 9 and 10 are blocks of 2 and 4 MiB; nothing is as large as 1 GiB.
    [(2048, None, 1 + 4 + 4 + 20 + 1), (2048, 1, 1), (2048, 7, None), (1048576, None, None)],
)
def test_contiguous_memory(fresh: RecordedGuest, size_kb: int, node: int | None, pages: int | None) -> None:
    fresh.lay_out("/proc/buddyinfo", BUDDY)
    assert contiguous_pages(fresh, size_kb, node) == pages


def test_a_shortfall_says_how_much_memory_is_contiguous(bound: RecordedGuest) -> None:
    bound.lay_out("/proc/buddyinfo", BUDDY)
    bound.room = 260
    with pytest.raises(NfvError, match=r"contiguous free memory holds 30 more \(60 MiB\)"):
        apply(plan(bound, [Pool(2048, 300)]).steps, bound)
    with pytest.raises(NfvError, match="contiguous enough for 30 hugepages of 2048 kB"):
        plan(bound, [Pool(2048, 5000)])


def test_more_than_the_memory_is_refused_before_any_change(fresh: RecordedGuest) -> None:
    with pytest.raises(NfvError, match="nothing was changed") as caught:
        plan(fresh, [Pool(2048, 5000)])
    assert caught.value.error_code == "hugepages_short"


@pytest.mark.parametrize("pool", [Pool(65536, 1), Pool(2048, 1, node=7)])
def test_unknown_sizes_and_nodes_are_refused(fresh: RecordedGuest, pool: Pool) -> None:
    with pytest.raises(NfvError, match="It knows") as caught:
        plan(fresh, [pool])
    assert caught.value.error_code == "hugepage_size_unsupported"


@pytest.mark.parametrize("pools", [[Pool(2048, 1), Pool(2048, 2)], [Pool(2048, 1), Pool(2048, 1, 0)]])
def test_a_pool_asked_for_twice_is_refused(fresh: RecordedGuest, pools: list[Pool]) -> None:
    with pytest.raises(NfvError) as caught:
        plan(fresh, pools)
    assert caught.value.error_code == "pool_repeated"
