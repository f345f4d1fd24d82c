# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans the steps from a PGW's user plane as it is to the desired one. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import (
    Plan,
    RemoveFile,
    RunCommand,
    Step,
    WriteFile,
)

from .desired import Desired
from .layout import (
    ADDRESSES,
    DAEMON_STATUS,
    DAEMON_UNIT,
    DAEMON_UNIT_FILE,
    EXPORT_UNIT,
    EXPORT_UNIT_FILE,
    PACKAGE,
    STATE,
    STATISTICS,
    TIMER,
    TIMER_FILE,
    UNIT,
    UNIT_FILE,
    add_meters,
    programs_of,
    prune_meters,
    set_addresses,
)
from .result import result_of, shown_change
from .runtime.flows import LEARNED
from .runtime.model import BRIDGES, S5U_BRIDGE, SGI_BRIDGE
from .runtime.openflow_meters import changes
from .runtime.session_statistics import OFCTL
from .units import exported_textfile

if t.TYPE_CHECKING:
    from .compare import SwitchDifferences
    from .observe import ObservedPlane


def require_prerequisites(observed: ObservedPlane, comparison: SwitchDifferences) -> None:
    """Raises NfvError ``ovs_missing``, ``bridge_missing``, ``textfile_directory_missing`` or ``…_linked``."""
    if not observed.installed:
        raise NfvError(ErrorCode.OVS_MISSING, "ovs-ofctl", "is not installed", "Install Open vSwitch.")
    if observed.missing_bridges:
        raise NfvError(
            ErrorCode.BRIDGE_MISSING,
            ", ".join(observed.missing_bridges),
            "sessions need the bridge, and there is none",
            "Make it with nfv.vsphere_dpdk.ovs_dpdk first.",
        )
    if comparison.missing_directory:
        raise NfvError(
            ErrorCode.TEXTFILE_DIRECTORY_MISSING,
            comparison.missing_directory,
            "statistics cannot be written there: there is no such directory",
            "Install the node exporter first, or name the directory that its textfile collector reads.",
        )
    if comparison.linked_directory:
        directory, real = comparison.linked_directory
        raise NfvError(
            ErrorCode.TEXTFILE_DIRECTORY_LINKED,
            directory,
            "statistics are written by root, which follows no symbolic link in a directory that others may change",
            f"Name the directory itself: {real}.",
        )


def plan(observed: ObservedPlane, desired: Desired, comparison: SwitchDifferences) -> Plan:
    """The steps to the desired user plane."""
    steps: list[Step] = [
        WriteFile(path, text) for path, text in desired.files.items() if observed.files.get(path) != text
    ]
    steps += _switch_steps(observed, desired, comparison)
    steps += _stale_addresses(observed, desired)
    forget = _forget_next_hops(observed, desired, comparison)
    steps += forget
    if observed.active and (forget or not _addresses_complete(observed, desired)):
        steps.append(_set_addresses())
    steps += _given_mac_steps(observed, desired)
    steps += _unit_steps(observed, desired)
    steps += _statistics_steps(observed, desired)
    steps += [
        RemoveFile(path) for path in observed.files if path.startswith(f"{PACKAGE}/") and path not in desired.files
    ]
    before, after = shown_change(observed, desired)
    kept = observed.enabled and observed.active and observed.daemon_active and observed.files == desired.files
    kept = kept and observed.timer_active == (TIMER_FILE in desired.files)
    return Plan(tuple(steps), {**before, "kept": kept}, {**after, "kept": True}, result_of(observed, desired))


