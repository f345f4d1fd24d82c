# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that a PGW's user plane should be in a guest, computed once from its description. Pure."""

from __future__ import annotations

import dataclasses
import ipaddress
import json
import typing as t

from .layout import ADDRESSES, DAEMON_CONFIGURATION, FLOWS, METERS, NAMES, programs
from .runtime.flows import HANDLER_PORT, flows
from .runtime.limits import LIMITS
from .runtime.model import (
    BRIDGES,
    S5U_BRIDGE,
    SGI_BRIDGE,
    Session,
    UserPlane,
    allocate_meters,
    session_rates,
)
from .runtime.openflow_meters import Meter, format_file
from .units import unit_files


def _on_no_bridge() -> dict[str, t.Any]:
    return {bridge: frozenset() for bridge in BRIDGES}


@dataclasses.dataclass(frozen=True)
class Desired:
    """The desired state of a guest. ``Desired()`` is a guest without a user plane."""

    sessions: tuple[Session, ...] = ()
    """The sessions, sorted by order()."""
    flows: t.Mapping[str, tuple[str, ...]] = dataclasses.field(default_factory=lambda: dict.fromkeys(BRIDGES, ()))
    """Bridge -> flows in the syntax of ovs-ofctl(8)."""
    meters: t.Mapping[str, tuple[Meter, ...]] = dataclasses.field(default_factory=lambda: dict.fromkeys(BRIDGES, ()))
    """Bridge -> all its meters."""
    addresses: t.Mapping[str, frozenset[str]] = dataclasses.field(default_factory=_on_no_bridge)
    """Bridge -> own addresses with prefix length."""
    neighbours: t.Mapping[str, frozenset[str]] = dataclasses.field(default_factory=_on_no_bridge)
    """Bridge -> neighbours that the kernel keeps resolved."""
    routes: frozenset[str] = frozenset()
    """Routes to the addresses of peers outside the S5/S8-U network, in the syntax of ip(8)."""
    peers: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Peer that must be there -> the neighbour that its G-PDUs are sent to: the peer itself, or the router to it."""
    next_hops: tuple[str, ...] = ()
    """The SGi next hops: IPv4, and IPv6 if there is one."""
    given_mac: tuple[str, str] | None = None
    """A next hop on S5/S8-U that is in use, and its given MAC address."""
    files: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Path -> content of every file."""
    textfile_directory: str | None = None
    """Directory for the statistics' textfile. It must exist."""

    @classmethod
    def of(cls, plane: UserPlane, sgi_mac: str, allocated: t.Mapping[str, int]) -> Desired:
        """The state that a description asks for.

        Two things depend on the guest: ``sgi_mac`` is the SGi adapter's MAC address, and ``allocated`` are the numbers
        of the sessions' meters that the switch has (Carried.meters).
        """
        rates = session_rates(plane)
        numbers = allocate_meters(rates, allocated)
        near = {peer: str(peer) for peer in plane.peers}
        near.update({peer: str(plane.s5u_next_hop) for peer in plane.far_addresses if peer in near})
        hops = (plane.next_hop, *([plane.ipv6_next_hop] if plane.ipv6_next_hop else []))
        desired = cls(
            sessions=plane.sessions,
            flows=flows(plane, sgi_mac, numbers),
            meters=_meters({numbers[name]: kbps for name, kbps in rates.items()}),
            addresses=_addresses(plane),
            neighbours={S5U_BRIDGE: frozenset(near.values()), SGI_BRIDGE: _resolved_hops(plane)},
            routes=frozenset(f"{address} via {plane.s5u_next_hop}" for address in plane.far_addresses),
            peers={peer: near[peer] for peer in plane.managed_peers},
            next_hops=hops,
            given_mac=_given_mac(plane),
            textfile_directory=plane.statistics.textfile_directory if plane.statistics else None,
        )
        return dataclasses.replace(desired, files=_files(desired, plane, sgi_mac))


def _meters(sessions: t.Mapping[int, int]) -> dict[str, tuple[Meter, ...]]:
    """The meters of limits.py and those of the sessions, by number and kbit/s."""
    of_sessions = (Meter(number, kbps) for number, kbps in sorted(sessions.items()))
    return {**LIMITS, SGI_BRIDGE: (*LIMITS[SGI_BRIDGE], *of_sessions)}


