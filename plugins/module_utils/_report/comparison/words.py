# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Numbers and names of a comparison as a person reads them."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.sentence import NAMES

GOALS: t.Final[t.Mapping[str, str]] = {"ndr": "NDR", "pdr": "PDR"}
UNKNOWN: t.Final = "unknown"


def goal(name: str) -> str:
    return GOALS.get(name, name)


def named(variant: str) -> str:
    return NAMES.get(variant, variant)


def sized(frame: str) -> str:
    """``64-byte frames``, or ``frames of several sizes (IMIX)``."""
    return "frames of several sizes (IMIX)" if frame == "imix" else f"{frame}-byte frames"


def packets(value: float | None) -> str:
    """Packets/s, with commas between thousands."""
    return UNKNOWN if value is None else f"{value:,.0f}"


def microseconds(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:,.0f} µs"


def nanoseconds(seconds: float | None) -> str:
    return UNKNOWN if seconds is None else f"{seconds * 1e9:,.0f} ns"


def percent(value: float | None) -> str:
    """A share, as percent with one decimal."""
    return UNKNOWN if value is None else f"{value * 100:.1f} %"


def cpus(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.2f} CPU"


def ratio(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.2f}"