def remove(observed: ObservedPlane, comparison: SwitchDifferences) -> Plan:
    """The steps that remove everything this collection installed; ``comparison`` is with no flows at all."""
    steps: list[Step] = []
    if UNIT_FILE in observed.files:
        steps.append(_systemctl("disable", "--now", UNIT))
    if DAEMON_UNIT_FILE in observed.files:
        # The daemon's status file would keep showing peers.
        steps += [_systemctl("stop", DAEMON_UNIT), RemoveFile(DAEMON_STATUS)]
    steps += _stop_statistics(observed)
    for bridge, commands in comparison.bundles.items():
        steps += _flow_steps(bridge, commands)
    for bridge in (bridge for bridge, meters in observed.meters.items() if meters and not observed.missing_bridges):
        remedy = f"Look at ovs-ofctl -O OpenFlow15 dump-meters {bridge}."
        steps.append(RunCommand((*OFCTL, "del-meters", bridge), ErrorCode.METERS_REFUSED, remedy))
    steps += [RemoveFile(path) for path in observed.files]
    if UNIT_FILE in observed.files:
        steps.append(_systemctl("daemon-reload"))
    steps += [_ip("route", "delete", *route.split(), "dev", S5U_BRIDGE) for route in sorted(observed.routes)]
    for bridge in BRIDGES:
        # Neighbours go before addresses: the kernel forgets the neighbours of a removed address by itself.
        steps += [_ip("neighbour", "delete", near, "dev", bridge) for near in sorted(observed.neighbours[bridge])]
        if observed.addresses[bridge]:
            steps.append(_ip("address", "flush", "dev", bridge))
    nothing = Desired()
    before, after = shown_change(observed, nothing)
    kept = bool(observed.files)
    return Plan(tuple(steps), {**before, "kept": kept}, {**after, "kept": False}, result_of(observed, nothing))


def _switch_steps(observed: ObservedPlane, desired: Desired, comparison: SwitchDifferences) -> list[Step]:
    """Adds meters before the flows that use them and deletes them after: a deleted meter takes its flows along."""
    bundles = comparison.bundles
    # The start of the unit adds what is missing.
    if not observed.active and not any(line.startswith("flow delete") for lines in bundles.values() for line in lines):
        return []
    steps: list[Step] = []
    remedy = "Look at ovs-vswitchd's log for the limit of meters."
    surplus = []
    for bridge in BRIDGES:
        added, modified, deleted = changes(observed.meters[bridge], desired.meters[bridge])
        surplus += [bridge] if deleted else []
        if added or modified:
            steps.append(RunCommand(add_meters(bridge), ErrorCode.METERS_REFUSED, remedy))
    for bridge, commands in bundles.items():
        steps += _flow_steps(bridge, commands)
    if any("arp_tpa=" in line for line in bundles[S5U_BRIDGE]):
        # The kernel asks for a neighbour every few seconds, and for as long OVS 3.1 may keep its old datapath entry.
        purge = ("ovs-appctl", "revalidator/purge")
        steps.append(RunCommand(purge, ErrorCode.FLOWS_REFUSED, "Look at ovs-vswitchd's log."))
    return steps + [RunCommand(prune_meters(bridge), ErrorCode.METERS_REFUSED, remedy) for bridge in surplus]


def _flow_steps(bridge: str, commands: t.Sequence[str]) -> list[Step]:
    if not commands:
        return []
    path = f"{STATE}/{bridge}.bundle"
    run = RunCommand((*OFCTL, "bundle", bridge, path), ErrorCode.FLOWS_REFUSED, f"Look at the bundle in {path}.")
    return [WriteFile(path, "\n".join(commands) + "\n"), run, RemoveFile(path)]


def _stale_addresses(observed: ObservedPlane, desired: Desired) -> list[Step]:
    gone = sorted(observed.routes - desired.routes)
    steps: list[Step] = [_ip("route", "delete", *old.split(), "dev", S5U_BRIDGE) for old in gone]
    for bridge in BRIDGES:
        # Neighbours go before addresses: the kernel forgets the neighbours of a removed address by itself.
        gone = sorted(observed.neighbours[bridge] - desired.neighbours[bridge])
        steps += [_ip("neighbour", "delete", old, "dev", bridge) for old in gone]
        gone = sorted(observed.addresses[bridge] - desired.addresses[bridge])
        steps += [_ip("address", "delete", old, "dev", bridge) for old in gone]
    return steps


def _forget_next_hops(observed: ObservedPlane, desired: Desired, comparison: SwitchDifferences) -> list[Step]:
    """Makes the kernel ask for the SGi next hops again if the switch forgets the MAC addresses that it learned."""
    if not any(f"cookie={LEARNED:#x}" in line for line in comparison.bundles[SGI_BRIDGE]):
        return []
    known = sorted(observed.neighbours[SGI_BRIDGE] & desired.neighbours[SGI_BRIDGE])
    return [_ip("neighbour", "delete", near, "dev", SGI_BRIDGE) for near in known]


