# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The steps from a PGW's user plane as it is to what it should be. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import (
    Plan,
    RemoveFile,
    RunCommand,
    Step,
    WriteFile,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.flow_dump import Count
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.flows import HANDLER_PORT, LEARNED, bundle
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.model import (
    S5U_BRIDGE,
    SGI_BRIDGE,
    Session,
    UserPlane,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.openflow_meters import changes
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.session_statistics import dropped

from . import statistics_units
from .observe import Observed
from .units import (
    ADDRESSES,
    BRIDGES,
    OFCTL,
    PATH_UNIT,
    PATH_UNIT_FILE,
    PROGRAMS,
    SCRATCH,
    STATUS,
    UNIT,
    UNIT_FILE,
    add_meters,
    batch,
    neighbours,
    own_addresses,
    prune_meters,
    routes,
    wanted_files,
    wanted_meters,
)


def plan(observed: Observed, plane: UserPlane, mac: str, check_mode: bool) -> Plan:
    """Steps to the user plane. Raises NfvError ``bridge_missing`` or ``textfile_directory_missing``.

    Check mode forgives both as not yet made.
    """
    if observed.missing and not check_mode:
        raise NfvError(
            ErrorCode.BRIDGE_MISSING,
            ", ".join(observed.missing),
            "sessions need the bridge, and there is none",
            "Make it with nfv.vsphere_dpdk.ovs_dpdk first.",
        )
    if observed.no_directory and not check_mode:
        raise NfvError(
            ErrorCode.TEXTFILE_DIRECTORY_MISSING,
            observed.no_directory,
            "statistics cannot be written there: there is no such directory",
            "Install the node exporter first, or name the directory that its textfile collector reads.",
        )
    files = {**wanted_files(plane, mac, observed.allocated), **statistics_units.wanted(plane)}
    steps: list[Step] = [WriteFile(path, text) for path, text in files.items() if observed.files.get(path) != text]
    steps += _switch_steps(observed, plane)
    steps += _stale_addresses(observed, plane)
    again = _ask_again(observed, plane)
    steps += again
    if observed.active and (again or not _complete(observed, plane)):
        steps.append(RunCommand(batch(), ErrorCode.ADDRESSES_REFUSED, f"Look at {ADDRESSES} and at ip address."))
    steps += _given_next_hop(observed, plane)
    steps += _unit_steps(observed, files)
    steps += _statistics_steps(observed, files)
    before, after = _shown_change(observed, plane.sessions)
    kept = observed.enabled and observed.active and observed.handler and observed.files == files
    kept = kept and observed.timer == (plane.statistics is not None)
    result = _result(observed, plane)
    ends = {"s5u": plane.s5u_address, "sgi": ", ".join(sorted(own_addresses(plane)[SGI_BRIDGE]))}
    return Plan(
        tuple(steps),
        {**before, "ends": _ends(observed), "kept": kept},
        {**after, "ends": ends, "kept": True},
        result,
    )


def remove(observed: Observed) -> Plan:
    """Steps to no user plane: units, files, flows, meters and addresses of ours go."""
    steps: list[Step] = []
    if UNIT_FILE in observed.files:
        steps.append(_systemctl("disable", "--now", UNIT))
    if PATH_UNIT_FILE in observed.files:
        # What it has written would go on telling of peers.
        steps += [_systemctl("stop", PATH_UNIT), RemoveFile(STATUS)]
    steps += _no_statistics(observed)
    for bridge in BRIDGES:
        steps += _flow_steps(bridge, bundle(observed.differences[bridge]))
    if observed.meters and not observed.missing:
        remedy = f"Look at ovs-ofctl -O OpenFlow15 dump-meters {SGI_BRIDGE}."
        steps.append(RunCommand((*OFCTL, "del-meters", SGI_BRIDGE), ErrorCode.METERS_REFUSED, remedy))
    steps += [RemoveFile(path) for path in observed.files]
    if UNIT_FILE in observed.files:
        steps.append(_systemctl("daemon-reload"))
    steps += [_ip("route", "delete", *route.split(), "dev", S5U_BRIDGE) for route in sorted(observed.routes)]
    for bridge in BRIDGES:
        # Neighbours before addresses: the kernel forgets those of an address that goes.
        steps += [_ip("neighbour", "delete", near, "dev", bridge) for near in sorted(observed.neighbours[bridge])]
        if observed.addresses[bridge]:
            steps.append(_ip("address", "flush", "dev", bridge))
    before, after = _shown_change(observed, ())
    return Plan(
        tuple(steps),
        {**before, "ends": _ends(observed), "kept": bool(observed.files)},
        {**after, "ends": {}, "kept": False},
        _result(observed, None),
    )


def _switch_steps(observed: Observed, plane: UserPlane) -> list[Step]:
    """Meters before the flows that use them; a meter takes flows with it, so surplus ones go after the flows."""
    bundles = {bridge: bundle(observed.differences[bridge]) for bridge in BRIDGES}
    added, modified, surplus = changes(observed.meters, wanted_meters(plane, observed.allocated))
    # What is only missing comes with the start of the unit.
    if not observed.active and not any(line.startswith("flow delete") for lines in bundles.values() for line in lines):
        return []
    steps: list[Step] = []
    refused = "Look at ovs-vswitchd's log for the limit of meters."
    if added or modified:
        steps.append(RunCommand(add_meters(), ErrorCode.METERS_REFUSED, refused))
    for bridge, commands in bundles.items():
        steps += _flow_steps(bridge, commands)
    if any("arp_tpa=" in line for line in bundles[S5U_BRIDGE]):
        # The kernel asks for a neighbour every few seconds, and OVS 3.1 may go on with the entry that it has for that.
        purge = ("ovs-appctl", "revalidator/purge")
        steps.append(RunCommand(purge, ErrorCode.FLOWS_REFUSED, "Look at ovs-vswitchd's log."))
    if surplus:
        steps.append(RunCommand(prune_meters(), ErrorCode.METERS_REFUSED, refused))
    return steps


def _flow_steps(bridge: str, commands: t.Sequence[str]) -> list[Step]:
    if not commands:
        return []
    path = f"{SCRATCH}/{bridge}.bundle"
    run = RunCommand((*OFCTL, "bundle", bridge, path), ErrorCode.FLOWS_REFUSED, f"Look at the bundle in {path}.")
    return [WriteFile(path, "\n".join(commands) + "\n"), run, RemoveFile(path)]


def _stale_addresses(observed: Observed, plane: UserPlane) -> list[Step]:
    wanted, near = own_addresses(plane), neighbours(plane)
    gone = sorted(observed.routes - routes(plane))
    steps: list[Step] = [_ip("route", "delete", *old.split(), "dev", S5U_BRIDGE) for old in gone]
    for bridge in BRIDGES:
        # Neighbours before addresses: the kernel forgets those of an address that goes.
        gone = sorted(observed.neighbours[bridge] - near[bridge])
        steps += [_ip("neighbour", "delete", old, "dev", bridge) for old in gone]
        gone = sorted(observed.addresses[bridge] - wanted[bridge])
        steps += [_ip("address", "delete", old, "dev", bridge) for old in gone]
    return steps


def _ask_again(observed: Observed, plane: UserPlane) -> list[Step]:
    """Lets the kernel forget SGi's next hops where the switch forgets what it learned of them, so that it asks anew."""
    if not any(f"cookie={LEARNED:#x}" in line for line in bundle(observed.differences[SGI_BRIDGE])):
        return []
    known = sorted(observed.neighbours[SGI_BRIDGE] & neighbours(plane)[SGI_BRIDGE])
    return [_ip("neighbour", "delete", near, "dev", SGI_BRIDGE) for near in known]


def _given_next_hop(observed: Observed, plane: UserPlane) -> list[Step]:
    """Lets kernel and switch forget another MAC of the next hop than the given one, which they would keep for long."""
    hop, mac = str(plane.s5u_next_hop), plane.s5u_next_hop_mac
    if not plane.far_peers or not mac or observed.tunnel_neighbours.get(hop) in (None, mac):
        return []
    steps: list[Step] = []
    if hop in observed.neighbours[S5U_BRIDGE]:
        steps.append(_ip("neighbour", "delete", hop, "dev", S5U_BRIDGE))
        steps.append(RunCommand(batch(), ErrorCode.ADDRESSES_REFUSED, f"Look at {ADDRESSES} and at ip address."))
    command = ("ovs-appctl", "tnl/neigh/set", S5U_BRIDGE, hop, mac)
    return [*steps, RunCommand(command, ErrorCode.NEIGHBOUR_REFUSED, "Look at ovs-appctl tnl/neigh/show.")]


def _complete(observed: Observed, plane: UserPlane) -> bool:
    wanted, near = own_addresses(plane), neighbours(plane)
    return (
        {*BRIDGES, HANDLER_PORT} <= observed.up
        and routes(plane) <= observed.routes
        and all(
            wanted[bridge] <= observed.addresses[bridge] and near[bridge] <= observed.neighbours[bridge]
            for bridge in BRIDGES
        )
    )


def _unit_steps(observed: Observed, files: t.Mapping[str, str]) -> list[Step]:
    steps: list[Step] = []
    stale = {path for path in (UNIT_FILE, PATH_UNIT_FILE, *PROGRAMS) if observed.files.get(path) != files[path]}
    if stale & {UNIT_FILE, PATH_UNIT_FILE}:
        steps.append(_systemctl("daemon-reload"))
    if not observed.enabled:
        steps.append(_systemctl("enable", "--now", UNIT))
    elif not observed.active:
        steps.append(_systemctl("start", UNIT))
    # The handler reads its configuration by itself when it changes; its program and its unit it does not.
    if observed.active and (stale - {UNIT_FILE} or not observed.handler):
        steps.append(RunCommand(("systemctl", "restart", PATH_UNIT), ErrorCode.UNIT_FAILED, _look_at(PATH_UNIT)))
    return steps


def _statistics_steps(observed: Observed, files: t.Mapping[str, str]) -> list[Step]:
    """What brings the timer to its files, which are written by now; or takes it and them back."""
    timer = statistics_units.TIMER
    steps: list[Step] = []
    if statistics_units.TIMER_FILE not in files:
        steps += _no_statistics(observed)
        # meters.py stays: it is path management's too.
        steps += [RemoveFile(path) for path in observed.files if path in statistics_units.FILES and path not in files]
        return [*steps, *([_systemctl("daemon-reload")] if steps else [])]
    old = statistics_units.textfile(observed.files)
    if old and old != statistics_units.textfile(files):
        steps.append(RemoveFile(old))
    if any(observed.files.get(path) != files[path] for path in statistics_units.FILES):
        steps += [_systemctl("daemon-reload"), _systemctl("enable", timer), _systemctl("restart", timer)]
    elif not observed.timer:
        steps.append(_systemctl("enable", "--now", timer))
    return steps


def _no_statistics(observed: Observed) -> list[Step]:
    """Ends the timer, and takes back what it has written: old figures look like true ones."""
    written = statistics_units.textfile(observed.files)
    if not written and not set(statistics_units.FILES) & set(observed.files):
        return []
    steps: list[Step] = []
    if statistics_units.TIMER_FILE in observed.files:
        steps.append(_systemctl("disable", "--now", statistics_units.TIMER))
    if statistics_units.SERVICE_FILE in observed.files:
        steps.append(_systemctl("stop", statistics_units.SERVICE))
    return [*steps, *(RemoveFile(path) for path in (written, statistics_units.OUTPUT) if path)]


def _systemctl(*arguments: str) -> RunCommand:
    return RunCommand(("systemctl", *arguments), ErrorCode.UNIT_FAILED, _look_at(UNIT))


def _look_at(unit: str) -> str:
    return f"Look at systemctl status {unit}."


def _ip(*arguments: str) -> RunCommand:
    return RunCommand(("ip", *arguments), ErrorCode.ADDRESSES_REFUSED, "Look at ip address and ip neighbour.")


def _shown(session: Session) -> dict[str, t.Any]:
    return {key: value for key, value in dataclasses.asdict(session).items() if value is not None}


def _shown_change(observed: Observed, wanted: t.Sequence[Session]) -> tuple[dict[str, t.Any], dict[str, t.Any]]:
    """The sessions that differ, before and after, and how many there are: ten thousand equal ones hide a change."""
    current = set(observed.carried.sessions)
    staying = current & set(wanted)
    before = [_shown(session) for session in observed.carried.sessions if session not in staying]
    after = [_shown(session) for session in wanted if session not in staying]
    return (
        {"sessions": before, "session_count": len(observed.carried.sessions)},
        {"sessions": after, "session_count": len(wanted)},
    )


def _ends(observed: Observed) -> dict[str, str]:
    addresses = {"s5u": observed.addresses[S5U_BRIDGE], "sgi": observed.addresses[SGI_BRIDGE]}
    return {end: ", ".join(sorted(found)) for end, found in addresses.items() if found}


def _result(observed: Observed, plane: UserPlane | None) -> dict[str, t.Any]:
    seen = observed.carried
    return {
        "sessions": [
            {**_shown(session), **dataclasses.asdict(seen.counts.get(session.key, Count()))}
            for session in seen.sessions
        ],
        "dropped": dropped(seen),
        "next_hop_mac": seen.next_hop_mac,
        "ipv6_next_hop_mac": seen.ipv6_next_hop_mac,
        "peers": {peer: observed.tunnel_neighbours.get(plane.via(peer)) for peer in plane.peers} if plane else {},
    }
