# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what the rows of readiness judge on a tester. Sends nothing but ARP probes, from which nobody learns."""

from __future__ import annotations

import contextlib
import os
import select
import socket
import time
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.output import expected_output
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.machine import read_machine
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.addresses import (
    ADDRESS_COMMAND,
    read_interfaces,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.tester import (
    InterfaceAsked,
    InterfaceFacts,
    TesterFacts,
)

from .arp import ETHERTYPE_ARP, claimed_by, probe

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.addresses import Json, Runner

# A machine answers at once; the second probe is for one that is lost.
_PROBES: t.Final = 2
_SECONDS: t.Final = 0.4


def read_tester(run: Runner, asked: t.Sequence[InterfaceAsked]) -> TesterFacts:
    """Looks at the tester; takes about a second. Raises nothing: what cannot be told is said in the facts."""
    refused = _raw_sockets_refused()
    own: frozenset[bytes] = frozenset()
    interfaces: dict[str, InterfaceFacts] | NfvError
    try:
        entries = read_interfaces(run)
        with expected_output(" ".join(ADDRESS_COMMAND), str(entries)):
            interfaces = {str(entry["ifname"]): _facts(entry) for entry in entries}
            # Linux answers for an address on every interface that it has.
            own = frozenset(bytes.fromhex(str(entry.get("address", "")).replace(":", "")) for entry in entries)
    except NfvError as error:
        interfaces = error
    # Without a carrier nobody can answer, which would look as if nobody had the address.
    reachable = (
        []
        if isinstance(interfaces, NfvError) or refused
        else [
            one for one in asked if one.name in interfaces and interfaces[one.name].up and interfaces[one.name].carrier
        ]
    )
    return TesterFacts(
        machine=read_machine(),
        cpus=len(os.sched_getaffinity(0)),
        raw_sockets=refused,
        interfaces=interfaces,
        answers=who_answers(reachable, own),
    )


def _raw_sockets_refused() -> str:
    try:
        socket.socket(socket.AF_PACKET, socket.SOCK_RAW).close()
    except OSError as error:
        return f"opening one failed: {error.strerror}"
    return ""


def _facts(entry: Json) -> InterfaceFacts:
    flags = entry["flags"]
    return InterfaceFacts(
        up="UP" in flags,
        carrier="LOWER_UP" in flags,
        mtu=int(entry["mtu"]),
        addresses=tuple(str(each["local"]) for each in entry["addr_info"] if each["family"] == "inet"),
    )


def who_answers(asked: t.Sequence[InterfaceAsked], own: t.Container[bytes]) -> dict[tuple[str, str], frozenset[str]]:
    """The MAC addresses of other machines that answer for each address asked for, by (interface, address).

    own: the MAC addresses of this machine. What cannot be asked is left out, such as an interface that goes down.
    """
    found: dict[tuple[str, str], set[str]] = {}
    with contextlib.ExitStack() as stack:
        asking: dict[socket.socket, list[tuple[str, str]]] = {}
        for interface in asked:
            wanted = [interface.address, *(neighbour.address for neighbour in interface.neighbours)]
            keys = [(interface.name, address) for address in dict.fromkeys(wanted) if address]
            with contextlib.suppress(OSError):  # left out
                opened = stack.enter_context(socket.socket(socket.AF_PACKET, socket.SOCK_RAW))
                opened.bind((interface.name, ETHERTYPE_ARP))
                asking[opened] = keys
                found.update({key: set() for key in keys})
        for _probe in range(_PROBES):
            for opened, keys in asking.items():
                with _leaving_out(found, keys):
                    _ask(opened, keys)
            _listen(asking, own, found)
    return {key: frozenset(macs) for key, macs in found.items()}


def _ask(opened: socket.socket, keys: t.Sequence[tuple[str, str]]) -> None:
    for _interface, address in keys:
        opened.send(probe(opened.getsockname()[4], address))


@contextlib.contextmanager
def _leaving_out(found: dict[tuple[str, str], set[str]], keys: t.Sequence[tuple[str, str]]) -> t.Iterator[None]:
    """Leaves the addresses of an interface out when it fails."""
    try:
        yield
    except OSError:
        for key in keys:
            found.pop(key, None)


def _listen(
    asking: t.Mapping[socket.socket, t.Sequence[tuple[str, str]]],
    own: t.Container[bytes],
    found: dict[tuple[str, str], set[str]],
) -> None:
    """Adds who answers within _SECONDS."""
    deadline = time.monotonic() + _SECONDS
    while asking and (left := deadline - time.monotonic()) > 0:
        for ready in select.select(list(asking), [], [], left)[0]:
            with _leaving_out(found, asking[ready]):
                frame = ready.recv(2048)
                for key in asking[ready]:
                    mac = claimed_by(frame, key[1], own)
                    if mac is not None and key in found:
                        found[key].add(mac)