def _given_mac_steps(observed: ObservedPlane, desired: Desired) -> list[Step]:
    """Replaces another MAC address of the S5/S8-U next hop, which kernel and switch would keep for long."""
    if desired.given_mac is None:
        return []
    hop, mac = desired.given_mac
    if observed.tunnel_neighbours.get(hop) in (None, mac):
        return []
    steps: list[Step] = []
    if hop in observed.neighbours[S5U_BRIDGE]:
        steps += [_ip("neighbour", "delete", hop, "dev", S5U_BRIDGE), _set_addresses()]
    command = ("ovs-appctl", "tnl/neigh/set", S5U_BRIDGE, hop, mac)
    return [*steps, RunCommand(command, ErrorCode.NEIGHBOUR_REFUSED, "Look at ovs-appctl tnl/neigh/show.")]


def _addresses_complete(observed: ObservedPlane, desired: Desired) -> bool:
    return (
        observed.linked
        and desired.routes <= observed.routes
        and all(desired.addresses[bridge] <= observed.addresses[bridge] for bridge in BRIDGES)
        and all(desired.neighbours[bridge] <= observed.neighbours[bridge] for bridge in BRIDGES)
    )


def _unit_steps(observed: ObservedPlane, desired: Desired) -> list[Step]:
    steps: list[Step] = []
    stale = {path for path, text in desired.files.items() if observed.files.get(path) != text}
    if stale & {UNIT_FILE, DAEMON_UNIT_FILE}:
        steps.append(_systemctl("daemon-reload"))
    if not observed.enabled:
        steps.append(_systemctl("enable", "--now", UNIT))
    elif not observed.active:
        steps.append(_systemctl("start", UNIT))
    # The daemon notices a new configuration by itself, but neither a new program nor a new unit.
    if observed.active and (not observed.daemon_active or stale & {DAEMON_UNIT_FILE, *programs_of("path_daemon")}):
        restart = ("systemctl", "restart", DAEMON_UNIT)
        steps.append(RunCommand(restart, ErrorCode.UNIT_FAILED, f"Look at systemctl status {DAEMON_UNIT}."))
    return steps


def _statistics_steps(observed: ObservedPlane, desired: Desired) -> list[Step]:
    """Starts the timer, whose files are written by now; or stops it and removes what it has written."""
    files = (TIMER_FILE, EXPORT_UNIT_FILE)
    if TIMER_FILE not in desired.files:
        installed = [path for path in files if path in observed.files]
        reload = [_systemctl("daemon-reload")] if installed else []
        return [*_stop_statistics(observed), *map(RemoveFile, installed), *reload]
    steps: list[Step] = []
    if observed.textfile and observed.textfile != exported_textfile(desired.files):
        steps.append(RemoveFile(observed.textfile))
    if any(observed.files.get(path) != desired.files[path] for path in files):
        steps += [_systemctl("daemon-reload"), _systemctl("enable", TIMER), _systemctl("restart", TIMER)]
    elif not observed.timer_active:
        steps.append(_systemctl("enable", "--now", TIMER))
    return steps


def _stop_statistics(observed: ObservedPlane) -> list[Step]:
    """Stops the timer and removes its output, because nobody could tell that the figures are old."""
    if not {TIMER_FILE, EXPORT_UNIT_FILE} & set(observed.files):
        return []
    steps: list[Step] = []
    if TIMER_FILE in observed.files:
        steps.append(_systemctl("disable", "--now", TIMER))
    if EXPORT_UNIT_FILE in observed.files:
        steps.append(_systemctl("stop", EXPORT_UNIT))
    return [*steps, *(RemoveFile(path) for path in (observed.textfile, STATISTICS) if path)]


def _systemctl(*arguments: str) -> RunCommand:
    return RunCommand(("systemctl", *arguments), ErrorCode.UNIT_FAILED, f"Look at systemctl status {UNIT}.")


def _set_addresses() -> RunCommand:
    return RunCommand(set_addresses(), ErrorCode.ADDRESSES_REFUSED, f"Look at {ADDRESSES} and at ip address.")


def _ip(*arguments: str) -> RunCommand:
    return RunCommand(("ip", *arguments), ErrorCode.ADDRESSES_REFUSED, "Look at ip address and ip neighbour.")
