# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PGW's user plane as it is in the switch and the kernel."""

from __future__ import annotations

import dataclasses
import functools
import json
import time
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.flow_dump import Carried, Metering, carried
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.flows import HANDLER_PORT, bundle, flows
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.model import (
    S5U_BRIDGE,
    SGI_BRIDGE,
    UserPlane,
    allocate_meters,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.openflow_meters import (
    Meter,
    MeterError,
    Switch,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.session_statistics import (
    DUMP,
    metering,
    statistics,
    textfile,
)

from . import statistics_units
from .units import BRIDGES, FILES, NAMES, OFCTL, PATH_UNIT, STATUS, UNIT, switch_socket

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest

NEIGHBOUR_SECONDS = 4.0  # the kernel asks three times, a second apart (mcast_solicit, retrans_time_ms)
READ_ATTEMPTS = 3
HUNG_UP = ("Broken pipe", "Connection reset by peer")
Answer = tuple[int, str, str]
"""Status, standard output, standard error."""
# AnsibleModule.run_command with text for standard input
Ask = t.Callable[[t.Sequence[str], str], Answer]


@dataclasses.dataclass(frozen=True)
class Observed:
    """What was found.

    differences: bridge -> lines of ovs-ofctl diff-flows, the switch against the desired flows;
    files: path -> content of each file of ours that there is; addresses: bridge -> addresses with prefix;
    neighbours: bridge -> addresses that the kernel keeps resolved; up: interfaces that are up;
    tunnel_neighbours: peer -> MAC, as OVS knows it; missing: bridges that do not exist; meters: all of the SGi bridge;
    allocated: the meter numbers that the desired flows were compared with; handler: whether path management runs;
    timer: whether the statistics' timer does; no_directory: where statistics are to go, when that does not exist.
    """

    carried: Carried
    differences: t.Mapping[str, tuple[str, ...]]
    files: t.Mapping[str, str]
    active: bool
    enabled: bool
    addresses: t.Mapping[str, frozenset[str]]
    neighbours: t.Mapping[str, frozenset[str]]
    up: frozenset[str]
    tunnel_neighbours: t.Mapping[str, str]
    missing: tuple[str, ...]
    meters: tuple[Meter, ...] = ()
    allocated: t.Mapping[str, int] = dataclasses.field(default_factory=dict)
    routes: frozenset[str] = frozenset()
    handler: bool = True
    timer: bool = False
    no_directory: str | None = None


def observe(guest: Guest, ask: Ask, plane: UserPlane | None) -> Observed:
    """Reads the user plane; plane None compares with nothing."""
    files = {path: guest.text(path) for path in (*FILES, *statistics_units.FILES)}
    found = {path: content for path, content in files.items() if content is not None}
    names = json.loads(found.get(NAMES, "{}"))
    meters, measured = _meters()
    seen = carried(_dump(ask) or "", names, measured)
    allocated = allocate_meters(plane, seen.meters) if plane is not None else {}
    wanted = flows(plane, sgi_mac(guest), allocated) if plane is not None else dict.fromkeys(BRIDGES, ())
    missing, differences = _differences(ask, wanted)
    unit, handler = _unit(ask, UNIT), _unit(ask, PATH_UNIT)
    active = "ActiveState=active" in unit
    settled = plane is not None and active and not any(map(bundle, differences.values()))
    if settled and plane is not None:
        seen = _resolved(ask, names, measured, plane, seen)
    links = {link["ifname"]: link for link in _json(ask, ("ip", "-json", "address", "show"))}
    near = _json(ask, ("ip", "-json", "neighbour", "show"))
    return Observed(
        carried=seen,
        differences=differences,
        files=found,
        active=active,
        enabled="UnitFileState=enabled" in unit,
        addresses={bridge: _addresses(links.get(bridge, {})) for bridge in BRIDGES},
        neighbours={bridge: _managed(near, bridge) for bridge in BRIDGES},
        up=frozenset(name for name in (*BRIDGES, HANDLER_PORT) if "UP" in links.get(name, {}).get("flags", ())),
        tunnel_neighbours=_tunnel_neighbours(ask),
        missing=tuple(missing),
        meters=tuple(meters),
        allocated=allocated,
        routes=_routes(_json(ask, ("ip", "-4", "-json", "route", "show", "dev", S5U_BRIDGE))),
        handler="ActiveState=active" in handler,
        timer=_runs(_unit(ask, statistics_units.TIMER)),
        no_directory=_missing_directory(guest, plane),
    )


def _unit(ask: Ask, name: str) -> str:
    return ask(("systemctl", "show", "--property=ActiveState,UnitFileState", name), "")[1]


def _runs(unit: str) -> bool:
    return "ActiveState=active" in unit and "UnitFileState=enabled" in unit


def _missing_directory(guest: Guest, plane: UserPlane | None) -> str | None:
    statistics = plane.statistics if plane is not None else None
    directory = str(statistics["textfile_directory"]) if statistics else None
    return directory if directory and not guest.path(directory).is_dir() else None


def _meters() -> tuple[list[Meter], Metering]:
    try:
        with Switch(switch_socket()) as switch:
            meters, passed = switch.read(), switch.passed()
    except OSError:
        return [], Metering()  # No bridge: then there are no meters either.
    except MeterError as error:
        raise NfvError(ErrorCode.OVS_NOT_RUNNING, SGI_BRIDGE, f"its meters cannot be read: {error}") from error
    return meters, metering(meters, passed)


def read_statistics(guest: Guest) -> dict[str, t.Any]:
    """What the user plane carries and has done, as sessions_statistics.statistics() tells it; changes nothing.

    Raises NfvError ``ovs_missing`` or ``ovs_not_running``.
    """
    status, output, errors = patient(lambda: guest.run(DUMP))
    if status != 0 and "is not a bridge" not in errors:
        if status == 127:
            raise NfvError(ErrorCode.OVS_MISSING, "ovs-ofctl", f"cannot be run: {errors}", "Install Open vSwitch.")
        raise _unreadable(SGI_BRIDGE, errors)
    names = json.loads(guest.text(NAMES) or "{}")
    seen = carried(output if status == 0 else "", names, _meters()[1])
    found = statistics(seen, json.loads(guest.text(STATUS) or "{}"))
    return {**found, "textfile": textfile(found)}


def patient(read: t.Callable[[], Answer]) -> Answer:
    """Reads again when the switch hung up, as a busy one does on a client that it could not serve in time."""
    answer = read()
    for _attempt in range(READ_ATTEMPTS - 1):
        if answer[0] == 0 or not any(word in answer[2] for word in HUNG_UP):
            break
        answer = read()
    return answer


def _dump(ask: Ask) -> str | None:
    """The SGi bridge's flows of ours, None without a bridge."""
    try:
        status, output, errors = patient(lambda: ask(DUMP, ""))
    except OSError as error:
        raise NfvError(
            ErrorCode.OVS_MISSING, "ovs-ofctl", f"cannot be run: {error.strerror}", "Install Open vSwitch."
        ) from error
    if status == 0:
        return output
    if "is not a bridge" not in errors:
        raise _unreadable(SGI_BRIDGE, errors)
    return None


def _differences(ask: Ask, wanted: t.Mapping[str, t.Sequence[str]]) -> tuple[list[str], dict[str, tuple[str, ...]]]:
    """Bridges that do not exist, and what diff-flows says of each bridge; all of a missing one's flows are missing."""
    missing, differences = [], {}
    for bridge in BRIDGES:
        argv, text = (*OFCTL, "diff-flows", bridge, "/dev/stdin"), "\n".join(wanted[bridge]) + "\n"
        status, output, errors = patient(functools.partial(ask, argv, text))
        if status not in (0, 2):
            if "is not a bridge" not in errors:
                raise _unreadable(bridge, errors)
            missing.append(bridge)
            output = "\n".join(
                f"+{line.replace(',cookie=', ' cookie=').replace(',actions=', ' actions=')}" for line in wanted[bridge]
            )
        differences[bridge] = tuple(line for line in output.splitlines() if line)
    return missing, differences


def _resolved(ask: Ask, names: t.Mapping[str, str], measured: Metering, plane: UserPlane, seen: Carried) -> Carried:
    """What the flows carry once all neighbours are known; waits a little for them to answer."""
    deadline = time.monotonic() + NEIGHBOUR_SECONDS
    while True:
        known = set(_tunnel_neighbours(ask))
        hops = seen.next_hop_mac and (seen.ipv6_next_hop_mac or plane.ipv6_next_hop is None)
        if (hops and set(map(plane.via, plane.peers)) <= known) or time.monotonic() > deadline:
            return seen
        time.sleep(0.5)
        seen = carried(_dump(ask) or "", names, measured)


def sgi_mac(guest: Guest) -> str:
    """The SGi adapter's MAC, which the bridge's interface takes over; zeros while there is no bridge."""
    return guest.value(f"/sys/class/net/{SGI_BRIDGE}/address") or "00:00:00:00:00:00"


def _unreadable(bridge: str, errors: str) -> NfvError:
    return NfvError(ErrorCode.OVS_NOT_RUNNING, bridge, f"its flows cannot be read: {errors}", "Start ovs-vswitchd.")


def _json(ask: Ask, argv: t.Sequence[str]) -> list[dict[str, t.Any]]:
    status, output, _rest = ask(argv, "")
    return [entry for entry in json.loads(output or "[]") if entry] if status == 0 else []


def _addresses(link: t.Mapping[str, t.Any]) -> frozenset[str]:
    found = [address for address in link.get("addr_info", ()) if address.get("scope") != "link"]
    return frozenset(f"{address['local']}/{address['prefixlen']}" for address in found)


def _managed(near: t.Iterable[t.Mapping[str, t.Any]], bridge: str) -> frozenset[str]:
    return frozenset(entry["dst"] for entry in near if entry.get("dev") == bridge and "managed" in entry)


def _routes(found: t.Iterable[t.Mapping[str, t.Any]]) -> frozenset[str]:
    return frozenset(f"{route['dst']} via {route['gateway']}" for route in found if "gateway" in route)


def _tunnel_neighbours(ask: Ask) -> dict[str, str]:
    lines = ask(("ovs-appctl", "tnl/neigh/show"), "")[1].splitlines()
    rows = [line.split() for line in lines if line.endswith(S5U_BRIDGE)]
    return {row[0]: row[1] for row in rows if len(row) == 3}
