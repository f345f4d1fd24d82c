# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges port groups by what the applications on them do."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import format_cpu_list

from . import checks
from .cluster import text_by_host
from .traffic import CHANGED, FOREIGN

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import PortGroupUplinks

    from .checks import Check
    from .facts import HostReadinessFacts, PortGroupFacts
    from .row import Row
    from .traffic import NetworkUse

Groups = t.Sequence["PortGroupFacts"]
Uses = t.Sequence["NetworkUse"]


def judge_network(
    name: str,
    switch: str | None,
    uses: Uses,
    groups: Groups,
    hosts: t.Sequence[HostReadinessFacts],
    switch_modes: frozenset[str],
) -> list[Row]:
    """The rows of one port group.

    switch: its switch where descriptions name one; uses: the adapters on it; groups: those of this name, on a standard
    switch one for each host; hosts: those that VMs may run on; switch_modes: those that the descriptions name.
    """
    shown = name if switch is None else f"{name} on {switch}"
    of_switch = [group for group in groups if group.name == name and switch in (None, group.switch)]
    usable = {host.name for host in hosts}
    # A distributed port group that no usable host offers is there; what is missing is the membership.
    found = [group for group in of_switch if group.distributed or group.hosts is None or group.hosts & usable]
    if not usable:
        return [check.unknown(shown, "", "no usable host") for check in checks.NETWORK_CHECKS]
    if not found:
        gone = checks.EXISTS.judge(shown, f"for {_who(uses)}", "no port group of this name", False)
        why = "there is no port group to look at"
        return [gone, *(check.unknown(shown, "", why) for check in checks.NETWORK_CHECKS[1:])]
    switches = sorted({group.switch or "NSX" for group in found})
    return [
        checks.EXISTS.judge(shown, f"for {_who(uses)}", f"on {', '.join(switches)}", True),
        _membership(shown, found, hosts),
        _promiscuous(shown, uses, found),
        _mac_learning(shown, uses, found),
        _accepted(checks.MAC_CHANGES, shown, (CHANGED,), uses, _by_host(found, lambda group: group.mac_changes)),
        _accepted(
            *(checks.FORGED_TRANSMITS, shown, (CHANGED, FOREIGN), uses),
            _by_host(found, lambda group: group.forged_transmits),
        ),
        _vlan(shown, uses, found),
        _mtu(shown, uses, found),
        *_teams(shown, name, switch, uses, hosts, switch_modes),
    ]


def _who(uses: Uses) -> str:
    first = f"{uses[0].adapter.name} of {uses[0].vm}"
    others = len(uses) - 1
    return f"{first} and {others} other adapter{'s' if others > 1 else ''}" if others else first


def _by_host(groups: Groups, value: t.Callable[[PortGroupFacts], t.Any]) -> dict[str, t.Any]:
    """A value by where it holds: one switch of all hosts, or each host's own."""
    return {
        ", ".join(sorted(group.hosts)) if group.hosts and len(groups) > 1 else group.switch or group.name: value(group)
        for group in groups
    }


def _membership(shown: str, groups: Groups, hosts: t.Sequence[HostReadinessFacts]) -> Row:
    asked = "every usable host"
    if any(group.hosts is None for group in groups):
        return checks.MEMBERSHIP.unknown(shown, asked, "vSphere does not report the hosts")
    offering = frozenset[str]().union(*(group.hosts or frozenset() for group in groups))
    missing = [host.name for host in hosts if host.name not in offering]
    seen = f"not {', '.join(missing)}" if missing else f"{len(hosts)} of {len(hosts)}"
    return checks.MEMBERSHIP.judge(shown, asked, seen, not missing)


def _foreign(uses: Uses, macs: t.Collection[str] = (FOREIGN,)) -> list[NetworkUse]:
    return [use for use in uses if use.traffic.macs in macs]


def _accepted(
    check: Check, shown: str, macs: t.Collection[str], uses: Uses, values: t.Mapping[str, bool | None]
) -> Row:
    """A policy that must be accepted for applications with these addresses."""
    asking = _foreign(uses, macs)
    seen = "" if None in values.values() else text_by_host({k: "accept" if v else "reject" for k, v in values.items()})
    if not asking:
        return check.not_asked(shown, seen)
    good = None if None in values.values() else all(values.values())
    return check.judge(shown, f"accept, for {_who(asking)}", seen, good)


def _promiscuous(shown: str, uses: Uses, groups: Groups) -> Row:
    values = _by_host(groups, lambda group: group.promiscuous)
    if _foreign(uses) and all(group.mac_learning for group in groups):
        seen = text_by_host({host: "accept" if value else "reject" for host, value in values.items()})
        return checks.PROMISCUOUS.not_asked(shown, f"{seen}; MAC learning is on")
    return _accepted(checks.PROMISCUOUS, shown, (FOREIGN,), uses, values)


