# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter that reports on drift; documented in the YAML file beside this one."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.drift import SIDES
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.drift import drift_report as build_report
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.filters import Filters, typed


def drift_report(
    results: t.Any,
    names: t.Any,
    created: str,
    error: str | None = None,
    sides: t.Sequence[str] | None = None,
    expected: t.Sequence[str] = (),
) -> dict[str, t.Any]:
    """The report on VMs that were compared with their descriptions, on these sides or on all that have results."""
    if not isinstance(results, t.Mapping) or not {*results, *(sides or ())} <= set(SIDES):
        raise AnsibleFilterError(f"drift_report takes a dictionary with results by VM for {' and '.join(SIDES)}")
    compared = {side: _plain(results.get(side, {})) for side in (results if sides is None else sides)}
    return dataclasses.asdict(build_report(compared, names, created, error, expected))


def _plain(value: t.Any) -> t.Any:
    """The same data without Ansible's lazy containers, which dataclasses.asdict() cannot copy."""
    if isinstance(value, t.Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, (list, tuple)) else value


class FilterModule:
    """The filters of this file by name."""

    def filters(self) -> Filters:
        return typed({"drift_report": drift_report})
