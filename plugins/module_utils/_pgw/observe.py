# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads a PGW's user plane as it is in the switch, the kernel and systemd."""

from __future__ import annotations

import dataclasses
import functools
import re
import time
import typing as t
from pathlib import Path

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.output import expected_output, read_objects

from .layout import DAEMON_UNIT, FILES, NAMES, PACKAGE, TIMER, UNIT, management_socket
from .runtime.flow_dump import Carried, MeterReading, carried
from .runtime.flows import HANDLER_PORT
from .runtime.model import BRIDGES, S5U_BRIDGE, SGI_BRIDGE
from .runtime.openflow_meters import Meter, MeterConnection, MeterError
from .runtime.session_statistics import DUMPS, parse_names
from .units import exported_textfile

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest

READ_ATTEMPTS = 3
SETTLE_SECONDS = 60
HUNG_UP = ("Broken pipe", "Connection reset by peer")
INSTALL = "Install Open vSwitch."
COMMAND_NOT_FOUND = 127  # sh(1p), 2.8.2
Answer = tuple[int, str, str]
"""Exit status, standard output, standard error."""
Ask = t.Callable[[t.Sequence[str], str], Answer]
"""Runs a command with a text as its standard input."""


@dataclasses.dataclass(frozen=True)
class ObservedPlane:
    """The user plane in a guest."""

    carried: Carried
    """The sessions in the switch, and what their flows have counted."""
    files: t.Mapping[str, str]
    """Path -> content of each installed file."""
    active: bool
    """Whether the unit is active."""
    enabled: bool
    """Whether the unit is enabled."""
    addresses: t.Mapping[str, frozenset[str]]
    """Bridge -> addresses with prefix length, link-local ones left out."""
    neighbours: t.Mapping[str, frozenset[str]]
    """Bridge -> neighbours that the kernel keeps resolved."""
    up: frozenset[str]
    """The interfaces among bridges and the daemon's port that are up."""
    tunnel_neighbours: t.Mapping[str, str]
    """Neighbour on S5/S8-U -> MAC address, as Open vSwitch knows it."""
    missing_bridges: tuple[str, ...] = ()
    """Bridges that do not exist."""
    installed: bool = True
    """Whether Open vSwitch is installed."""
    sgi_mac: str = "00:00:00:00:00:00"
    """MAC address of the SGi adapter, which the bridge's interface takes over; zeros without the bridge."""
    meters: t.Mapping[str, tuple[Meter, ...]] = dataclasses.field(default_factory=lambda: dict.fromkeys(BRIDGES, ()))
    """Bridge -> all its meters."""
    routes: frozenset[str] = frozenset()
    """Routes through a gateway on S5/S8-U, in the syntax of ip(8)."""
    daemon_active: bool = True
    """Whether the path management daemon runs."""
    timer_active: bool = False
    """Whether the statistics' timer runs and is enabled."""
    textfile: str | None = None
    """The path that the installed export unit writes."""

    @property
    def linked(self) -> bool:
        """Whether every bridge and the daemon's port is up."""
        return {*BRIDGES, HANDLER_PORT} <= self.up


def observe(guest: Guest, ask: Ask) -> ObservedPlane:
    """Reads the user plane, once systemd has settled its unit. Raises NfvError ``ovs_not_running``."""
    unit = settled(ask, UNIT)
    files = {path: text for path in _installable(guest) if (text := guest.text(path)) is not None}
    dump = _dump(ask)
    meters = {bridge: read_meters(bridge) for bridge in BRIDGES}
    links = {link["ifname"]: link for link in _json(ask, ("ip", "-json", "address", "show"))}
    near = _json(ask, ("ip", "-json", "neighbour", "show"))
    return ObservedPlane(
        carried=read_flows(dump or "", parse_names(files.get(NAMES)), meters[SGI_BRIDGE][1]),
        files=files,
        active=_ACTIVE in unit,
        enabled=_ENABLED in unit,
        addresses={bridge: _addresses(links.get(bridge, {})) for bridge in BRIDGES},
        neighbours={bridge: _managed(near, bridge) for bridge in BRIDGES},
        up=frozenset(name for name in (*BRIDGES, HANDLER_PORT) if "UP" in links.get(name, {}).get("flags", ())),
        tunnel_neighbours=read_tunnel_neighbours(ask),
        missing_bridges=tuple(bridge for bridge in BRIDGES if not Path(management_socket(bridge)).is_socket()),
        installed=dump is not None,
        sgi_mac=links.get(SGI_BRIDGE, {}).get("address", ObservedPlane.sgi_mac),
        meters={bridge: tuple(found) for bridge, (found, _reading) in meters.items()},
        routes=_routes(_json(ask, ("ip", "-4", "-json", "route", "show", "dev", S5U_BRIDGE))),
        daemon_active=_ACTIVE in _unit(ask, DAEMON_UNIT),
        timer_active=_unit(ask, TIMER) >= {_ACTIVE, _ENABLED},
        textfile=exported_textfile(files),
    )


