# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Latencies of one load, as HdrHistogram has them: their histograms of several runs add up to one without loss."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.hdr_histogram import encoded, percentiles_us


def summary(counts: t.Mapping[int, int]) -> dict[str, t.Any]:
    """The numbers of latencies, in microseconds, and all of them as a histogram.

    counts: how many packets took so many nanoseconds; at least one did.
    """
    text = encoded(counts)
    numbers = {f"{name}_us": value for name, value in percentiles_us(text).items()}
    return {"packets": sum(counts.values()), **numbers, "histogram": text}
