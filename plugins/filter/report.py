# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters that make the files of reports; documented in the YAML files beside this one."""

from __future__ import annotations

import typing as t

import jinja2
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.failed_report import KINDS
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.failed_report import failed_report as build_failed_report
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.filters import Filters, typed
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.report.render import render, report_names


def report_html(report: t.Any, name: str) -> str:
    """The HTML page of a report; raises AnsibleFilterError for an unknown name or a report that lacks a key."""
    if name not in report_names():
        raise AnsibleFilterError(f"report_html: there is no report {name!r}, only {', '.join(report_names())}")
    try:
        return render(name, report)
    except (jinja2.TemplateError, LookupError) as error:
        raise AnsibleFilterError(f"report_html: this is no {name} report: {error}") from error


def failed_report(kind: str, created: str, message: str, names: t.Any = ()) -> dict[str, str]:
    """The files of a report that says failed, by name."""
    if kind not in KINDS:
        raise AnsibleFilterError(f"failed_report: there is no report {kind!r}, only {', '.join(KINDS)}")
    return build_failed_report(kind, created, message, [names] if isinstance(names, str) else names)


class FilterModule:
    """The filters of this file by name."""

    def filters(self) -> Filters:
        return typed({"failed_report": failed_report, "report_html": report_html})
