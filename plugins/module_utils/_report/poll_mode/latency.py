# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The latencies of one host's streams, as a picture."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.hdr_histogram import percentiles_us
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.drawing.axes import HEIGHT, WIDTH
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.drawing.percentiles import percentile_curves
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.drawing.picture import Picture, picture

Mapping = t.Mapping[str, t.Any]


def latency_picture(number: int, streams: t.Sequence[Mapping], colours: t.Mapping[str, int]) -> Picture | None:
    """A curve for each stream that has a histogram; None when none has.

    number: the host's, for identifiers; colours: the number of each direction's colour, line and mark.
    """
    curves, words = [], []
    for stream in streams:
        text = stream.get("latency_histogram")
        if not text or stream["direction"] not in colours:
            continue
        try:
            found = percentiles_us(text)
        except ValueError:
            words.append(f"{stream['name']} cannot be told, because its histogram cannot be read")
            continue
        curves.append((colours[stream["direction"]], found))
        words.append(f"{stream['name']} {found['p50']:,.0f} µs (99 %: {found['p99']:,.0f} µs)")
    if not curves:
        return None
    drawn = percentile_curves(curves, "percentile, at the rate of the proof")
    text = f"Median latency from the tester to the tester: {'; '.join(words)}."
    return picture(f"latency-{number}", WIDTH, HEIGHT, ("Latency", text), drawn)
