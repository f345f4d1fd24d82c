# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks, before the first packet, whether somebody else has one of the tester's addresses (RFC 5227)."""

from __future__ import annotations

import contextlib
import fcntl
import select
import socket
import time
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

from .af_packet import GatewayInterface
from .arp import ETHERTYPE_ARP, claimed_by, probe

_SIOCGIFHWADDR: t.Final = 0x8927
# RFC 5227, 1.1, sends three probes a second or two apart, for hosts that boot. A host that has the address answers at
# once, and a probe is repeated in case one is lost.
_PROBES: t.Final = 3
_SECONDS: t.Final = 0.3


def require_unclaimed(interfaces: t.Sequence[GatewayInterface]) -> None:
    """Raises NfvError(tester_address_taken) when another machine answers for the address of one of the interfaces.

    Takes about a second for all of them together. Raises NfvError(tester_interface_unusable).
    """
    own = _own_macs()
    with contextlib.ExitStack() as stack:
        asking = {stack.enter_context(_arp_socket(interface)): interface for interface in interfaces}
        for _probe in range(_PROBES):
            for asked, interface in asking.items():
                asked.send(probe(asked.getsockname()[4], interface.address))
            deadline = time.monotonic() + _SECONDS
            while (left := deadline - time.monotonic()) > 0:
                for ready in select.select(list(asking), [], [], left)[0]:
                    claimant = claimed_by(ready.recv(2048), asking[ready].address, own)
                    if claimant is not None:
                        raise _taken(asking[ready], claimant)


def _arp_socket(interface: GatewayInterface) -> socket.socket:
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    try:
        made.bind((interface.name, ETHERTYPE_ARP))
    except OSError as error:
        made.close()
        raise NfvError(
            ErrorCode.TESTER_INTERFACE_UNUSABLE,
            interface.name,
            f"asking on the tester's interface who has {interface.address} failed: {error.strerror}",
            "Name an interface that exists and is up in the tester's network namespace.",
        ) from error
    return made


def _own_macs() -> frozenset[bytes]:
    """The MAC addresses of all interfaces here: Linux answers for an address on every interface that it has."""
    found = set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as control:
        for _number, name in socket.if_nameindex():
            with contextlib.suppress(OSError):  # It may just have gone.
                answer = fcntl.ioctl(control, _SIOCGIFHWADDR, name.encode().ljust(40, b"\0"))
                found.add(answer[18:24])
    return frozenset(found)


def _taken(interface: GatewayInterface, claimant: str) -> NfvError:
    return NfvError(
        ErrorCode.TESTER_ADDRESS_TAKEN,
        interface.address,
        f"asked on {interface.name} who has the tester's address, and a machine with MAC {claimant} answered, so that "
        "nothing was sent",
        "Give the tester an address of its own, and the session that it uses as well (pgw_verify_session).",
    )
