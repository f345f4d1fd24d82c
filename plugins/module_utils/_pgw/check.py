# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks the description of a PGW's user plane, on the controller and in the guest alike. Pure."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, Problem
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.reader import Section

from .check_fit import fit_problems, session_place
from .check_verify_session import PATH as VERIFY_SESSION
from .check_verify_session import verify_session_problems
from .runtime.model import VERIFY_SESSION_NAME

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Dataplane

# 3GPP TS 29.281, 5.1: a TEID has 32 bits; 0 is for signalling messages.
MAX_TEID = 2**32 - 1
# 3GPP TS 23.003, 2.2: an IMSI has up to 15 digits, of which the first 5 or 6 name the network.
IMSI = r"[0-9]{6,15}"
# IEEE 802.1Q: 0 is for priority tags, 4095 is reserved.
MAX_VLAN = 4094
# RFC 791: every host takes 576 bytes. DPDK's VMXNET3 guide: the driver takes 9190 bytes since version 6.
MIN_MTU, MAX_MTU = 576, 9190
# OpenFlow's meters have 32 bits, and the burst size is computed from the rate.
MAX_KBPS = 2**31 - 1
MAX_INTERVAL = 86_400
# Each takes up to three flows.
MAX_PEER_SOURCES = 32
# Routers between the gateway and the tester: each takes one off the TTL of 64 that the tester sends with.
MAX_ROUTERS = 32
# DPDK's VMXNET3 driver (vmxnet3_ethdev.h): the smallest sizes of its rings, and the largest. Open vSwitch
# requires powers of two (ovs-vswitchd.conf.db(5), n_rxq_desc).
RINGS = {"rx_descriptors": 128, "tx_descriptors": 512}
MAX_DESCRIPTORS = 4096
# systemd would split or expand other characters (systemd.syntax(7), systemd.unit(5)).
_DIRECTORY = re.compile(r"/(?:[A-Za-z0-9._-]+(?:/[A-Za-z0-9._-]+)*)?")
# Required and optional keys.
_END_OPTIONS = ("next_hop_mac", "vlan", "mtu", *RINGS)
_KEYS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "s5u": (("adapter", "address"), ("next_hop", "check_outer_source", *_END_OPTIONS)),
    "sgi": (
        ("adapter", "address", "next_hop"),
        ("ipv6_address", "ipv6_next_hop", "ipv6_next_hop_mac", *_END_OPTIONS),
    ),
    "session": (
        ("name", "local_teid", "peer_teid", "peer_address"),
        ("imsi", "ue_address", "ue_ipv6_prefix", "uplink_kbps", "downlink_kbps", "peer_sources", "source"),
    ),
    "verify_session": (
        ("ue_address", "local_teid", "peer_teid", "peer_address", "server_address"),
        ("name", "uplink_kbps", "downlink_kbps", "server_gateway", "server_routers"),
    ),
    "path_management": ((), ("echo_interval", "response_seconds", "echo_requests")),
    "statistics": (("textfile_directory",), ("interval",)),
}
# Required and optional keys of a session.
SESSION_KEYS = _KEYS["session"]
# Values that no two sessions share.
_UNIQUE = (("name",), ("ue_address",), ("local_teid",), ("peer_address", "peer_teid"))


def problems(plane: t.Mapping[str, t.Any], dataplane: Dataplane | None = None) -> tuple[Problem, ...]:
    """Every problem of a user plane, with key paths such as ``pgw_sessions[0].ue_address``.

    ``plane`` has the keys ``s5u``, ``sgi`` and ``sessions``, and may have ``verify_session``, ``path_management`` and
    ``statistics``, with the values that the module pgw_sessions takes; nothing is assumed about types. If a session has
    the key ``source``, such as ``ue.csv:12``, that replaces its place in the list. With ``dataplane``, the ends must
    name polled adapters of it. How addresses and networks fit together is checked once each value is right by itself.
    """
    found: list[Problem] = []
    for end in ("s5u", "sgi"):
        _check_end(end, plane.get(end), found, dataplane)
    owners = _check_sessions(plane.get("sessions"), found)
    verify = plane.get("verify_session")
    if verify:
        _check_verify_session(verify, owners, found)
    if plane.get("path_management"):
        _check_path_management(plane["path_management"], found)
    if plane.get("statistics"):
        _check_statistics(plane["statistics"], found)
    if all(problem.error_code is ErrorCode.SESSION_REPEATED for problem in found):
        sessions = [*plane["sessions"], {**verify, "source": VERIFY_SESSION}] if verify else plane["sessions"]
        fitting = tuple(fit_problems(plane["s5u"], plane["sgi"], sessions))
        found += fitting
        if verify and not fitting:
            found += verify_session_problems(verify, plane["s5u"], plane["sgi"], plane["sessions"])
    return tuple(found)


def _check_end(end: str, value: t.Any, found: list[Problem], dataplane: Dataplane | None) -> None:
    section = Section.read(value, f"pgw_{end}", found, *_KEYS[end])
    if section is None:
        return
    adapter = section.text("adapter", form="an adapter's name")
    section.ipv4("address", with_prefix=True)
    section.ipv4("next_hop")
    section.mac("next_hop_mac")
    section.boolean("check_outer_source", default=True)
    section.ipv6("ipv6_address", with_prefix=True)
    section.ipv6("ipv6_next_hop")
    section.mac("ipv6_next_hop_mac")
    section.integer("vlan", 1, MAX_VLAN)
    section.integer("mtu", MIN_MTU, MAX_MTU)
    for ring, least in RINGS.items():
        size = section.integer(ring, least, MAX_DESCRIPTORS)
        if size is not None and size & (size - 1):
            section.report(ring, ErrorCode.VALUE_OUT_OF_RANGE, f"must be a power of two, not {size}")
    if adapter is not None and dataplane is not None:
        _check_adapter(section, adapter, dataplane)


