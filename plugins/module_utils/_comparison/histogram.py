# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Merges the latencies of several turns. A percentile of all of them is no mean of the turns' percentiles."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.hdr_histogram import percentiles_us

from .fields import refusal


def merged_percentiles(histograms: t.Sequence[str], path: str) -> dict[str, float]:
    """The percentiles in microseconds of all histograms together.

    histograms: compressed HdrHistograms V2 of nanoseconds, in base64. Raises NfvError: measurement_invalid for what
    is none of these, and for empty ones.
    """
    try:
        return percentiles_us(*histograms)
    except ValueError as error:
        raise refusal(path, f"histogram cannot be read: {error}") from error
