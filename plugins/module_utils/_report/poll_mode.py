# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report on the verdicts of several hosts. It takes known keys only, so that no secret of the inventory gets in."""

from __future__ import annotations

import typing as t

Mapping = t.Mapping[str, t.Any]

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


def poll_mode_report(
    verdicts: t.Mapping[str, Mapping | None], names: t.Iterable[str], created: str
) -> dict[str, t.Any]:
    """The report: ``proved`` when every host is, ``created`` (ISO 8601), and the verdict of each of ``hosts``.

    names: the hosts. One without a verdict, because its run ended earlier, is reported as not proved.
    """
    hosts = {name: _host(verdicts.get(name)) for name in names}
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
