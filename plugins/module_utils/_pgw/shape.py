# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The basic shape of a PGW's variables, checked with the description before any connection."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, Problem
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.reader import Section

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Dataplane

# 3GPP TS 29.281, 5.1: the TEID has 32 bits; 0 is kept for signalling messages.
MAX_TEID = 2**32 - 1
# 3GPP TS 23.003, 2.2: an IMSI has up to 15 digits, of which the first 5 or 6 name the network.
IMSI = r"[0-9]{6,15}"
# IEEE 802.1Q: 0 is for priority tags, 4095 is reserved.
MAX_VLAN = 4094
# OpenFlow's meters have 32 bits, and the burst is computed from the rate.
MAX_KBPS = 2**31 - 1
# DPDK's VMXNET3 driver (vmxnet3_ethdev.h): least sizes of its rings, and the largest. Open vSwitch wants powers of two
# (ovs-vswitchd.conf.db(5), n_rxq_desc), and 2048 is what it takes by itself.
RINGS = {"rx_descriptors": 128, "tx_descriptors": 512}
MAX_DESCRIPTORS = 4096
# Required and optional keys of either end.
_KEYS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "pgw_s5u": (("adapter", "address"), ("next_hop", "next_hop_mac", "mtu", "vlan", *RINGS)),
    "pgw_sgi": (
        ("adapter", "address", "next_hop"),
        ("next_hop_mac", "ipv6_address", "ipv6_next_hop", "ipv6_next_hop_mac", "mtu", "vlan", *RINGS),
    ),
}
_SESSION_KEYS = ("name", "local_teid", "peer_teid", "peer_address")
_SESSION_OPTIONS = ("imsi", "ue_address", "ue_ipv6_prefix", "uplink_kbps", "downlink_kbps", "source")


def pgw_problems(variables: t.Mapping[str, t.Any], dataplane: Dataplane | None) -> tuple[Problem, ...]:
    """Checks ``pgw_s5u``, ``pgw_sgi`` and ``pgw_sessions``.

    The adapters that they name must be polled ones of ``dataplane``. With dataplane None (it has
    problems of its own) the names are not looked up.
    """
    problems: list[Problem] = []
    ends = {
        "pgw_s5u": _read_end(variables.get("pgw_s5u"), "pgw_s5u", problems, dataplane),
        "pgw_sgi": _read_end(variables.get("pgw_sgi"), "pgw_sgi", problems, dataplane),
    }
    if ends["pgw_s5u"] is not None and ends["pgw_s5u"] == ends["pgw_sgi"]:
        problems.append(
            Problem("pgw_sgi.adapter", f"{ends['pgw_sgi']} is already pgw_s5u's; name another", ErrorCode.NAME_REPEATED)
        )
    sessions = variables.get("pgw_sessions")
    if not isinstance(sessions, (list, tuple)):
        problems.append(Problem("pgw_sessions", "must be a list of sessions", ErrorCode.VALUE_TYPE_WRONG))
        return tuple(problems)
    taken: dict[tuple[str, t.Any], str] = {}
    for index, entry in enumerate(sessions):
        source = entry.get("source") if isinstance(entry, t.Mapping) else None
        _read_session(entry, str(source or f"pgw_sessions[{index}]"), problems, taken)
    return tuple(problems)


def _read_end(raw: t.Any, path: str, problems: list[Problem], dataplane: Dataplane | None) -> str | None:
    section = Section.read(raw, path, problems, *_KEYS[path])
    if section is None:
        return None
    adapter = section.text("adapter", form="an adapter's name")
    section.ipv4("address", with_prefix=True)
    section.ipv4("next_hop")
    section.mac("next_hop_mac")
    section.ipv6("ipv6_address", with_prefix=True)
    section.ipv6("ipv6_next_hop")
    section.mac("ipv6_next_hop_mac")
    section.integer("mtu", 576, 9190)
    for ring, least in RINGS.items():
        size = section.integer(ring, least, MAX_DESCRIPTORS)
        if size is not None and size & (size - 1):
            section.report(ring, ErrorCode.VALUE_OUT_OF_RANGE, f"must be a power of two, not {size}")
    section.integer("vlan", 1, MAX_VLAN)
    if adapter is not None and dataplane is not None:
        polled = [known.name for known in dataplane.adapters if known.driver == "pmd"]
        if adapter not in polled:
            section.report(
                "adapter",
                ErrorCode.ADAPTER_UNKNOWN,
                f"{adapter} is not an adapter with driver pmd; those are {', '.join(polled) or 'none'}",
            )
    return adapter


def _read_session(raw: t.Any, path: str, problems: list[Problem], taken: dict[tuple[str, t.Any], str]) -> None:
    section = Section.read(raw, path, problems, _SESSION_KEYS, _SESSION_OPTIONS)
    if section is None:
        return
    section.text("imsi", IMSI, "an IMSI of 6 to 15 digits, quoted")
    section.integer("peer_teid", 1, MAX_TEID)
    section.ipv4("peer_address")
    section.integer("uplink_kbps", 1, MAX_KBPS)
    section.integer("downlink_kbps", 1, MAX_KBPS)
    if not section.has("ue_address") and not section.has("ue_ipv6_prefix"):
        section.report("ue_address", ErrorCode.KEY_MISSING, "is missing, and so is ue_ipv6_prefix; give one or both")
    unique = {
        "name": section.text("name"),
        "ue_address": section.ipv4("ue_address"),
        "ue_ipv6_prefix": section.ipv6("ue_ipv6_prefix", with_prefix=True),
        "local_teid": section.integer("local_teid", 1, MAX_TEID),
    }
    for key, value in unique.items():
        if value is None:
            continue
        if (key, value) in taken:
            section.report(key, ErrorCode.SESSION_REPEATED, f"{value} is already taken by {taken[key, value]}")
        taken.setdefault((key, value), path)
