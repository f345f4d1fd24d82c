# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much a tester sends, and the checks before it does."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets

from .af_packet import FrameInterface, GatewayInterface
from .dropped import dropped_checks
from .gtpu import ProbeSession
from .streams import LABEL_BYTES, LARGEST_SIZE, SMALLEST_SIZE, Stream

# Packets start with a TTL of 64.
MOST_ROUTERS: t.Final = 32


@dataclasses.dataclass(frozen=True)
class PacedLoad:
    """What each stream sends."""

    count: int
    """Packets."""
    pps: float
    """Packets per second."""
    size: int
    """Bytes of an IPv4 packet."""
    drain: float
    """Seconds to wait for late packets."""


def _load_checks(load: PacedLoad) -> list[tuple[str, bool, str]]:
    return [
        ("count", 1 <= load.count <= 10**6, "must be 1 to 1000000 packets"),
        ("pps", 1 <= load.pps <= 10**5, "must be 1 to 100000 packets a second"),
        ("size", SMALLEST_SIZE <= load.size <= LARGEST_SIZE, f"must be {SMALLEST_SIZE} to {LARGEST_SIZE} bytes"),
        ("drain", 0 <= load.drain <= 60, "must be 0 to 60 seconds"),
    ]


def validate_frames(
    first: FrameInterface, second: FrameInterface, load: PacedLoad, dropped: t.Sequence[Stream] = ()
) -> None:
    """Raises NfvError(traffic_invalid), with the option's path, for frames that cannot be sent."""
    checks = _load_checks(load)
    for name, side in (("first", first), ("second", second)):
        checks.append((f"{name}.interface", 0 < len(side.name) < 16, "must be the name of an interface"))
        right = re.fullmatch(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}", side.guest_mac) is not None
        checks.append((f"{name}.guest_mac", right, "must be a MAC address"))
    checks += dropped_checks(dropped, load.size - packets.IPV4_BYTES - packets.UDP_BYTES - LABEL_BYTES)
    _refuse(checks)


def validate_gtpu(
    s5u: GatewayInterface,
    sgi: GatewayInterface,
    sessions: t.Sequence[ProbeSession],
    load: PacedLoad,
    sgi_routers: int = 0,
    unknown_teid: int | None = None,
) -> None:
    """Raises NfvError(traffic_invalid), with the option's path, for G-PDUs that cannot be sent."""
    checks = [
        *_load_checks(load),
        ("sessions", 1 <= len(sessions) <= 65536, "needs at least one session, at most 65536"),
        ("sgi_routers", 0 <= sgi_routers <= MOST_ROUTERS, f"must be 0 to {MOST_ROUTERS}"),
        ("unknown_teid", unknown_teid is None or 0 < unknown_teid < 2**32, "must be 1 to 4294967295"),
    ]
    known = {session.local_teid for session in sessions}
    checks.append(("unknown_teid", unknown_teid not in known, "must be a TEID that no session has"))
    for name, side in (("s5u", s5u), ("sgi", sgi)):
        checks.append((f"{name}.interface", 0 < len(side.name) < 16, "must be the name of an interface"))
        checks.append((f"{name}.address", _is_ipv4(side.address), "must be an IPv4 address"))
        checks.append((f"{name}.gateway", _is_ipv4(side.gateway), "must be an IPv4 address"))
    for index, session in enumerate(sessions):
        path = f"sessions[{index}]"
        checks += [
            (f"{path}.ue_address", _is_ipv4(session.ue_address), "must be an IPv4 address"),
            (f"{path}.peer_address", _is_ipv4(session.peer_address), "must be an IPv4 address"),
            (f"{path}.local_teid", 0 < session.local_teid < 2**32, "must be 1 to 4294967295"),
            (f"{path}.peer_teid", 0 < session.peer_teid < 2**32, "must be 1 to 4294967295"),
        ]
    _refuse(checks)


def _refuse(checks: t.Iterable[tuple[str, bool, str]]) -> None:
    for path, right, rule in checks:
        if not right:
            raise NfvError(ErrorCode.TRAFFIC_INVALID, path, "the traffic cannot be sent", f"It {rule}.")


def _is_ipv4(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True
