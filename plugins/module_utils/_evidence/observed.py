# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges observations as they are written down: in a play, or in an archive of evidence."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.mac_address import spelt_alike

from .judge import judge
from .model import DIRECTIONS, Expected, Mapping


def judge_observed(observed: Mapping, expected: Mapping) -> dict[str, t.Any]:
    """The verdict of judge(). observed: ``before``, ``after``, ``traffic``, ``capture_dropped`` and ``errors``.

    Raises ValueError when ``expected`` is incomplete or has keys that nobody knows.
    """
    return judge(
        observed.get("before"), observed.get("after"), observed.get("traffic"), _expected(expected), _errors(observed)
    )


def _errors(observed: Mapping) -> list[str]:
    errors = [str(error) for error in observed.get("errors") or () if error]
    dropped = observed.get("capture_dropped")
    return [*errors, f"the tester itself dropped {dropped} captured frames"] if dropped else errors


def _expected(expected: Mapping) -> Expected:
    required = ("devices", "sides", "polling_cpus", "hugepages")
    missing = [key for key in required if key not in expected]
    unknown = sorted(set(expected) - set(Expected.__dataclass_fields__))
    if expected.get("traffic", "gtpu") not in DIRECTIONS:
        raise ValueError(f"traffic must be one of {', '.join(DIRECTIONS)}")
    if missing or unknown:
        raise ValueError(f"expected misses {missing}, has unknown {unknown}")
    adapters = tuple(expected.get("adapters") or ())
    lists = {key: tuple(expected.get(key) or ()) for key in ("polling_cpus", "hugepages", "dropped")}
    devices = expected_devices(expected["devices"], adapters)
    return Expected(**{**expected, **lists, "devices": devices, "adapters": adapters})


def expected_devices(devices: t.Iterable[Mapping], adapters: t.Iterable[Mapping]) -> tuple[dict[str, str], ...]:
    """The devices that must poll, with the MAC addresses that vSphere assigned, else those that the guest shows."""
    assigned = {adapter["name"]: adapter["mac"] for adapter in adapters}
    return tuple(
        {
            "name": device["name"],
            "pci_address": str(device["pci_address"]).lower(),
            "mac": spelt_alike(assigned.get(device["name"]) or device["mac"]),
        }
        for device in devices
    )
