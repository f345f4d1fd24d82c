# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of a tester's interfaces, from the variables of the tester and of the packet gateways. Pure."""

from __future__ import annotations

import typing as t

Values = t.Mapping[str, t.Any]


def interfaces_of(tester: Values, gateways: t.Iterable[Values]) -> list[dict[str, t.Any]]:
    """The option ``interfaces`` of tester_readiness_info.

    tester: ``interfaces`` by port group, ``s5u_interface`` and ``sgi_interface``, as far as it has them;
    gateways: ``s5u``, ``sgi``, ``sessions`` and ``verify_session`` of each, as far as it has them, and ``present``,
    whether its VM is there: nobody may answer for the addresses of one that is not.
    """
    asked: dict[tuple[str, str], dict[str, t.Any]] = {}
    for gateway in gateways:
        for name, address, end, neighbour in _sides(tester, gateway):
            entry = asked.setdefault((name, address), {"name": name, "address": address, "neighbours": []})
            if end.get("mtu"):
                entry["mtu"] = max(int(end["mtu"]), entry.get("mtu", 0))
            there = {"address": neighbour} if gateway.get("present", True) else {"address": neighbour, "macs": []}
            if there not in entry["neighbours"]:
                entry["neighbours"].append(there)
    named = [*(tester.get("interfaces") or {}).values(), tester.get("s5u_interface"), tester.get("sgi_interface")]
    covered = {name for name, _address in asked}
    others = [name for name in dict.fromkeys(named) if name and name not in covered]
    return [*asked.values(), *({"name": name} for name in others)]


def _sides(tester: Values, gateway: Values) -> t.Iterator[tuple[str, str, Values, str]]:
    """Each side with its interface, the tester's address there, the gateway's end, and the gateway's own address.

    The addresses are those that role dpdk_verify sends from.
    """
    verify, sessions = gateway.get("verify_session") or {}, gateway.get("sessions") or [{}]
    s5u, sgi = gateway.get("s5u") or {}, gateway.get("sgi") or {}
    addresses = {
        "s5u": verify.get("peer_address") or sessions[0].get("peer_address"),
        "sgi": verify.get("server_address") or sgi.get("next_hop"),
    }
    for side, end in (("s5u", s5u), ("sgi", sgi)):
        name, own = tester.get(f"{side}_interface"), str(end.get("address") or "").partition("/")[0]
        if name and own and addresses[side]:
            yield str(name), str(addresses[side]), end, own
