# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What makes interfaces forward, and what gives them their earlier settings back. Pure."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import (
    RunCommand,
    SetAttribute,
    Step,
)

from . import gtp
from .look import sysctl_paths, vector_path
from .model import BRIDGE, TUNNEL
from .offloads import coalesces, set_coalescing, set_gro, set_lro

if t.TYPE_CHECKING:
    from .model import Current, Forwarding, ForwardingAdapter, Link
    from .record import LinkSettings

Pairs = t.Sequence[tuple[str, str]]
_COALESCING_REMEDY = "Compare without interrupt_coalescing=false, or upgrade the VM's hardware to version 13."


def device_steps(desired: Forwarding, current: Current) -> list[Step]:
    """What makes the bridge or the tunnel link that is asked for, and removes the other one."""
    wanted = {"bridge": BRIDGE, "gtp": TUNNEL}.get(desired.forwarding)
    steps: list[Step] = [remove_link(name) for name in current.made if name != wanted]
    if wanted == BRIDGE:
        if BRIDGE not in current.made:
            kind = ("type", "bridge", "stp_state", "0", "forward_delay", "0", "mcast_snooping", "0")
            steps.append(_ip("link", "add", "name", BRIDGE, *kind))
        if BRIDGE not in current.made or not current.made[BRIDGE].up:
            steps.append(_ip("link", "set", "dev", BRIDGE, "up"))
    if wanted == TUNNEL:
        steps += _tunnel_steps(desired, current)
    return steps


def _tunnel_steps(desired: Forwarding, current: Current) -> list[Step]:
    link = current.made.get(TUNNEL)
    if link is None or current.tunnel_index is None:
        # Its number is known at the next look, and with it the rest can be asked for.
        return gtp.link_steps()
    up = [] if link.up else [_ip("link", "set", "dev", TUNNEL, "up")]
    mtu = tunnel_mtu(current.links.values())
    if mtu is not None and link.mtu != mtu:
        up.insert(0, _ip("link", "set", "dev", TUNNEL, "mtu", str(mtu)))
    routes = [(network, "") for network in subscriber_networks(desired)]
    return [
        *_removals(link, link.addresses, link.neighbours, routes),
        *up,
        *_new_routes(TUNNEL, link.routes, routes),
        *_sysctl_steps(link, sysctl_paths(TUNNEL)),
        *gtp.tunnel_steps(current.tunnel_index, current.tunnels, desired.tunnels),
    ]


def tunnel_mtu(links: t.Iterable[Link]) -> int | None:
    """Bytes of the largest packet that fits into a tunnel through these adapters; None where none is known.

    The kernel's own value leaves room for the longer header of GTP version 0, and so fragments what would fit.
    """
    known = [link.mtu for link in links if link.mtu is not None]
    return min(known) - gtp.HEADERS_BYTES if known else None


def subscriber_networks(desired: Forwarding) -> list[str]:
    """The fewest networks that hold the subscribers' addresses and no others."""
    addresses = {ipaddress.IPv4Network(tunnel.ue_address) for tunnel in desired.tunnels}
    return [str(network) for network in ipaddress.collapse_addresses(addresses)]


def remove_link(name: str) -> Step:
    """What removes an interface that this collection has made."""
    return _ip("link", "delete", "dev", name)


def forwarding_steps(adapter: ForwardingAdapter, link: Link, desired: Forwarding) -> list[Step]:
    """What makes an adapter forward. Raises NfvError(coalescing_unsupported)."""
    name = link.interface
    bridged = desired.forwarding == "bridge"
    addresses, neighbours, routes = ((), (), ()) if bridged else (adapter.addresses, adapter.neighbours, adapter.routes)
    steps = _removals(link, addresses, neighbours, routes)
    if not link.up:
        steps.append(_ip("link", "set", "dev", name, "up"))
    if bridged and link.master != BRIDGE:
        steps.append(_ip("link", "set", "dev", name, "master", BRIDGE))
    steps += [_ip("address", "replace", one, "dev", name) for one in addresses if one not in link.addresses]
    steps += [
        _ip("neighbour", "replace", address, "lladdr", mac, "dev", name, "nud", "permanent")
        for address, mac in neighbours
        if (address, mac) not in link.neighbours
    ]
    steps += _new_routes(name, link.routes, routes)
    if link.lro:
        steps.append(set_lro(name, link.flags, wanted=False))
    if link.gro:
        steps.append(set_gro(name, wanted=False))
    steps += _sysctl_steps(link, sysctl_paths(name))
    if not desired.coalescing and link.up:
        steps += _without_coalescing(adapter, link)
    return steps