def _check_adapter(section: Section, adapter: str, dataplane: Dataplane) -> None:
    polled = [known.name for known in dataplane.adapters if known.driver == "pmd"]
    if adapter not in polled:
        message = f"{adapter} is not an adapter with driver pmd; those are {', '.join(polled) or 'none'}"
        section.report("adapter", ErrorCode.ADAPTER_UNKNOWN, message)


def _check_sessions(sessions: t.Any, found: list[Problem]) -> dict[tuple[t.Any, ...], str]:
    """Returns what the sessions do not share with another one, as _check_unique() keeps it."""
    owners: dict[tuple[t.Any, ...], str] = {}
    if not isinstance(sessions, (list, tuple)):
        found.append(Problem("pgw_sessions", "must be a list of sessions", ErrorCode.VALUE_TYPE_WRONG))
        return owners
    for index, session in enumerate(sessions):
        section = Section.read(session, session_place(session, index), found, *SESSION_KEYS)
        if section is not None:
            _check_unique(section, _check_session(section), owners)
    return owners


def _check_verify_session(value: t.Any, owners: dict[tuple[t.Any, ...], str], found: list[Problem]) -> None:
    section = Section.read(value, VERIFY_SESSION, found, *_KEYS["verify_session"])
    if section is None:
        return
    section.ipv4("server_address")
    section.ipv4("server_gateway")
    section.integer("server_routers", 1, MAX_ROUTERS)
    # Its name has a default, which a session must not have either.
    _check_unique(section, {**_check_rates(section), "name": section.text("name") or VERIFY_SESSION_NAME}, owners)


def _check_session(section: Section) -> dict[str, t.Any]:
    """Returns what no two sessions share; None for a value that is absent or wrong."""
    sound = {"name": section.text("name"), **_check_rates(section)}
    section.text("imsi", IMSI, "an IMSI of 6 to 15 digits, quoted")
    _check_peer_sources(section)
    prefix = section.ipv6("ue_ipv6_prefix", with_prefix=True)
    if prefix is not None and not _is_network(prefix):
        section.report("ue_ipv6_prefix", ErrorCode.ADDRESS_INVALID, f"must have no host bits, unlike {prefix}")
    if not section.has("ue_address") and not section.has("ue_ipv6_prefix"):
        section.report("ue_address", ErrorCode.KEY_MISSING, "is missing, and so is ue_ipv6_prefix; give one or both")
    return sound


def _check_rates(section: Section) -> dict[str, t.Any]:
    """Checks what every session has; returns of it what no two sessions share."""
    for key in ("uplink_kbps", "downlink_kbps"):
        section.integer(key, 1, MAX_KBPS)
    return {
        "ue_address": section.ipv4("ue_address"),
        "peer_address": section.ipv4("peer_address"),
        **{key: section.integer(key, 1, MAX_TEID) for key in ("local_teid", "peer_teid")},
    }


def _check_peer_sources(section: Section) -> None:
    entries = section.items("peer_sources")
    if len(entries) > MAX_PEER_SOURCES:
        message = f"must be {MAX_PEER_SOURCES} addresses at most, not {len(entries)}"
        section.report("peer_sources", ErrorCode.VALUE_OUT_OF_RANGE, message)
        return
    for index, (_path, address) in enumerate(entries):
        key = f"peer_sources[{index}]"
        if address is None:
            section.report(key, ErrorCode.KEY_MISSING, "is empty; name an address, or leave the entry out")
        Section(section.path, {key: address}, section.problems).ipv4(key)


def _is_network(prefix: str) -> bool:
    try:
        ipaddress.IPv6Network(prefix)
    except ValueError:
        return False
    return True


def _check_unique(section: Section, sound: t.Mapping[str, t.Any], owners: dict[tuple[t.Any, ...], str]) -> None:
    """``owners``: (key, value, …) -> place of the first session with it."""
    for keys in _UNIQUE:
        values = tuple(sound[key] for key in keys)
        if None in values:
            continue
        if (*keys, *values) in owners:
            message = f"{' '.join(map(str, values))} is already taken by {owners[(*keys, *values)]}"
            section.report(keys[-1], ErrorCode.SESSION_REPEATED, message)
        else:
            owners[(*keys, *values)] = section.path


def _check_path_management(value: t.Any, found: list[Problem]) -> None:
    section = Section.read(value, "pgw_path_management", found, *_KEYS["path_management"])
    if section is not None:
        for key in ("echo_interval", "response_seconds", "echo_requests"):
            section.integer(key, 1, MAX_INTERVAL)


def _check_statistics(value: t.Any, found: list[Problem]) -> None:
    section = Section.read(value, "pgw_statistics", found, *_KEYS["statistics"])
    if section is None:
        return
    directory = section.text("textfile_directory", form="a directory")
    if directory is not None and not _DIRECTORY.fullmatch(directory):
        message = f"must be the absolute path of a directory, of letters, digits and ._-, not {directory}"
        section.report("textfile_directory", ErrorCode.PATH_INVALID, message)
    section.integer("interval", 1, MAX_INTERVAL)
