# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The memory that a drift check takes: it grows no faster than the number of VMs."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import typing as t

from bench import ROOT
from bench.lab_vcenter import FleetVCenter, description, fleet_vcenter
from bench.model import Measurement, Size, Target, median

if t.TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("fleet_memory_mb_per_1000",)
# Of what a smaller fleet takes per VM, the larger one may take that much: pages of memory are no exact measure.
TOLERANCE = 1.05


def measure(size: Size) -> Iterator[Measurement]:
    """MB per 1,000 VMs of the larger fleet; the target is what the smaller one takes per 1,000.

    Each fleet has a vCenter of its own, for the names of all VMs in it are read as well.
    """
    smaller, larger = (_per_1000(vms, size.runs) for vms in (size.vms, size.more_vms))
    yield Measurement("fleet_memory_mb_per_1000", larger, "MB", Target("at most", round(smaller * TOLERANCE, 1)))


def _per_1000(vms: int, runs: int) -> float:
    with fleet_vcenter(vms) as vcenter:
        return median([_grown(vcenter) for _number in range(runs)]) / vms * 1000


def _grown(vcenter: FleetVCenter) -> float:
    told = json.dumps({"connection": dataclasses.asdict(vcenter.connection), "params": vcenter.params(description())})
    done = subprocess.run(
        [sys.executable, "-m", "bench.memory_probe"],
        input=told,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    return float(json.loads(done.stdout))
