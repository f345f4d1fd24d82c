# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters that plan and judge a comparison; documented in the YAML files beside this one."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.comparison import (
    compare,
    comparison_as_data,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.course import plan_course, plan_forwarding
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.environment import Environment
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.measurement import measurements_from_data
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.samples import hypervisor_samples
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.filters import Filters, plain, typed


def comparison_report(
    measurements: t.Any, environment: t.Any, created: str, hypervisor: t.Any = ()
) -> dict[str, t.Any]:
    """The comparison of these measurements, as comparison.json has it."""
    compared = compare(
        measurements_from_data(plain(measurements)),
        Environment.from_dict(plain(environment)),
        created,
        hypervisor_samples(plain(hypervisor)),
    )
    return comparison_as_data(compared)


def comparison_course(request: t.Any) -> dict[str, t.Any]:
    """What is measured in which order, and how long it takes."""
    course = plan_course(plain(request))
    return {**vars(course), "turns": [dataclasses.asdict(turn) for turn in course.turns], "frames": list(course.frames)}


def comparison_forwarding(variant: str, verification: t.Any, sides: t.Any, pgw: t.Any) -> dict[str, t.Any]:
    """The options of interrupt_forwarding for a variant."""
    planned = vars(plan_forwarding(variant, plain(verification), plain(sides), plain(pgw)))
    return {name: list(value) if isinstance(value, tuple) else value for name, value in planned.items()}


class FilterModule:
    """The filters of this file by name."""

    def filters(self) -> Filters:
        return typed(
            {
                "comparison_course": comparison_course,
                "comparison_forwarding": comparison_forwarding,
                "comparison_report": comparison_report,
            }
        )