def _addresses(plane: UserPlane) -> dict[str, frozenset[str]]:
    sgi = {plane.sgi_address}
    if plane.ipv6_address:
        sgi.add(plane.ipv6_address)
    return {S5U_BRIDGE: frozenset({plane.s5u_address}), SGI_BRIDGE: frozenset(sgi)}


def _resolved_hops(plane: UserPlane) -> frozenset[str]:
    """The SGi next hops whose MAC addresses are not given."""
    hops = set() if plane.next_hop_mac else {plane.next_hop}
    if plane.ipv6_next_hop and not plane.ipv6_next_hop_mac:
        hops.add(plane.ipv6_next_hop)
    return frozenset(hops)


def _given_mac(plane: UserPlane) -> tuple[str, str] | None:
    if not plane.far_addresses or not plane.s5u_next_hop or not plane.s5u_next_hop_mac:
        return None
    return plane.s5u_next_hop, plane.s5u_next_hop_mac


def _files(desired: Desired, plane: UserPlane, sgi_mac: str) -> dict[str, str]:
    names = {session.key: session.name for session in plane.sessions}
    return {
        **{FLOWS[bridge]: "\n".join(lines) + "\n" for bridge, lines in desired.flows.items()},
        ADDRESSES: "\n".join(_ip_commands(desired, sgi_mac)) + "\n",
        **{METERS[bridge]: format_file(meters) for bridge, meters in desired.meters.items()},
        NAMES: json.dumps(names, indent=1) + "\n",
        DAEMON_CONFIGURATION: json.dumps(_daemon_configuration(plane), indent=1) + "\n",
        **programs(),
        **unit_files(plane.statistics),
    }


def _daemon_configuration(plane: UserPlane) -> dict[str, t.Any]:
    return {
        "s5u_address": plane.s5u_address.partition("/")[0],
        "sgi_address": plane.sgi_address.partition("/")[0],
        "ipv6_address": plane.ipv6_address.partition("/")[0] if plane.ipv6_address else None,
        "tunnel_mtu": plane.tunnel_mtu,
        "sgi_mtu": plane.sgi_mtu,
        "s5u_network": str(plane.s5u_network),
        "peers": list(plane.managed_peers),
        # The tester of verification is known like an address that peers send from: answered, and never asked.
        "peer_sources": [*plane.peer_sources, *([plane.verify_peer] if plane.verify_peer else [])],
        **dataclasses.asdict(plane.path_management),
    }


def _ip_commands(desired: Desired, sgi_mac: str) -> list[str]:
    """Commands of ip(8). The kernel keeps a managed neighbour resolved (Linux 5.16); OVS learns from its ARP."""
    lines = []
    for bridge in BRIDGES:
        own = sorted(desired.addresses[bridge])
        lines.append(f"link set dev {bridge} addrgenmode none")
        lines += [f"address replace {address} dev {bridge}{_without_detection(address)}" for address in own]
        lines.append(f"link set dev {bridge} up")
        lines += [f"neighbour replace {near} dev {bridge} managed" for near in sorted(desired.neighbours[bridge])]
        if any(":" in address for address in own):
            # Neighbour solicitations need a link-local source address (RFC 4861, 7.2.2) at once.
            lines.append(f"address replace {_link_local(sgi_mac)}/64 dev {bridge} nodad")
    lines += [f"route replace {route} dev {S5U_BRIDGE}" for route in sorted(desired.routes)]
    return [*lines, f"link set dev {HANDLER_PORT} addrgenmode none", f"link set dev {HANDLER_PORT} up"]


def _without_detection(address: str) -> str:
    """Duplicate address detection (RFC 4862, 5.4) would keep an IPv6 address from being used at once."""
    return " nodad" if ":" in address else ""


def _link_local(mac: str) -> str:
    """The link-local address of an interface, from its MAC address (RFC 4291, appendix A)."""
    octets = bytearray.fromhex(mac.replace(":", ""))
    octets[0] ^= 2
    return str(ipaddress.IPv6Address(b"\xfe\x80" + bytes(6) + octets[:3] + b"\xff\xfe" + octets[3:]))
