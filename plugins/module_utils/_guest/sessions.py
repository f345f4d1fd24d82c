# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PGW's user plane: its sessions and the flows that carry them. Pure."""

from __future__ import annotations

import dataclasses
import ipaddress
import re
import typing as t

S5U_BRIDGE, SGI_BRIDGE = "br-s5u", "br-sgi"
# OpenFlow port numbers, which ovs_dpdk asks for: the device is the first port of either bridge.
DEVICE, TUNNEL = 1, 2
GTPU_PORT = 2152  # 3GPP TS 29.281, 4.4.2: UDP destination port of a G-PDU
# Every flow of ours carries this cookie ("nfv-pgw" in ASCII), the learned next hop the one after it.
COOKIE, LEARNED = 0x6E66762D70677700, 0x6E66762D70677701


@dataclasses.dataclass(frozen=True)
class Session:
    """A subscriber's bearer on S5/S8-U: local_teid is the TEID we receive on, peer_teid the one we send to."""

    name: str | None
    ue_address: str
    local_teid: int | None
    peer_teid: int | None
    peer_address: str | None


@dataclasses.dataclass(frozen=True)
class UserPlane:
    """The two ends and the sessions; addresses of ends have their prefix length. next_hop_mac None: learned by ARP."""

    s5u_address: str
    sgi_address: str
    next_hop: str
    next_hop_mac: str | None
    sessions: tuple[Session, ...]

    @classmethod
    def of(
        cls, s5u: t.Mapping[str, t.Any], sgi: t.Mapping[str, t.Any], sessions: t.Sequence[t.Mapping[str, t.Any]]
    ) -> UserPlane:
        """The plane that valid input describes (see sessions_check.problems())."""
        mac = (sgi.get("next_hop_mac") or "").lower().replace("-", ":") or None
        ordered = sorted(
            (
                Session(
                    entry["name"],
                    entry["ue_address"],
                    int(entry["local_teid"]),
                    int(entry["peer_teid"]),
                    entry["peer_address"],
                )
                for entry in sessions
            ),
            key=lambda session: int(ipaddress.IPv4Address(session.ue_address)),
        )
        return cls(s5u["address"], sgi["address"], sgi["next_hop"], mac, tuple(ordered))

    @property
    def peers(self) -> tuple[str, ...]:
        """The addresses of all peers, once each."""
        return tuple(sorted({str(session.peer_address) for session in self.sessions}))


def flows(plane: UserPlane, sgi_mac: str) -> dict[str, tuple[str, ...]]:
    """The flows of each bridge, in the form of ovs-ofctl(8) with port numbers. sgi_mac: of the SGi adapter.

    S5-U lets ARP, ICMP and GTP-U reach its local port, where OVS takes tunnel packets out. SGi lets ARP and ICMP do
    so and nothing else: OVS takes GTP-U to any local address, and a packet from SGi must never enter the tunnel.
    A packet is routed, so its TTL is decremented (RFC 1812, 5.3.1). Table 1 sends a packet to the next hop;
    table 2 holds the next hop's address, learned from each of its ARP messages when it is not given.
    """
    own_s5u = plane.s5u_address.partition("/")[0]
    own_sgi = plane.sgi_address.partition("/")[0]
    s5u = [
        _flow(200, f"in_port={DEVICE},arp", "LOCAL"),
        _flow(200, f"in_port={DEVICE},icmp,nw_dst={own_s5u}", "LOCAL"),
        _flow(200, f"in_port={DEVICE},udp,nw_dst={own_s5u},tp_dst={GTPU_PORT}", "LOCAL"),
        _flow(200, "in_port=LOCAL", f"output:{DEVICE}"),
        _flow(10, f"in_port={DEVICE},ip", "drop"),
    ]
    learn = f"learn(table=2,priority=100,cookie={LEARNED:#x},load:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]),"
    given = plane.next_hop_mac is not None
    sgi = [
        _flow(300, f"in_port={DEVICE},arp,arp_spa={plane.next_hop}", "LOCAL" if given else f"{learn}LOCAL"),
        _flow(200, f"in_port={DEVICE},arp", "LOCAL"),
        _flow(200, f"in_port={DEVICE},icmp,nw_dst={own_sgi}", "LOCAL"),
        _flow(200, "in_port=LOCAL", f"output:{DEVICE}"),
        _flow(10, f"in_port={TUNNEL}", "drop"),
        _flow(10, f"in_port={DEVICE},ip", "drop"),
        _flow(100, "", f"set_field:{sgi_mac}->eth_src,resubmit(,2),output:{DEVICE}", table=1),
    ]
    if given:
        sgi.append(_flow(200, "", f"set_field:{plane.next_hop_mac}->eth_dst", table=2))
    for session in plane.sessions:
        uplink = f"in_port={TUNNEL},ip,tun_id={session.local_teid},nw_src={session.ue_address}"
        downlink = f"set_field:{session.peer_teid}->tun_id,set_field:{session.peer_address}->tun_dst"
        sgi.append(_flow(100, uplink, "dec_ttl,resubmit(,1)"))
        sgi.append(
            _flow(100, f"in_port={DEVICE},ip,nw_dst={session.ue_address}", f"dec_ttl,{downlink},output:{TUNNEL}")
        )
    return {S5U_BRIDGE: tuple(s5u), SGI_BRIDGE: tuple(sgi)}


