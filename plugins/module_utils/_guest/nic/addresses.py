# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the network interfaces carry, from iproute2's JSON output: addresses, routes, this session."""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.output import expected_output, read_objects

from .ssh_session import SshSession

Runner = t.Callable[[t.Sequence[str]], tuple[int, str, str]]
Json = t.Mapping[str, t.Any]

ADDRESS_COMMAND = ("ip", "-json", "address", "show")
# iproute2 writes 0.0.0.0/0 and ::/0 as "default" in both families.
ROUTE_COMMANDS = {"0.0.0.0/0": ("ip", "-json", "-4", "route", "show"), "::/0": ("ip", "-json", "-6", "route", "show")}
_ORIGINS = {"dhcp": " (from DHCP)", "ra": " (from a router advertisement)"}


@dataclasses.dataclass(frozen=True)
class Use:
    """Why an interface must stay with the kernel."""

    management: bool
    """It carries this session, or a default route where the session's adapter is not known."""
    carries: str
    """What it carries, such as ``address 192.0.2.1``."""
    default_route: bool = False
    """Whether that is a default route."""


@dataclasses.dataclass(frozen=True)
class Route:
    """A route of the main table."""

    network: str
    """Its destination as ``address/length``."""
    interfaces: tuple[str, ...]
    """The interfaces that it leads out of."""
    origin: str = ""
    """Who set it, for a message; empty where that says nothing."""

    @property
    def default(self) -> bool:
        """Whether it leads everywhere."""
        return self.network in ROUTE_COMMANDS


def read_interfaces(run: Runner) -> t.Sequence[Json]:
    """The interfaces with their addresses. Raises NfvError: iproute_failed, output_unreadable."""
    return _json(run, ADDRESS_COMMAND)


def permanent_macs(interfaces: t.Iterable[Json]) -> dict[str, str]:
    """The MAC address that the hardware has, by interface, where another one is in use.

    A bond gives its members its own address, and an administrator can set any. vSphere knows the hardware's.
    """
    return {str(one["ifname"]): str(one["permaddr"]) for one in interfaces if "ifname" in one and one.get("permaddr")}


def read_routes(run: Runner) -> list[Route]:
    """The routes of the main tables of IPv4 and IPv6. Raises NfvError: iproute_failed, output_unreadable."""
    routes = []
    for everywhere, command in ROUTE_COMMANDS.items():
        entries = _json(run, command)
        with expected_output(" ".join(command), str(entries)):
            routes += [_route(entry, everywhere) for entry in entries]
    return routes


def _json(run: Runner, command: t.Sequence[str]) -> t.Sequence[Json]:
    status, output, errors = run(command)
    if status != 0:
        raise NfvError(
            ErrorCode.IPROUTE_FAILED, " ".join(command), errors or f"ended with status {status}", "Install iproute2."
        )
    return read_objects(" ".join(command), output)


def _route(entry: Json, everywhere: str) -> Route:
    destination = str(entry.get("dst", ""))
    hops = [entry, *(hop for hop in entry.get("nexthops") or () if isinstance(hop, dict))]
    return Route(
        network=everywhere if destination == "default" else destination,
        interfaces=tuple(str(hop["dev"]) for hop in hops if hop.get("dev")),
        origin=_ORIGINS.get(str(entry.get("protocol")), ""),
    )


def read_uses(
    run: Runner,
    interfaces: t.Sequence[Json],
    sessions: t.Collection[SshSession] = (),
    adapters: t.Collection[str] = (),
) -> dict[str, Use]:
    """The interfaces in use, by name; see interface_uses(). Raises NfvError: iproute_failed, output_unreadable."""
    routes = read_routes(run)
    with expected_output("ip -json", str([*interfaces, *routes])):
        return interface_uses(interfaces, routes, sessions, adapters)


def interface_uses(
    interfaces: t.Iterable[Json],
    routes: t.Sequence[Route],
    sessions: t.Collection[SshSession] = (),
    adapters: t.Collection[str] = (),
) -> dict[str, Use]:
    """The interfaces, by name, that carry an address or a route other than IPv6's automatic link-local ones.

    An address that an SSH session uses counts whatever its scope. A default route makes an adapter the management
    adapter only where the session does not tell which one it is: it has to be on one of ``adapters``, the names of
    the interfaces on network devices or above them, and its own routes have to lead back to the operator.
    """
    own = {session.own for session in sessions}
    uses: dict[str, Use] = {}
    for interface in interfaces:
        for address in interface.get("addr_info") or ():
            management = str(address.get("local")).lower() in own
            if management or address.get("scope") not in ("link", "host"):
                what = f"address {address.get('local')}" + (", which this session uses" if management else "")
                _note(uses, interface["ifname"], Use(management, what))
    carrying = {name for name, use in uses.items() if use.management and name in adapters}
    known = bool(carrying) and all(_leads_to(session.client, carrying, routes) for session in sessions)
    for route in routes:
        if route.network.startswith(("fe80:", "ff")):
            continue
        what = f"a default route{route.origin}" if route.default else f"route to {route.network}"
        for name in route.interfaces:
            _note(uses, name, Use(route.default and not known, what, route.default))
    return uses


def _leads_to(client: str, carrying: t.Collection[str], routes: t.Iterable[Route]) -> bool:
    try:
        address = ipaddress.ip_address(client)
    except ValueError:
        return False
    return address.is_link_local or any(
        _holds(route.network, address) for route in routes if set(route.interfaces) & set(carrying)
    )


def _holds(network: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    try:
        return address in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _note(uses: dict[str, Use], interface: str, use: Use) -> None:
    known = uses.get(interface)
    if known is None or (use.management, use.default_route) > (known.management, known.default_route):
        uses[interface] = use