_ACTIVE, _ENABLED = "ActiveState=active", "UnitFileState=enabled"
_JOB = re.compile(r"^Job=[1-9]", re.MULTILINE)


def settled(ask: Ask, name: str) -> set[str]:
    """The state of a unit once systemd is about to do nothing with it, or after SETTLE_SECONDS.

    A restart of the switch returns before the units that follow it have started. Such a start may have read flows
    already, and would install them over those that a change installs meanwhile.
    """
    deadline = time.monotonic() + SETTLE_SECONDS
    while _JOB.search(shown := _show(ask, name)) and time.monotonic() < deadline:
        time.sleep(0.5)
    return set(shown.splitlines())


def _unit(ask: Ask, name: str) -> set[str]:
    return set(_show(ask, name).splitlines())


def _show(ask: Ask, name: str) -> str:
    return ask(("systemctl", "show", "--property=ActiveState,Job,UnitFileState", name), "")[1]


def _installable(guest: Guest) -> tuple[str, ...]:
    """The paths of files that this collection may have installed, those of earlier versions included."""
    return (*FILES, *(f"{PACKAGE}/{name}" for name in guest.names(PACKAGE) if name.endswith(".py")))


def read_carried(ask: Ask, names: t.Mapping[str, str]) -> Carried:
    """The sessions in the switch; none without the SGi bridge. ``names`` maps Session.key to the session's name.

    Raises NfvError ``ovs_missing`` or ``ovs_not_running``.
    """
    dump = _dump(ask)
    if dump is None:
        raise NfvError(ErrorCode.OVS_MISSING, "ovs-ofctl", "cannot be run: there is no such program", INSTALL)
    return read_flows(dump, names, read_meters(SGI_BRIDGE)[1])


def _dump(ask: Ask) -> str | None:
    """The flows of both bridges, those of a bridge that does not exist left out; None without Open vSwitch.

    Raises NfvError ``ovs_not_running``.
    """
    dumps = []
    for command in DUMPS:
        status, output, errors = patient(functools.partial(ask, command, ""))
        if status == COMMAND_NOT_FOUND:
            return None
        if status != 0 and "is not a bridge" not in errors:
            raise unreadable(command[-2], errors)
        dumps.append(output if status == 0 else "")
    return "".join(dumps)


def read_flows(dump: str, names: t.Mapping[str, str], reading: MeterReading | None = None) -> Carried:
    """The sessions in a dump of the switch's flows, as ``carried`` reads it. Raises NfvError ``output_unreadable``."""
    with expected_output("ovs-ofctl dump-flows", dump):
        return carried(dump, names, reading)


def read_meters(bridge: str) -> tuple[list[Meter], MeterReading]:
    """All meters of a bridge and what they have counted; none without the bridge.

    Raises NfvError ``ovs_not_running``.
    """
    try:
        with MeterConnection(management_socket(bridge)) as switch:
            meters, counts = switch.read(), switch.counts()
    except OSError:
        return [], MeterReading()
    except MeterError as error:
        raise NfvError(ErrorCode.OVS_NOT_RUNNING, bridge, f"its meters cannot be read: {error}") from error
    return meters, MeterReading.of(meters, counts)


def read_tunnel_neighbours(ask: Ask) -> dict[str, str]:
    """Neighbour on S5/S8-U -> MAC address, as Open vSwitch knows it."""
    lines = ask(("ovs-appctl", "tnl/neigh/show"), "")[1].splitlines()
    rows = [line.split() for line in lines if line.endswith(S5U_BRIDGE)]
    return {row[0]: row[1] for row in rows if len(row) == 3}


def patient(read: t.Callable[[], Answer]) -> Answer:
    """Repeats a read if the switch hung up. A busy switch does so on a client that it does not serve in time."""
    answer = read()
    for _attempt in range(READ_ATTEMPTS - 1):
        if answer[0] == 0 or not any(word in answer[2] for word in HUNG_UP):
            break
        answer = read()
    return answer


def unreadable(bridge: str, errors: str) -> NfvError:
    """The error for a bridge whose flows cannot be read."""
    return NfvError(ErrorCode.OVS_NOT_RUNNING, bridge, f"its flows cannot be read: {errors}", "Start ovs-vswitchd.")


def _json(ask: Ask, argv: t.Sequence[str]) -> list[dict[str, t.Any]]:
    status, output, _errors = ask(argv, "")
    return [entry for entry in read_objects(" ".join(argv), output) if entry] if status == 0 else []


def _addresses(link: t.Mapping[str, t.Any]) -> frozenset[str]:
    found = [address for address in link.get("addr_info", ()) if address.get("scope") != "link"]
    return frozenset(f"{address['local']}/{address['prefixlen']}" for address in found)


def _managed(near: t.Iterable[t.Mapping[str, t.Any]], bridge: str) -> frozenset[str]:
    return frozenset(entry["dst"] for entry in near if entry.get("dev") == bridge and "managed" in entry)


def _routes(found: t.Iterable[t.Mapping[str, t.Any]]) -> frozenset[str]:
    return frozenset(f"{route['dst']} via {route['gateway']}" for route in found if "gateway" in route)
