# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a comparison measures in which order, how long that may take, and how the kernel forwards in it. Pure."""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

from .measurement import BRIDGE, FRAMES, INTERRUPT, KERNEL_GTP, POLL

Mapping = t.Mapping[str, t.Any]

OTHERS: t.Final = {"frames": (INTERRUPT, "interrupt_uncoalesced", BRIDGE), "gtpu": (KERNEL_GTP,)}
"""What poll mode can be compared with, by what the tester sends. The first is the one to compare with unless told."""
SEARCH: t.Final[Mapping] = {
    "minimum_pps": 100.0,
    "maximum_pps": 1_000_000.0,
    "trial_seconds": 1.0,
    "trials": 5,
    "width": 0.02,
    "timeout": 600.0,
    "drain": 0.5,
    "latency_seconds": 5.0,
    "burst_frames": 4096,
    "burst_searches": 3,
}
"""The options of the module rate_search that a comparison has unless told."""
_LATENCIES: t.Final = 4
_BURST_TRIALS: t.Final = 14
"""Trials of one search of bursts: it halves what is left of them, and repeats trials that say nothing."""
_TURN_SECONDS: t.Final = 180
"""An allowance in seconds to change what forwards, and to prove it; most of it is for emulated guests."""
# Addresses between which the module tester_load sends frames, and so the networks that the kernel routes.
_FRAME_ADDRESSES: t.Final = ("198.18.1.1/24", "198.18.2.1/24")


@dataclasses.dataclass(frozen=True)
class Turn:
    """One variant's turn."""

    variant: str
    """What forwards."""
    turn: int
    """Which of the variant's turns it is, from 1."""


@dataclasses.dataclass(frozen=True)
class Course:
    """What is measured."""

    turns: tuple[Turn, ...]
    """The turns in their order: poll mode, the others, and again."""
    frames: tuple[str, ...]
    """Sizes of frames, each of which is measured in each turn."""
    search: Mapping
    """Options of the module rate_search."""
    seconds: int
    """The time that it takes at most, if no search fails."""
    sampler_seconds: int
    """The time after which a sampler in the guest may end by itself."""


def plan_course(request: Mapping) -> Course:
    """The course of a comparison.

    request holds ``host``, ``traffic`` (a key of OTHERS), ``adapters`` (how many are polled), ``turns``, ``frames``,
    ``variants`` (empty: the first of OTHERS) and ``search`` (options that differ from SEARCH).
    Raises NfvError: frames_need_two_adapters, value_not_allowed, traffic_invalid.
    """
    if request["adapters"] != 2:
        raise NfvError(
            ErrorCode.FRAMES_NEED_TWO_ADAPTERS,
            request["host"],
            f"a comparison forwards between two polled adapters, and the description has {request['adapters']}",
            "Compare on a VM with two polled adapters.",
        )
    if request["traffic"] not in OTHERS:
        raise NfvError(
            ErrorCode.TRAFFIC_INVALID,
            request["host"],
            f"a tester sends frames or gtpu in a comparison, and not {request['traffic']}",
            "Set dpdk_verify_traffic to the one that the application forwards.",
        )
    possible = OTHERS[request["traffic"]]
    others = tuple(str(one) for one in request["variants"]) or possible[:1]
    frames = tuple(str(one) for one in request["frames"])
    _check_choice("comparison_variants", others, possible)
    _check_choice("comparison_frames", frames, FRAMES)
    _check_choice("comparison_search", tuple(request["search"]), tuple(SEARCH))
    turns = _count("comparison_turns", request["turns"])
    search = {name: _number(f"comparison_search.{name}", request["search"].get(name, SEARCH[name])) for name in SEARCH}
    measuring = _measuring_seconds(search)
    course = tuple(Turn(variant, turn) for turn in range(1, turns + 1) for variant in (POLL, *others))
    seconds = len(course) * (_TURN_SECONDS + len(frames) * measuring)
    return Course(course, frames, search, int(seconds), int(measuring) + 300)


def _check_choice(name: str, given: tuple[str, ...], possible: tuple[str, ...]) -> None:
    wrong = [one for one in given if one not in possible] or [one for one in given if given.count(one) > 1]
    if wrong or (not given and name != "comparison_search"):
        raise NfvError(
            ErrorCode.VALUE_NOT_ALLOWED,
            name,
            f"{wrong[0]} is not allowed or there twice" if wrong else "is empty, so nothing would be measured",
            f"Use {', '.join(possible)}, each once. Nothing was changed.",
        )


