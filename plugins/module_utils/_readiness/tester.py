# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a tester must be before it sends and counts. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

from .machine import ClockAsked, MachineFacts, clock_row, python_row
from .row import Row, Subject

if t.TYPE_CHECKING:
    from collections.abc import Iterator


@dataclasses.dataclass(frozen=True)
class Neighbour:
    """An address on the network of one of the tester's interfaces, and who may have it."""

    address: str
    """IPv4 address."""
    macs: tuple[str, ...] | None = None
    """MAC addresses that may answer for it, in lower case; none at all when empty, any when None."""
    must_answer: bool = False
    """Whether somebody must."""


@dataclasses.dataclass(frozen=True)
class InterfaceAsked:
    """What is asked of one of the tester's interfaces."""

    name: str
    """Name of the interface."""
    address: str | None = None
    """IPv4 address that the tester sends from; None for none."""
    mtu: int | None = None
    """Bytes of the largest packet that it must take; None for any."""
    neighbours: tuple[Neighbour, ...] = ()
    """The addresses on its network that are asked for."""


@dataclasses.dataclass(frozen=True)
class TesterAsked:
    """What is asked of a tester."""

    name: str
    """Its name, for the rows."""
    interfaces: tuple[InterfaceAsked, ...]
    """Its interfaces."""
    cpus: int | None = None
    """CPUs that it must have; None for any number."""
    clock: ClockAsked = dataclasses.field(default_factory=ClockAsked)
    """What is asked of its clock."""


@dataclasses.dataclass(frozen=True)
class InterfaceFacts:
    """A network interface as the kernel has it."""

    up: bool
    """Whether it is switched on."""
    carrier: bool
    """Whether the other end is there."""
    mtu: int
    """Bytes of the largest packet that it takes."""
    addresses: tuple[str, ...]
    """Its IPv4 addresses."""


@dataclasses.dataclass(frozen=True)
class TesterFacts:
    """A tester as it was found."""

    machine: MachineFacts
    """Its Python and its clock."""
    cpus: int
    """CPUs that the module may run on."""
    raw_sockets: str
    """Why packet sockets cannot be opened; empty when they can."""
    interfaces: t.Mapping[str, InterfaceFacts] | NfvError
    """The interfaces by name, or why they cannot be told."""
    answers: t.Mapping[tuple[str, str], t.Collection[str]]
    """Who answered for an address, as MAC addresses of other machines, by (interface, address).

    What could not be asked is missing.
    """


def tester_rows(facts: TesterFacts, asked: TesterAsked) -> tuple[Row, ...]:
    """The rows of one tester, in the order in which one would mend them; the same rows whatever is seen.

    The rows of an interface have the object ``tester interface``.
    """
    machine = (Subject.TESTER, asked.name, facts.machine)
    return (
        python_row(*machine),
        clock_row(*machine, asked.clock),
        _cpus(facts, asked),
        _raw_sockets(facts, asked),
        *(row for interface in asked.interfaces for row in _interface_rows(facts, asked, interface)),
    )


def _object(asked: TesterAsked, interface: InterfaceAsked) -> str:
    return f"{asked.name} {interface.name}"


def _unknown(name: str, check: str, wanted: str, error: NfvError) -> Row:
    return Row.unknown(Subject.TESTER, name, check, wanted, error.attempted, code=error.error_code, remedy=error.remedy)


def _cpus(facts: TesterFacts, asked: TesterAsked) -> Row:
    if asked.cpus is None:
        return Row.not_asked(Subject.TESTER, asked.name, "cpus", str(facts.cpus))
    row = (Subject.TESTER, asked.name, "cpus", f"{asked.cpus} or more", str(facts.cpus))
    if facts.cpus >= asked.cpus:
        return Row.ready(*row)
    return Row.not_ready(*row, code=ErrorCode.TESTER_CPUS_MISSING, remedy="Give the tester more CPUs, or send less.")


def _raw_sockets(facts: TesterFacts, asked: TesterAsked) -> Row:
    wanted = "packet sockets (CAP_NET_RAW)"
    if not facts.raw_sockets:
        return Row.ready(Subject.TESTER, asked.name, "raw_sockets", wanted, "may be opened")
    return Row.not_ready(
        Subject.TESTER,
        asked.name,
        "raw_sockets",
        wanted,
        facts.raw_sockets,
        code=ErrorCode.TESTER_RAW_SOCKETS_REFUSED,
        remedy="Run the tester's tasks as root (ansible_become), or give a container CAP_NET_RAW.",
    )


def _interface_rows(facts: TesterFacts, asked: TesterAsked, interface: InterfaceAsked) -> Iterator[Row]:
    name = _object(asked, interface)
    # Up to a look that says more, the reason for everything about the interface.
    seen, missing = None, NfvError(ErrorCode.TESTER_INTERFACE_UNUSABLE, name, "there is no such interface", _NAME_ONE)
    if isinstance(facts.interfaces, NfvError):
        yield _unknown(name, "interface", _CONNECTED, facts.interfaces)
        missing = facts.interfaces
    else:
        seen = facts.interfaces.get(interface.name)
        yield _interface(name, seen, missing, facts.interfaces)
    yield _mtu(name, interface, seen, missing)
    yield _address(name, interface, seen, missing)
    yield _address_taken(name, interface, facts, seen)
    for neighbour in interface.neighbours:
        yield _neighbour(name, interface, neighbour, facts)


