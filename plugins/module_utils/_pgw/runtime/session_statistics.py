# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The statistics of a PGW's user plane, as data and in the text format of Prometheus. Pure."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from .flow_dump import Carried, SessionCount
from .flows import COOKIE
from .model import DIRECTIONS, S5U_BRIDGE, SGI_BRIDGE

OFCTL = ("ovs-ofctl", "--protocols=OpenFlow15")
# Their outputs, one after the other, are what carried() takes.
DUMPS = tuple(
    (*OFCTL, "--no-names", "dump-flows", bridge, f"cookie={COOKIE:#x}/{2**64 - 2:#x}")
    for bridge in (SGI_BRIDGE, S5U_BRIDGE)
)
# The textfile while the switch cannot be read.
UNREADABLE = """\
# HELP nfv_pgw_up Whether the switch could be read.
# TYPE nfv_pgw_up gauge
nfv_pgw_up 0
"""
# Prometheus' samples are numbers.
STATES = {"down": 0, "up": 1, "unknown": 2}
# Bytes of a status file with some ten thousand peers.
LARGEST_STATUS = 16 << 20
# SessionCount's counters of dropped packets -> the reason as a label.
DROP_REASONS = {
    "spoofed": "spoofed",
    "wrong_source": "wrong source",
    "uplink_over_rate": "uplink over rate",
    "downlink_over_rate": "downlink over rate",
}


def parse_names(text: str | None) -> dict[str, str]:
    """The file of the sessions' names by Session.key; without what is damaged in it: names are only shown."""
    found = _object(text)
    return {key: name for key, name in found.items() if isinstance(name, str)}


def parse_status(text: str | None) -> dict[str, t.Any]:
    """The daemon's status file; without what is malformed in it, because root must not stumble over the daemon."""
    found = _object(text)
    peers = found.get("peers")
    counters = found.get("counters")
    return {
        "peers": {
            str(address): peer
            for address, peer in (peers.items() if isinstance(peers, dict) else ())
            if isinstance(peer, dict) and peer.get("state") in STATES
        },
        "counters": {
            str(name): count
            for name, count in (counters.items() if isinstance(counters, dict) else ())
            if isinstance(count, int) and not isinstance(count, bool)
        },
    }


def _object(text: str | None) -> dict[str, t.Any]:
    """A JSON object; empty for anything else."""
    try:
        content = json.loads(text or "{}")
    except (ValueError, RecursionError):
        content = None
    return content if isinstance(content, dict) else {}


def statistics(seen: Carried, status: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """Sessions, peers, dropped packets and the daemon's counters; ``status`` is the daemon's status file."""
    sessions = []
    by_peer: dict[str, dict[str, int]] = {}
    for session in seen.sessions:
        count = dataclasses.asdict(seen.counts.get(session.key, SessionCount()))
        shown = {key: value for key, value in dataclasses.asdict(session).items() if value is not None}
        sessions.append({**shown, **count})
        total = by_peer.setdefault(str(session.peer_address), {"sessions": 0, **dict.fromkeys(count, 0)})
        total["sessions"] += 1
        for name, value in count.items():
            total[name] += value
    known = status.get("peers", {})
    peers = {
        address: {"state": "unknown", **by_peer.get(address, {}), **known.get(address, {})}
        for address in sorted({*by_peer, *known})
    }
    return {
        "sessions": sessions,
        "peers": peers,
        "dropped": dropped(seen),
        "path_management": dict(status.get("counters", {})),
    }


def dropped(seen: Carried) -> dict[str, int]:
    """Dropped packets by reason. ``uplink`` and ``downlink`` are the sums by direction, without ``strangers``."""
    counts = seen.counts.values()
    over = [sum(getattr(count, f"{direction}_over_rate") for count in counts) for direction in DIRECTIONS]
    return {
        "uplink": seen.unknown_teid + seen.spoofed + seen.wrong_source + seen.uplink_too_big + over[0],
        "downlink": seen.unknown_destination + seen.too_big + over[1],
        "unknown_teid": seen.unknown_teid,
        "spoofed_source": seen.spoofed,
        "wrong_source": seen.wrong_source,
        "strangers": seen.strangers,
        "unknown_destination": seen.unknown_destination,
        "too_big": seen.too_big,
        "uplink_too_big": seen.uplink_too_big,
        "over_rate": sum(over),
    }


def textfile(found: t.Mapping[str, t.Any]) -> str:
    """The statistics in Prometheus' text format."""
    lines = UNREADABLE.replace("nfv_pgw_up 0", "nfv_pgw_up 1").splitlines()

    def family(name: str, kind: str, text: str, samples: t.Iterable[tuple[dict[str, str], int]]) -> None:
        lines.append(f"# HELP nfv_pgw_{name} {text}")
        lines.append(f"# TYPE nfv_pgw_{name} {kind}")
        for labels, value in samples:
            inside = ",".join(f'{key}="{_escaped(content)}"' for key, content in labels.items())
            lines.append(f"nfv_pgw_{name}{{{inside}}} {value}" if inside else f"nfv_pgw_{name} {value}")

    sessions = [(_label(session), session) for session in found["sessions"]]
    # A peer without sessions has no sums.
    peers = [(address, peer) for address, peer in found["peers"].items() if "sessions" in peer]
    for label, what, counted in (("session", "a session", sessions), ("peer", "a peer's sessions", peers)):
        for unit in ("packets", "bytes"):
            samples = [
                ({label: name, "direction": way}, one[f"{way}_{unit}"]) for name, one in counted for way in DIRECTIONS
            ]
            family(f"{label}_{unit}_total", "counter", f"{unit.capitalize()} that came for {what}.", samples)
        samples = [
            ({label: name, "reason": text}, one[key]) for name, one in counted for key, text in DROP_REASONS.items()
        ]
        family(f"{label}_dropped_total", "counter", f"Packets of {what} that were dropped.", samples)
    samples = [({"reason": key}, value) for key, value in found["dropped"].items() if key not in DIRECTIONS]
    family("dropped_total", "counter", "Packets dropped, by reason.", samples)
    family("sessions", "gauge", "Sessions that are carried.", [({}, len(sessions))])
    samples = [({"peer": name}, STATES[one["state"]]) for name, one in found["peers"].items()]
    family("peer_state", "gauge", "State of a peer: 0 down, 1 up, 2 unknown.", samples)
    samples = [({"message": name}, value) for name, value in found["path_management"].items()]
    family("path_messages_total", "counter", "What path management has sent and received.", samples)
    return "\n".join(lines) + "\n"


def _label(session: t.Mapping[str, t.Any]) -> str:
    """The session's name, or the subscriber's address if it has none."""
    return str(session.get("name") or session.get("ue_address") or session.get("ue_ipv6_prefix"))


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
