# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PGW's user plane in a native switch, and packets for it."""

from __future__ import annotations

import shutil
import time
import typing as t
from dataclasses import dataclass

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.model import UserPlane
from lab.testing.native_switch import PROGRAMS, SEARCH, NativeSwitch, native_switch
from lab.testing.pgw_packets import PEER, S5U, SERVER, SERVER6, SGI, SGI6, outer
from lab.testing.tester_port import Port


def variables(count: int, **more: t.Any) -> dict[str, t.Any]:
    """A user plane with so many subscribers, each with IPv4 and IPv6."""
    return {
        "s5u": {"adapter": "s5u", "address": f"{S5U}/24", **more.get("s5u", {})},
        "sgi": {
            "adapter": "sgi",
            "address": f"{SGI}/24",
            "next_hop": SERVER,
            "ipv6_address": f"{SGI6}/64",
            "ipv6_next_hop": SERVER6,
            **more.get("sgi", {}),
        },
        "sessions": [session(number) for number in range(1, count + 1)] + more.get("sessions", []),
        "path_management": {"echo_interval": 1, "response_seconds": 1, "echo_requests": 2},
        "statistics": more.get("statistics"),
    }


def session(number: int, **more: t.Any) -> dict[str, t.Any]:
    return {
        "name": f"ue-{number}",
        "ue_address": f"198.19.{number // 256}.{number % 256}",
        "ue_ipv6_prefix": f"2001:db8:1:{number:x}::/64",
        "local_teid": 0x10000 + number,
        "peer_teid": 0x20000 + number,
        "peer_address": PEER,
        **more,
    }


def wait_for(condition: t.Callable[[], bool], seconds: float = 15.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.1)


@dataclass
class Bench:
    """A switch with the tester's two ports."""

    switch: NativeSwitch
    s5u: Port
    sgi: Port

    def plane(self, count: int, **more: t.Any) -> UserPlane:
        return UserPlane.of(**variables(count, **more))

    def uplink(
        self, teid: int, inner: bytes, kind: int = packets.G_PDU, vlan: int | None = None, source: str = PEER
    ) -> None:
        """A GTP-U message from the peer."""
        self.s5u.send(outer(packets.build_gtpu(packets.Gtpu(kind, teid, inner)), source), vlan)

    def dropped(self, plane: UserPlane) -> dict[str, int]:
        """What pgw_sessions tells of drops."""
        # Counters of the datapath come to the flows once a second.
        time.sleep(1.5)
        found: dict[str, int] = dict(self.switch.decide(plane).result["dropped"])
        return found


@pytest.fixture(scope="module")
def bench() -> t.Iterator[Bench]:
    missing = [name for name in PROGRAMS if shutil.which(name, path=SEARCH) is None]
    if missing:
        pytest.fail(f"missing: {', '.join(missing)} (make setup)")
    with native_switch() as switch:
        made = Bench(switch, Port.of(switch, "s5u"), Port.of(switch, "sgi"))
        yield made
        made.s5u.close()
        made.sgi.close()
