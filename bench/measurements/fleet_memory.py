# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The memory of a drift check, which must grow no faster than the number of VMs."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import typing as t

from bench import ROOT
from bench.lab_vcenter import FleetVCenter, description, fleet_vcenter
from bench.measurements.fleet_drift import describe
from bench.model import Measurement, Size, at_most, median

if t.TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("fleet_memory_mb_per_1000", "fleet_memory_differing_mb_per_1000")


def measure(size: Size) -> Iterator[Measurement]:
    """MB per 1,000 more VMs between the small fleet and the large one: as described, and all different.

    Only differences count: a process has free memory before the first VM, which makes a small fleet look smaller.
    """
    small, large = size.vms, size.more_vms
    with fleet_vcenter(large) as vcenter:

        def slopes() -> tuple[float, ...]:
            """Of each pair of runs."""
            pairs = [(_grown(vcenter, small), _grown(vcenter, large)) for _number in range(size.runs)]
            return tuple((more - less) / (large - small) * 1000 for less, more in pairs)

        differing = slopes()
        describe(vcenter)
        described = slopes()
    yield Measurement("fleet_memory_mb_per_1000", median(described), "MB", at_most(8), described)
    yield Measurement("fleet_memory_differing_mb_per_1000", median(differing), "MB", runs=differing)


def _grown(vcenter: FleetVCenter, vms: int) -> float:
    """How many MB a process grows by checking so many VMs."""
    payload = json.dumps(
        {"connection": dataclasses.asdict(vcenter.connection), "params": vcenter.params(description(), vms)}
    )
    done = subprocess.run(
        [sys.executable, "-m", "bench.memory_probe"],
        input=payload,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(json.loads(done.stdout))
