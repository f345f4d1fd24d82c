# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter that judges a comparison; documented in the YAML file beside this one."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.comparison import (
    compare,
    comparison_as_data,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.environment import Environment
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.measurement import measurements_from_data
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.samples import hypervisor_samples
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.filters import Filters, typed


def comparison_report(
    measurements: t.Any, environment: t.Any, created: str, hypervisor: t.Any = ()
) -> dict[str, t.Any]:
    """The comparison of these measurements, as comparison.json has it."""
    compared = compare(
        measurements_from_data(measurements),
        Environment.from_dict(environment),
        created,
        hypervisor_samples(hypervisor),
    )
    return comparison_as_data(compared)


class FilterModule:
    """The filters of this file by name."""

    def filters(self) -> Filters:
        return typed({"comparison_report": comparison_report})
