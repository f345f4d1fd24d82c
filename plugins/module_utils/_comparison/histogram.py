# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Merges the latencies of several turns. A percentile of all of them is no mean of the turns' percentiles."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

from .fields import refusal

_QUANTILES: t.Final = {"p50": 50.0, "p90": 90.0, "p99": 99.0, "p999": 99.9}


def merged_percentiles(histograms: t.Sequence[str], path: str) -> dict[str, float]:
    """The percentiles in microseconds of all histograms together.

    histograms: compressed HdrHistograms V2 of nanoseconds, in base64. Raises NfvError: library_missing;
    measurement_invalid for text that is no such histogram, or an empty one.
    """
    merged: t.Any = None
    for text in histograms:
        one = _decoded(text, path)
        if merged is None:
            merged = one
        else:
            merged.add(one)
    if merged is None or not merged.get_total_count():
        raise refusal(path, "has an empty histogram")
    return {
        "minimum": merged.get_min_value() / 1000,
        **{name: merged.get_value_at_percentile(value) / 1000 for name, value in _QUANTILES.items()},
        "maximum": merged.get_max_value() / 1000,
    }


def _decoded(text: str, path: str) -> t.Any:
    try:
        from hdrh.histogram import HdrHistogram  # noqa: PLC0415 (only a comparison needs it)
    except ImportError as error:
        raise NfvError(
            ErrorCode.LIBRARY_MISSING,
            "controller",
            f"the Python library hdrhistogram, which merges latencies, cannot be imported: {error}",
            "Install it for Ansible's own Python: pip install hdrhistogram",
        ) from error
    try:
        return HdrHistogram.decode(text)
    # The library's decoder raises whatever a wrong octet makes it stumble over.
    except Exception as error:
        raise refusal(path, f"histogram cannot be decoded: {type(error).__name__}: {error}") from error