def _count(name: str, value: t.Any) -> int:
    number = _number(name, value)
    if number != int(number) or not 1 <= number <= 20:
        raise NfvError(ErrorCode.VALUE_NOT_ALLOWED, name, f"must be a whole number from 1 to 20, not {value}")
    return int(number)


def _number(name: str, value: t.Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        raise NfvError(ErrorCode.VALUE_NOT_ALLOWED, name, f"must be a number, not {value}") from None


def _measuring_seconds(search: Mapping) -> float:
    """The time that one measurement takes at most: its search, its latencies, and its bursts."""
    latencies = _LATENCIES * (search["latency_seconds"] + search["drain"]) if search["latency_seconds"] else 0.0
    bursts = search["burst_searches"] * _BURST_TRIALS * (1 + search["drain"]) if search["burst_frames"] else 0.0
    return float(search["timeout"] + latencies + bursts)


@dataclasses.dataclass(frozen=True)
class KernelForwarding:
    """Options of the module interrupt_forwarding, and of the tester that sends through it."""

    forwarding: str
    """routing, bridge or gtp."""
    adapters: tuple[Mapping, ...]
    """What the two adapters carry."""
    sessions: tuple[Mapping, ...]
    """The subscribers' sessions, with gtp."""
    coalescing: bool
    """Whether interrupts may wait for more packets."""
    left_out: tuple[str, ...]
    """Sessions without an IPv4 address, which the kernel's module does not know."""
    tester: Mapping
    """Options of the modules traffic_probe and tester_load."""


def plan_forwarding(variant: str, verification: Mapping, sides: t.Sequence[Mapping], pgw: Mapping) -> KernelForwarding:
    """How the kernel forwards what the tester sends.

    variant: one of OTHERS; verification: ``options`` and ``expected``, as poll_mode_plan gives them; sides: the
    tester's (module tester_load), that of the first adapter first; pgw: ``s5u`` and ``sgi``, for KERNEL_GTP.
    Raises NfvError(traffic_invalid) for a tester that is not in the adapters' networks.
    """
    gtp = variant == KERNEL_GTP
    names = [verification["expected"]["sides"][key] for key in (("s5u", "sgi") if gtp else ("first", "second"))]
    addresses = [str(pgw[key]["address"]) for key in ("s5u", "sgi")] if gtp else list(_FRAME_ADDRESSES)
    adapters = []
    for name, address, side in zip(names, addresses, sides):
        if ipaddress.ip_address(side["address"]) not in ipaddress.ip_interface(address).network:
            raise NfvError(
                ErrorCode.TRAFFIC_INVALID,
                f"{side['interface']} ({side['address']})",
                f"is not in the network of adapter {name} ({address}), and the kernel knows no way to a tester behind"
                " a router",
                "Compare with a tester in the networks of both adapters.",
            )
        neighbours = [{"address": side["address"], "mac": side["mac"]}]
        # The bridges of an Open vSwitch that was stopped stay, with the same networks, and without a link.
        routes = [{"destination": f"{side['address']}/32", "via": side["address"]}]
        adapters.append({"name": name, "addresses": [address], "neighbours": neighbours, "routes": routes})
    sessions = verification["options"].get("sessions", ()) if gtp else ()
    keys = ("local_teid", "peer_teid", "peer_address", "ue_address")
    return KernelForwarding(
        forwarding="gtp" if gtp else "bridge" if variant == BRIDGE else "routing",
        adapters=tuple(adapters),
        sessions=tuple({key: one[key] for key in keys} for one in sessions if one.get("ue_address")),
        coalescing=variant != "interrupt_uncoalesced",
        left_out=tuple(str(one.get("name")) for one in sessions if not one.get("ue_address")),
        tester=_past_a_bridge(verification["options"], sides) if variant == BRIDGE else verification["options"],
    )


def _past_a_bridge(options: Mapping, sides: t.Sequence[Mapping]) -> Mapping:
    """The tester's options with its own other side as the receiver: a bridge keeps what is sent to its own ports."""
    receivers = {"first": sides[1]["mac"], "second": sides[0]["mac"]}
    return {**options, **{name: {**options[name], "guest_mac": mac} for name, mac in receivers.items()}}
