# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters of readiness; documented in the YAML files beside this one."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.report import readiness_report as build_report
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.report import (
    report_as_data,
    rows_of_result,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.row import Row, Subject
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.sender import sender_rows
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.filters import Filters, typed

# The workload whose variables tell VLAN and MTU of its adapters, and these variables.
_ENDS: t.Final = ("pgw_s5u", "pgw_sgi")


def readiness_report(
    results: t.Mapping[str, t.Any], created: str, accepted: t.Sequence[str] = (), error: str | None = None
) -> dict[str, t.Any]:
    """The report on the results of the modules of readiness."""
    rows: list[Row] = []
    if results.get("vcenter") is not None:
        rows += rows_of_result(results["vcenter"], Subject.VCENTER, "vCenter")
    if results.get("verification") is not None:
        rows += sender_rows(results["verification"]["guests"], results["verification"]["inventory"])
    for subject in (Subject.GUEST, Subject.TESTER):
        for name, result in (results.get(subject.value) or {}).items():
            rows += rows_of_result(result, subject, name)
    return report_as_data(build_report(rows, created, accepted, error))


def traffic_of_hosts(hosts: t.Iterable[str], hostvars: t.Mapping[str, t.Any]) -> dict[str, dict[str, t.Any]]:
    """What the applications of the hosts send, by host and adapter: ``nfv_traffic`` on top of what a PGW's ends say."""
    found: dict[str, dict[str, t.Any]] = {}
    for host in hosts:
        known = hostvars[host]
        of_host: dict[str, t.Any] = {}
        for end in (known[name] for name in _ENDS if isinstance(known.get(name), t.Mapping)):
            if "adapter" in end:
                vlans = [] if end.get("vlan") is None else [end["vlan"]]
                of_host[end["adapter"]] = {"vlans": vlans, **({"mtu": end["mtu"]} if end.get("mtu") else {})}
        of_host.update(known.get("nfv_traffic") or {})
        if of_host:
            found[host] = of_host
    return found


class FilterModule:
    """The filters of this file by name."""

    def filters(self) -> Filters:
        return typed({"readiness_report": readiness_report, "traffic_of_hosts": traffic_of_hosts})
