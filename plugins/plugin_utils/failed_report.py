# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports of runs that could not look, or have not yet. They replace an earlier run's, which may be green."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._comparison.comparison import (
    comparison_as_data,
    failed_comparison,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.report import readiness_report, report_as_data
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.drift import SIDES, drift_report
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.poll_mode.report import poll_mode_report
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.report.render import render

DRIFT: t.Final = "drift"
DEPLOY: t.Final = "deploy"
READINESS: t.Final = "readiness"
COMPARISON: t.Final = "comparison"
KINDS: t.Final = (DRIFT, DEPLOY, READINESS, COMPARISON)


def failed_report(kind: str, created: str, message: str, names: t.Iterable[str] = ()) -> dict[str, str]:
    """The files of a report that says failed: the content of each by its name.

    kind: DRIFT (the playbook drift), DEPLOY (deploy and verify), READINESS (readiness) or
    COMPARISON (compare_poll_and_interrupt); created: ISO 8601; message:
    why, in one line with an error code; names: what should have been looked at, VMs or hosts, each of which the reports
    of drift and deploy name as failed.
    """
    if kind == DRIFT:
        drift = drift_report({side: {} for side in SIDES}, tuple(names), created, message)
        return {"drift.json": _json(dataclasses.asdict(drift))}
    if kind == READINESS:
        readiness = report_as_data(readiness_report([], created, error=message))
        return {"readiness.json": _json(readiness), "readiness.html": render("readiness", readiness)}
    if kind == COMPARISON:
        comparison = comparison_as_data(failed_comparison(created, message))
        return {"comparison.json": _json(comparison), "comparison.html": render("comparison", comparison)}
    proof = poll_mode_report({}, names, created, message)
    return {"deploy.json": _json(proof), "deploy.html": render("poll_mode", proof)}


def _json(report: t.Mapping[str, t.Any]) -> str:
    return f"{json.dumps(report, indent=4)}\n"
