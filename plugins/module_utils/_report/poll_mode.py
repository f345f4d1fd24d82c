# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report on the verdicts of several hosts. It takes known keys only, so that no secret of the inventory gets in."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode

Mapping = t.Mapping[str, t.Any]

# Outcomes of a report.
PROVED: t.Final = "proved"
FAILED: t.Final = "failed"

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
    verdicts: t.Mapping[str, Mapping | None], names: t.Iterable[str], created: str, error: str | None = None
) -> dict[str, t.Any]:
    """The report: ``outcome``, PROVED when every host is, and ``message``, the same in one line with an error code.

    ``proved`` is the outcome as a boolean, ``created`` is as given, and ``hosts`` has the verdict of each host.
    names: the hosts. One without a verdict, because its run ended earlier, is reported as not proved.
    created: ISO 8601; error: why nothing was proved at all, which makes the outcome FAILED.
    """
    hosts = {name: _host(verdicts.get(name)) for name in names}
    missing = [name for name, host in hosts.items() if not host["proved"]]
    proved = bool(hosts) and not missing and error is None
    return {
        "outcome": PROVED if proved else FAILED,
        "message": error or _message(len(hosts), missing),
        "proved": proved,
        "created": created,
        "hosts": hosts,
    }


def _message(count: int, missing: t.Sequence[str]) -> str:
    if count and not missing:
        return f"{count} of {count} hosts are proved to poll and forward"
    named = f": {', '.join(missing)}" if missing else ""
    return f"[{ErrorCode.POLL_MODE_NOT_PROVED}] {len(missing)} of {count} hosts are not proved{named}"


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