def _mac_learning(shown: str, uses: Uses, groups: Groups) -> Row:
    asking = _foreign(uses)
    flooding = _by_host(groups, lambda group: group.unicast_flooding)
    if not all(group.mac_learning for group in groups):
        return checks.MAC_LEARNING.not_asked(shown, "off")
    seen = text_by_host({host: f"on, {'' if value else 'no '}unicast flooding" for host, value in flooding.items()})
    if not asking or all(group.promiscuous for group in groups):
        return checks.MAC_LEARNING.not_asked(shown, seen)
    good = None if None in flooding.values() else all(flooding.values())
    return checks.MAC_LEARNING.judge(shown, f"unicast flooding, for {_who(asking)}", seen, good)


def _vlan(shown: str, uses: Uses, groups: Groups) -> Row:
    tagging = [use for use in uses if use.traffic.vlans]
    plain = [use for use in uses if not use.traffic.vlans]
    vlans = sorted({vlan for use in tagging for vlan in use.traffic.vlans})
    # Untagged frames are VLAN 0 of a trunk.
    needed = [*([0] if plain else []), *vlans]
    asked = f"VLAN {format_cpu_list(vlans)} tagged, for {_who(tagging)}" if tagging else "untagged traffic"
    ranges = _by_host(groups, lambda group: group.vlans)
    if None in ranges.values():
        return checks.VLAN.judge(shown, asked, "", None)

    def carries(carried: tuple[tuple[int, int], ...]) -> bool:
        if not carried:
            return not tagging
        return all(any(low <= vlan <= high for low, high in carried) for vlan in needed)

    seen = text_by_host({host: _vlan_text(carried) for host, carried in ranges.items()})
    return checks.VLAN.judge(shown, asked, seen, all(carries(carried) for carried in ranges.values()))


def _vlan_text(ranges: tuple[tuple[int, int], ...]) -> str:
    if not ranges:
        return "untagged"
    return "trunk of " + ", ".join(f"{low}-{high}" if high > low else str(low) for low, high in ranges)


def _mtu(shown: str, uses: Uses, groups: Groups) -> Row:
    largest = max(uses, key=lambda use: use.traffic.mtu)
    asked = f"{largest.traffic.mtu} or more, for {_who([largest])}"
    values = _by_host(groups, lambda group: group.mtu)
    if None in values.values():
        return checks.MTU.judge(shown, asked, "", None)
    seen = text_by_host({host: str(value) for host, value in values.items()})
    return checks.MTU.judge(shown, asked, seen, min(values.values()) >= largest.traffic.mtu)


def _teams(
    shown: str,
    name: str,
    switch: str | None,
    uses: Uses,
    hosts: t.Sequence[HostReadinessFacts],
    switch_modes: frozenset[str],
) -> list[Row]:
    """The rows of the uplinks on each host that offers the port group."""
    teams = [(host, team) for host in hosts if (team := host.topology.uplinks(name, switch)) is not None]
    if not teams:
        why = "vSphere does not report uplinks of this port group"
        return [check.unknown(shown, "", why) for check in (checks.SWITCH_MODE, checks.UPLINK, checks.TEAMING_NODE)]
    polled = [use for use in uses if use.adapter.driver == "pmd"]
    modes = {host.name: team.switch_mode for host, team in teams if team.switch_mode is not None}
    seen = text_by_host(modes) if modes else "not reported"
    if not polled or not modes:
        mode = checks.SWITCH_MODE.not_asked(shown, seen)
    else:
        asked = " or ".join(sorted(switch_modes))
        mode = checks.SWITCH_MODE.judge(shown, asked, seen, switch_modes == set(modes.values()))
    down = [host.name for host, team in teams if not _linked(host, team)]
    active = text_by_host({host.name: ", ".join(team.active) for host, team in teams})
    seen = f"none on {', '.join(down)}" if down else active
    up = checks.UPLINK.judge(shown, "an active uplink with a link on every host", seen, not down)
    return [mode, up, _teaming_node(shown, polled, teams)]


def _linked(host: HostReadinessFacts, team: PortGroupUplinks) -> bool:
    speeds = {nic.name: nic.speed_mbps for nic in host.topology.nics}
    return any(speeds.get(name) for name in team.active)


def _teaming_node(shown: str, polled: Uses, teams: t.Sequence[tuple[HostReadinessFacts, PortGroupUplinks]]) -> Row:
    # A team without any active uplink is the row before.
    nodes = {host.name: team.nodes for host, team in teams if team.active}
    known = {host: each for host, each in nodes.items() if each is not None}
    seen = text_by_host({host: f"node {format_cpu_list(each)}" for host, each in known.items()}) if known else ""
    if not polled:
        return checks.TEAMING_NODE.not_asked(shown, seen)
    asked = f"one node on each host, for {_who(polled)}"
    if len(known) < len(nodes):
        unreported = ", ".join(host for host in nodes if host not in known)
        return checks.TEAMING_NODE.unknown(shown, asked, f"the NICs' nodes are not reported by {unreported}")
    return checks.TEAMING_NODE.judge(shown, asked, seen, all(len(each) == 1 for each in known.values()))
