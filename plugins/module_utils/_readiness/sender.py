# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether the inventory has a host to send the traffic that is to prove a guest. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.error_codes import ErrorCode
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.text import listed

from .row import Row, Subject

EXISTS: t.Final = "exists"
# Who sends: the variable that names a host, the group whose first host it is otherwise, and the code without one.
_TESTER: t.Final = ("tester", "testers", ErrorCode.TESTER_MISSING)
_GENERATOR: t.Final = ("generator", "generators", ErrorCode.GENERATOR_MISSING)


def sender_rows(verifications: t.Mapping[str, t.Mapping[str, t.Any]], inventory: t.Collection[str]) -> list[Row]:
    """A row for each host that is to send, for each that is missing, and one for the guests that need none.

    verifications: by guest, ``mode`` and ``traffic`` as role dpdk_verify takes them (an empty ``traffic`` for the
    workload's own), ``tester`` and ``generator``, the names of those who would send, which may be empty;
    inventory: the names of all hosts.
    """
    sending: dict[tuple[tuple[str, str, ErrorCode], str], list[str]] = {}
    idle: dict[str, list[str]] = {}
    for guest, verification in verifications.items():
        reason = _idle(verification)
        if reason:
            idle.setdefault(reason, []).append(guest)
        else:
            role = _GENERATOR if verification["traffic"] == "testpmd" else _TESTER
            sending.setdefault((role, str(verification[role[0]])), []).append(guest)
    rows = [_row(*role, name, guests, inventory) for (role, name), guests in sending.items()]
    return rows + [
        Row.not_asked(Subject.TESTER, "testers", EXISTS, f"{reason} for {listed(guests, ', ')}")
        for reason, guests in idle.items()
    ]


def _idle(verification: t.Mapping[str, t.Any]) -> str:
    """Why nothing is sent; empty when something is."""
    if verification["mode"] != "traffic":
        return f"dpdk_verify_mode is {verification['mode']}"
    return "dpdk_verify_traffic is none" if verification["traffic"] == "none" else ""


def _row(
    variable: str, group: str, code: ErrorCode, name: str, guests: t.Sequence[str], inventory: t.Collection[str]
) -> Row:
    asked = f"a host that sends traffic through {listed(guests, ', ')}"
    if name in inventory:
        return Row.ready(Subject.TESTER, name, EXISTS, asked, "in the inventory")
    seen = f"the inventory has no host {name}" if name else f"the inventory has no host in the group {group}"
    remedy = (
        f"Put a host into the group {group}, or name one in dpdk_verify_{variable}. Where nothing may be sent, set"
        " dpdk_verify_mode to passive, which proves nothing"
    )
    return Row.not_ready(Subject.TESTER, name or group, EXISTS, asked, seen, code=code, remedy=remedy)
