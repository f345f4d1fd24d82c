# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PGW's user plane in Open vSwitch's userspace datapath on this machine, and traffic on its sessions."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.model import UserPlane
from lab.testing.bidirectional_traffic import Subscriber, Traffic
from lab.testing.pgw_packets import PEER, S5U, SERVER, SERVER6, SGI, SGI6
from lab.testing.tester_port import Port

if t.TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from lab.testing.native_switch import NativeSwitch


def subscriber(number: int) -> str:
    """The IPv4 address of a session, counted from 1."""
    return f"198.19.{number // 256}.{number % 256}"


def session(number: int, peer_teid: int | None = None) -> dict[str, t.Any]:
    """A session as operators have them: IPv4 and IPv6, and a rate in each direction, which takes six flows and two
    meters.
    """
    return {
        "name": f"ue-{number}",
        "ue_address": subscriber(number),
        "ue_ipv6_prefix": f"2001:db8:1:{number:x}::/64",
        "local_teid": 0x10000 + number,
        "peer_teid": peer_teid or 0x20000 + number,
        "peer_address": PEER,
        "uplink_kbps": 50_000,
        "downlink_kbps": 100_000,
    }


def plane(sessions: Sequence[dict[str, t.Any]]) -> UserPlane:
    """A user plane with these sessions, between the tester's two ports."""
    return UserPlane.of(
        s5u={"adapter": "s5u", "address": f"{S5U}/24"},
        sgi={
            "adapter": "sgi",
            "address": f"{SGI}/24",
            "next_hop": SERVER,
            "ipv6_address": f"{SGI6}/64",
            "ipv6_next_hop": SERVER6,
        },
        sessions=sessions,
        path_management={"echo_interval": 60, "response_seconds": 3, "echo_requests": 5},
    )


@contextlib.contextmanager
def traffic(switch: NativeSwitch, numbers: Sequence[int], packets_per_second: int) -> Iterator[Traffic]:
    """Traffic on some sessions, by their numbers; may be asked what it lost when the context has ended."""
    with contextlib.ExitStack() as stack:
        s5u, sgi = Port.of(switch, "s5u"), Port.of(switch, "sgi")
        stack.callback(s5u.close)
        stack.callback(sgi.close)
        subscribers = [Subscriber(subscriber(number), 0x10000 + number) for number in numbers]
        yield stack.enter_context(Traffic(s5u, sgi, subscribers, packets_per_second))