_CONNECTED: t.Final = "up, and connected"
_NAME_ONE: t.Final = "Name an interface that exists in the tester's network namespace."


def _interface(
    name: str, seen: InterfaceFacts | None, missing: NfvError, others: t.Mapping[str, InterfaceFacts]
) -> Row:
    row = (Subject.TESTER, name, "interface", _CONNECTED)
    code = ErrorCode.TESTER_INTERFACE_UNUSABLE
    if seen is None:
        there = f"{missing.attempted}; interfaces that exist: {', '.join(sorted(others)) or 'none'}"
        return Row.not_ready(*row, there, code=code, remedy=_NAME_ONE)
    if not seen.up:
        return Row.not_ready(*row, "down", code=code, remedy="Bring it up: ip link set dev INTERFACE up.")
    if not seen.carrier:
        remedy = "Connect it: the VM's adapter in vSphere, or the cable."
        return Row.not_ready(*row, "up, without a carrier", code=code, remedy=remedy)
    return Row.ready(*row, "up, with a carrier")


def _mtu(name: str, interface: InterfaceAsked, seen: InterfaceFacts | None, missing: NfvError) -> Row:
    if interface.mtu is None:
        return Row.not_asked(Subject.TESTER, name, "mtu", missing.attempted if seen is None else str(seen.mtu))
    wanted = f"{interface.mtu} bytes or more"
    if seen is None:
        return _unknown(name, "mtu", wanted, missing)
    row = (Subject.TESTER, name, "mtu", wanted, f"{seen.mtu} bytes")
    if seen.mtu >= interface.mtu:
        return Row.ready(*row)
    remedy = f"Set it to {interface.mtu}, and that of its switch, or send smaller packets (dpdk_verify_size)."
    return Row.not_ready(*row, code=ErrorCode.TESTER_MTU_SMALL, remedy=remedy)


def _address(name: str, interface: InterfaceAsked, seen: InterfaceFacts | None, missing: NfvError) -> Row:
    if interface.address is None:
        told = missing.attempted if seen is None else ", ".join(seen.addresses) or "none"
        return Row.not_asked(Subject.TESTER, name, "address", told)
    if seen is None:
        return _unknown(name, "address", interface.address, missing)
    row = (Subject.TESTER, name, "address", interface.address, ", ".join(seen.addresses) or "none")
    if interface.address in seen.addresses:
        return Row.ready(*row)
    return Row.not_ready(
        *row, code=ErrorCode.TESTER_ADDRESS_MISSING, remedy="Give the interface this address, or correct the variable."
    )


def _address_taken(name: str, interface: InterfaceAsked, facts: TesterFacts, seen: InterfaceFacts | None) -> Row:
    if interface.address is None:
        return Row.not_asked(Subject.TESTER, name, "address_taken", "no address is asked for")
    wanted = f"nobody else answers for {interface.address}"
    answers = facts.answers.get((interface.name, interface.address))
    if answers is None:
        return _unknown(name, "address_taken", wanted, _not_asked_for(name, seen, facts))
    row = (Subject.TESTER, name, "address_taken", wanted)
    if not answers:
        return Row.ready(*row, "nobody else answers")
    return Row.not_ready(
        *row,
        f"{', '.join(sorted(answers))} answers",
        code=ErrorCode.TESTER_ADDRESS_TAKEN,
        remedy="Give the tester an address of its own; find the other machine by its MAC address.",
    )


def _not_asked_for(name: str, seen: InterfaceFacts | None, facts: TesterFacts) -> NfvError:
    """Why nobody could be asked for an address."""
    there = (
        "asking on the interface failed" if seen is not None and seen.up and seen.carrier else "nothing is connected"
    )
    why = facts.raw_sockets or ("the interface is not there" if seen is None else there)
    remedy = "Mend the rows raw_sockets and interface first, and run this again."
    return NfvError(ErrorCode.READINESS_UNKNOWN, name, f"not asked for: {facts.raw_sockets or why}", remedy)


def _neighbour(name: str, interface: InterfaceAsked, neighbour: Neighbour, facts: TesterFacts) -> Row:
    check = f"neighbour {neighbour.address}"
    wanted = "one machine" if neighbour.macs is None else ", ".join(neighbour.macs) or "nobody"
    wanted = f"{wanted} answers" if neighbour.must_answer or neighbour.macs == () else f"nobody but {wanted} answers"
    answers = facts.answers.get((interface.name, neighbour.address))
    if answers is None:
        interfaces = {} if isinstance(facts.interfaces, NfvError) else facts.interfaces
        return _unknown(name, check, wanted, _not_asked_for(name, interfaces.get(interface.name), facts))
    row = (Subject.TESTER, name, check, wanted, ", ".join(sorted(answers)) or "nobody")
    foreign = set() if neighbour.macs is None else set(answers) - set(neighbour.macs)
    if foreign or len(answers) > 1:
        return Row.not_ready(
            *row,
            code=ErrorCode.ADDRESS_FOREIGN,
            remedy=f"Find the machine with MAC address {', '.join(sorted(foreign or answers))} and give it another"
            " address, or correct the description.",
        )
    if neighbour.must_answer and not answers:
        remedy = "Look whether it runs, and whether both are in one port group and VLAN."
        return Row.not_ready(*row, code=ErrorCode.NEIGHBOUR_SILENT, remedy=remedy)
    return Row.ready(*row)
