# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters that judge samples of a guest; documented in the YAML files beside this one."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.model import DIRECTIONS
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.observed import judge_observed
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.verification import plan_verification
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.poll_mode.report import (
    poll_mode_report as build_report,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.filters import Filters, typed


def poll_mode_plan(request: t.Any) -> dict[str, t.Any]:
    """How a guest is verified: ``problems``, ``options`` of the module that sends, and what is ``expected``."""
    if not isinstance(request, t.Mapping) or request.get("traffic") not in DIRECTIONS:
        raise AnsibleFilterError(f"poll_mode_plan: traffic must be one of {', '.join(DIRECTIONS)}")
    # No dataclasses.asdict(): it copies Ansible's lazy containers, which refuse that.
    return dict(vars(plan_verification(request)))


def poll_mode_verdict(observed: t.Any, expected: t.Any) -> dict[str, t.Any]:
    """The verdict over two samples and the tester's rows; raises AnsibleFilterError when ``expected`` is incomplete."""
    if not isinstance(observed, t.Mapping) or not isinstance(expected, t.Mapping):
        raise AnsibleFilterError("poll_mode_verdict takes a dictionary of observations and one of what is expected")
    try:
        return judge_observed(observed, expected)
    except ValueError as error:
        raise AnsibleFilterError(f"poll_mode_verdict: {error}") from error


def poll_mode_report(
    verdicts: t.Any, hosts: t.Iterable[str], created: str, error: str | None = None, provenance: t.Any = None
) -> dict[str, t.Any]:
    """The report on the verdicts of these hosts, or on why there are none."""
    if not isinstance(verdicts, t.Mapping):
        raise AnsibleFilterError("poll_mode_report takes a dictionary of verdicts by host name")
    return build_report(verdicts, hosts, created, error, provenance)


class FilterModule:
    """The filters of this file by name."""

    def filters(self) -> Filters:
        return typed(
            {
                "poll_mode_plan": poll_mode_plan,
                "poll_mode_report": poll_mode_report,
                "poll_mode_verdict": poll_mode_verdict,
            }
        )