def _flow(priority: int, match: str, actions: str, table: int = 0) -> str:
    fields = f"table={table},priority={priority}{',' if match else ''}{match}"
    return f"{fields},cookie={COOKIE:#x},actions={actions}"


def bundle(differences: t.Iterable[str]) -> tuple[str, ...]:
    """The commands of an ovs-ofctl bundle that undo the output of ``ovs-ofctl diff-flows SWITCH FILE``.

    Lines begin with "-" for a flow that only the switch has and "+" for one that only the file has. Flows of others,
    the learned one among them, are left alone.
    """
    ours = [line for line in differences if f"cookie={COOKIE:#x} " in line]
    removed = [line[1:].partition(" cookie=")[0] for line in ours if line.startswith("-")]
    added = [line[1:] for line in ours if line.startswith("+")]
    kept = {line.partition(" cookie=")[0] for line in added}
    deletions = [f"flow delete_strict {match.replace(' ', ',')}" for match in removed if match not in kept]
    return (*deletions, *(f"flow add {line}" for line in added))


@dataclasses.dataclass(frozen=True)
class Carried:
    """What a bridge's flows carry: the sessions, packets per subscriber and direction, drops, the next hop's MAC."""

    sessions: tuple[Session, ...]
    uplink_packets: t.Mapping[str, int]
    downlink_packets: t.Mapping[str, int]
    uplink_dropped: int
    downlink_dropped: int
    next_hop_mac: str | None


_COUNT = re.compile(r"n_packets=(\d+)")
_UPLINK = re.compile(r"tun_id=(0x[0-9a-f]+)\b.*\bnw_src=([0-9.]+) actions=")
_DOWNLINK = re.compile(r"nw_dst=([0-9.]+) actions=.*set_field:(0x[0-9a-f]+)->tun_id,set_field:([0-9.]+)->tun_dst")
_NEXT_HOP = re.compile(r"table=2,.* actions=set_field:([0-9a-f:]{17})->eth_dst")


def carried(dump: str, names: t.Mapping[str, str]) -> Carried:
    """Reads ``ovs-ofctl --no-names dump-flows`` of the SGi bridge back; names: UE address -> name of its session.

    A session of which only one direction is there has None for what the other would tell.
    """
    uplink: dict[str, int] = {}
    downlink: dict[str, tuple[int, str]] = {}
    packets: dict[str, dict[str, int]] = {"up": {}, "down": {}}
    dropped = {"up": 0, "down": 0}
    next_hop_mac = None
    for line in dump.splitlines():
        if f"cookie={COOKIE:#x}," not in line and f"cookie={LEARNED:#x}," not in line:
            continue
        count = _COUNT.search(line)
        seen = int(count.group(1)) if count else 0
        up, down, next_hop = _UPLINK.search(line), _DOWNLINK.search(line), _NEXT_HOP.search(line)
        if up:
            uplink[up.group(2)] = int(up.group(1), 16)
            packets["up"][up.group(2)] = seen
        elif down:
            downlink[down.group(1)] = (int(down.group(2), 16), down.group(3))
            packets["down"][down.group(1)] = seen
        elif next_hop:
            next_hop_mac = next_hop.group(1)
        elif line.endswith("actions=drop"):
            dropped["up" if f"in_port={TUNNEL} " in line else "down"] += seen
    subscribers = sorted({*uplink, *downlink}, key=lambda address: int(ipaddress.IPv4Address(address)))
    found = tuple(
        Session(names.get(address), address, uplink.get(address), *downlink.get(address, (None, None)))
        for address in subscribers
    )
    return Carried(found, packets["up"], packets["down"], dropped["up"], dropped["down"], next_hop_mac)
