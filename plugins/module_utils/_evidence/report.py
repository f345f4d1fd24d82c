# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report over several hosts. Only known keys go into it, so that nothing of the inventory can slip in."""

from __future__ import annotations

import typing as t

from .model import Mapping

_EVIDENCE = ("name", "asked", "seen", "verdict", "reason")
_TRAFFIC = (
    "name",
    "direction",
    "sent",
    "expected",
    "received",
    "lost",
    "duplicate",
    "corrupt",
    "bad_outer_checksum",
    "warm_up_sent",
    "warm_up_received",
    "pps_asked",
    "pps_seen",
    "latency_us",
    "problems",
    "noise",
    "not_observed",
)


def build_report(verdicts: t.Mapping[str, Mapping | None], created: str) -> dict[str, t.Any]:
    """The report: ``proved`` over all hosts, ``created`` (ISO 8601) and each host's verdict.

    A host without a verdict (its run ended earlier) is in the report as not proved.
    """
    hosts = {name: _host(verdict) for name, verdict in verdicts.items()}
    return {
        "proved": bool(hosts) and all(host["proved"] for host in hosts.values()),
        "created": created,
        "hosts": hosts,
    }


def _host(verdict: Mapping | None) -> dict[str, t.Any]:
    if not verdict:
        ended = {
            "name": "verification",
            "asked": "run to its end",
            "seen": "no verdict",
            "verdict": "fail",
            "reason": "the run for this host ended before the verdict",
        }
        return {"proved": False, "evidence": [ended], "traffic": []}
    return {
        "proved": bool(verdict["proved"]),
        "evidence": [{key: one[key] for key in _EVIDENCE} for one in verdict["evidence"]],
        "traffic": [{key: leg[key] for key in _TRAFFIC if key in leg} for leg in verdict["traffic"]],
    }