def _without_coalescing(adapter: ForwardingAdapter, link: Link) -> list[Step]:
    """Turns it off on an interface that is up, for vmxnet3 learns the host's setting when it comes up."""
    if link.coalescing is None:
        raise NfvError(
            ErrorCode.COALESCING_UNSUPPORTED,
            f"{adapter.name} ({adapter.mac}, {link.interface})",
            "interrupt coalescing cannot be turned off: its driver knows none on this virtual hardware",
            f"{_COALESCING_REMEDY} State absent gives the guest its application back.",
        )
    return [set_coalescing(link.interface, None)] if coalesces(link.coalescing) else []


def wanted_vectors(link: Link, position: int, cpus: t.Sequence[int]) -> dict[str, str]:
    """The CPU of each of an adapter's interrupts: the adapters begin on different CPUs, their queues go on from there.

    position: the adapter's place among the adapters.
    """
    if not cpus:
        return dict(link.vectors)
    return {number: str(cpus[(position + index) % len(cpus)]) for index, number in enumerate(link.vectors)}


def vector_steps(now: t.Mapping[str, str], wanted: t.Mapping[str, str]) -> list[Step]:
    """What sends interrupts to their CPUs; one that is gone is left out."""
    return [
        SetAttribute(vector_path(number), cpus)
        for number, cpus in wanted.items()
        if number in now and now[number] != cpus
    ]


def restoring_steps(link: Link, before: LinkSettings) -> list[Step]:
    """What gives an interface its settings back. It carried no address, neighbour or route before."""
    name = link.interface
    steps: list[Step] = [
        *_removals(link, (), (), ()),
        *_sysctl_steps(link, before.sysctls),
        *vector_steps(link.vectors, before.vectors),
    ]
    if before.lro is not None and link.lro != before.lro:
        steps.append(set_lro(name, link.flags, wanted=before.lro))
    if before.gro is not None and link.gro != before.gro:
        steps.append(set_gro(name, wanted=before.gro))
    if before.coalescing is not None and link.up and link.coalescing is not None:
        coalescing = bytes.fromhex(before.coalescing)
        # The command in front of the fields is that of the request.
        steps += [] if link.coalescing[4:] == coalescing[4:] else [set_coalescing(name, coalescing)]
    if link.up and not before.up:
        steps.append(_ip("link", "set", "dev", name, "down"))
    return steps


def _removals(link: Link, addresses: t.Sequence[str], neighbours: Pairs, routes: Pairs) -> list[Step]:
    """What takes off an interface all but these: addresses last, for the kernel drops with them what depends on them,
    and refuses to delete what is not there any more.
    """
    name = link.interface
    return [
        *(_ip("route", "delete", one, "dev", name) for one, _hop in link.routes if one not in dict(routes)),
        *(_ip("neighbour", "delete", one, "dev", name) for one, _mac in link.neighbours if one not in dict(neighbours)),
        *(_ip("address", "delete", one, "dev", name) for one in link.addresses if one not in addresses),
    ]


def _new_routes(name: str, now: Pairs, wanted: Pairs) -> list[Step]:
    return [
        _ip("route", "replace", network, *(("via", hop) if hop else ()), "dev", name)
        for network, hop in wanted
        if (network, hop) not in now
    ]


def _sysctl_steps(link: Link, wanted: t.Mapping[str, str]) -> list[Step]:
    """Attributes that the interface has and that differ."""
    return [SetAttribute(path, value) for path, value in wanted.items() if link.sysctls.get(path, value) != value]


def _ip(*arguments: str) -> RunCommand:
    remedy = "State absent of module interrupt_forwarding gives the guest its application back."
    return RunCommand(("ip", *arguments), ErrorCode.LINK_REFUSED, remedy)
