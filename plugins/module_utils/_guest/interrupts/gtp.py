# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel's own GTP-U user plane, module ``gtp``: its link and its tunnels (linux/gtp.h, drivers/net/gtp.c).

The link is made by iproute2, which has the kernel open the sockets itself (Linux 5.18, iproute2 5.18: IFLA_GTP_CREATE_
SOCKETS), so that no process must keep them open. The kernel answers Echo Requests then. It knows IPv4 alone.
"""

from __future__ import annotations

import contextlib
import socket
import struct
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.netlink import (
    attribute,
    attributes,
    generic,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import AskFamily, RunCommand, Step

from .model import TUNNEL, Tunnel

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest

FAMILY = "gtp"
_NEW, _DELETE, _GET = 0, 1, 2  # GTP_CMD_*PDP
_LINK, _VERSION, _PEER_ADDRESS, _MS_ADDRESS, _I_TEI, _O_TEI = 1, 2, 4, 5, 8, 9  # GTPA_*
_GTP_V1 = 1
HEADERS_BYTES: t.Final = 36
"""What a tunnel adds to a packet: IPv4, UDP and GTP-U (3GPP TS 29.281, without options)."""


def new_tunnel(link: int, tunnel: Tunnel) -> bytes:
    """The request for a tunnel on the link with this number."""
    return generic(
        _NEW,
        _number(_LINK, link)
        + _number(_VERSION, _GTP_V1)
        + attribute(_PEER_ADDRESS, socket.inet_aton(tunnel.peer_address))
        + attribute(_MS_ADDRESS, socket.inet_aton(tunnel.ue_address))
        + _number(_I_TEI, tunnel.local_teid)
        + _number(_O_TEI, tunnel.peer_teid),
    )


def delete_tunnel(link: int, tunnel: Tunnel) -> bytes:
    """The request that ends a tunnel."""
    return generic(_DELETE, _number(_LINK, link) + _number(_VERSION, _GTP_V1) + _number(_I_TEI, tunnel.local_teid))


def read_tunnels(guest: Guest) -> tuple[Tunnel, ...]:
    """The tunnels that the kernel has, sorted; none without the module."""
    with contextlib.suppress(OSError):
        answers = guest.ask_family(FAMILY, (generic(_GET, b""),), dump=True)
        return tuple(sorted(tunnel for answer in answers for tunnel in parse_tunnel(answer)))
    return ()


def parse_tunnel(answer: bytes) -> t.Iterator[Tunnel]:
    """The tunnel of an answer; nothing for one of GTP version 0, or for one that is cut off."""
    found = attributes(answer)
    with contextlib.suppress(KeyError, struct.error, OSError):
        if struct.unpack("=I", found[_VERSION])[0] == _GTP_V1:
            yield Tunnel(
                local_teid=struct.unpack("=I", found[_I_TEI])[0],
                peer_teid=struct.unpack("=I", found[_O_TEI])[0],
                peer_address=socket.inet_ntoa(found[_PEER_ADDRESS]),
                ue_address=socket.inet_ntoa(found[_MS_ADDRESS]),
            )


def link_steps() -> list[Step]:
    """What loads the module and makes the link, in the role that decapsulates what subscribers send."""
    return [
        RunCommand(
            ("modprobe", FAMILY),
            ErrorCode.MODPROBE_FAILED,
            "Install the distribution's general kernel: one for clouds may lack the module.",
        ),
        RunCommand(
            ("ip", "link", "add", "name", TUNNEL, "type", "gtp", "role", "ggsn"),
            ErrorCode.LINK_REFUSED,
            "It needs Linux 5.18, iproute2 5.18, and UDP port 2152 for itself: look with ss --udp --listening.",
        ),
    ]


def tunnel_steps(link: int, now: t.Collection[Tunnel], wanted: t.Collection[Tunnel]) -> list[Step]:
    """What leaves the wanted tunnels alone on the link. Old ones go first: a TEID and an address are in one only."""
    old, new = tunnel_changes(now, wanted)
    requests = (*(delete_tunnel(link, one) for one in old), *(new_tunnel(link, one) for one in new))
    if not requests:
        return []
    remedy = "Look for a TEID or a subscriber's address that two sessions have, and at the kernel's log (dmesg)."
    what = f"a change of its tunnels ({len(old)} removed, {len(new)} added)"
    return [AskFamily(FAMILY, requests, what, ErrorCode.TUNNELS_REFUSED, remedy, tuple(map(str, (*old, *new))))]


def tunnel_changes(
    now: t.Collection[Tunnel], wanted: t.Collection[Tunnel]
) -> tuple[tuple[Tunnel, ...], tuple[Tunnel, ...]]:
    """The tunnels that must go, and those that are missing, sorted."""
    return tuple(sorted(set(now) - set(wanted))), tuple(sorted(set(wanted) - set(now)))


def _number(kind: int, value: int) -> bytes:
    return attribute(kind, struct.pack("=I", value))
