# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter that renders reports; documented in the YAML file beside this one."""

from __future__ import annotations

import typing as t

import jinja2
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.filters import Filters, typed
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.report.render import render, report_names


def report_html(report: t.Any, name: str) -> str:
    """The HTML page of a report; raises AnsibleFilterError for an unknown name or a report that lacks a key."""
    if name not in report_names():
        raise AnsibleFilterError(f"report_html: there is no report {name!r}, only {', '.join(report_names())}")
    try:
        return render(name, report)
    except jinja2.TemplateError as error:
        raise AnsibleFilterError(f"report_html: this is no {name} report: {error}") from error


class FilterModule:
    """The filters of this file by name."""

    def filters(self) -> Filters:
        return typed({"report_html": report_html})
