# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters over comparisons with descriptions; documented in the YAML files beside this one."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.drift import drift_report as build_report


def drift_report(vms: t.Any, created: str, error: str | None = None) -> dict[str, t.Any]:
    """The report over VMs that were compared with their descriptions."""
    if not isinstance(vms, t.Mapping):
        raise AnsibleFilterError("drift_report takes the dictionary vms that vm_dataplane_info returns")
    return build_report(vms, created, error)


class FilterModule:
    """The filters of this file by name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"drift_report": drift_report}
