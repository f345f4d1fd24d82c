# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report on the verdicts of several hosts. It takes known keys only, so that no secret of the inventory gets in."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.model import FAILED, PROVED, RUNNING, SKIPPED

Mapping = t.Mapping[str, t.Any]

# What the hosts of a report have in common, the worst first.
_WORST: t.Final = (FAILED, SKIPPED, RUNNING, PROVED)

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
    "latency_histogram",
    "problems",
    "noise",
    "not_observed",
)
# Of what path_of() returns.
_APPLICATION = ("executable", "version", "kernel")
_LCORE = ("cpu", "thread", "numa_node")
_ADAPTER = (
    *("name", "side", "network", "sender_interface", "type", "mac", "pci_address", "numa_node", "driver"),
    *("poll_mode_driver", "port"),
)


def poll_mode_report(
    verdicts: t.Mapping[str, Mapping | None],
    names: t.Iterable[str],
    created: str,
    error: str | None = None,
    provenance: Mapping | None = None,
) -> dict[str, t.Any]:
    """The report: ``outcome``, the worst status of any host, and ``message``, the same in one line.

    ``outcome`` is PROVED, RUNNING (passive: everything holds that needs no tester), SKIPPED (not looked at) or FAILED,
    with an error code in the message. ``proved`` is whether it is PROVED, ``created`` is as given, and ``hosts`` has
    the verdict of each host.
    names: the hosts. One without a verdict, because its run ended earlier, is reported as not proved.
    created: ISO 8601; error: why nothing was proved at all, which makes the outcome FAILED;
    provenance: ``versions`` by the name of the software, and the ``commit`` of the inventory.
    """
    made_with = provenance or {}
    hosts = {name: _host(verdicts.get(name)) for name in names}
    statuses = {host["status"] for host in hosts.values()}
    outcome = next((status for status in _WORST if status in statuses), FAILED) if error is None else FAILED
    return {
        "outcome": outcome,
        "message": error or _message(hosts, outcome),
        "proved": outcome == PROVED,
        "created": created,
        "versions": {str(name): version for name, version in (made_with.get("versions") or {}).items()},
        "commit": made_with.get("commit"),
        "hosts": hosts,
    }


def _message(hosts: t.Mapping[str, Mapping], outcome: str) -> str:
    named = [name for name, host in hosts.items() if host["status"] == outcome]
    counted, listed = f"{len(named)} of {len(hosts)} hosts", ", ".join(named)
    if outcome == PROVED:
        return f"{counted} are proved to poll and forward"
    if outcome == RUNNING:
        return f"{counted} are running, not proved, because no tester sent known packets: {listed}"
    if outcome == SKIPPED:
        why = "dpdk_verify_mode=skip, or check mode"
        return f"{counted} were not looked at ({why}), so nothing is known about them: {listed}"
    passive = any(host["error_code"] == ErrorCode.POLL_MODE_NOT_RUNNING for host in hosts.values())
    code = ErrorCode.POLL_MODE_NOT_RUNNING if passive else ErrorCode.POLL_MODE_NOT_PROVED
    return (
        f"[{code}] {counted} are not {'running as they must' if passive else 'proved'}{f': {listed}' if listed else ''}"
    )


def _host(verdict: Mapping | None) -> dict[str, t.Any]:
    if not verdict:
        ended = {
            "name": "verification",
            "asked": "run to its end",
            "seen": "no verdict",
            "verdict": "fail",
            "reason": "the run for this host ended before the verdict",
        }
        code = ErrorCode.POLL_MODE_NOT_PROVED.value
        nothing: dict[str, t.Any] = {"description": "", "path": None, "traffic": []}
        return {"status": FAILED, "proved": False, "error_code": code, **nothing, "evidence": [ended]}
    return {
        "status": verdict["status"],
        "proved": bool(verdict["proved"]),
        "error_code": verdict["error_code"],
        "description": verdict.get("description") or "",
        "path": _path(verdict.get("path")),
        "evidence": [{key: one[key] for key in _EVIDENCE} for one in verdict["evidence"]],
        "traffic": [{key: leg[key] for key in _TRAFFIC if key in leg} for leg in verdict["traffic"]],
    }


def _path(path: Mapping | None) -> dict[str, t.Any] | None:
    if not path:
        return None
    application = path["application"]
    return {
        "sender": path["sender"],
        "application": {
            **{key: application[key] for key in _APPLICATION},
            "lcores": [{key: one[key] for key in _LCORE} for one in application["lcores"]],
        },
        "adapters": [{key: one[key] for key in _ADAPTER} for one in path["adapters"]],
    }
