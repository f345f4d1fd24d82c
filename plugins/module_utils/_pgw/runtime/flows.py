# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PGW's user plane as OpenFlow flows, in the syntax of ovs-ofctl(8) with port numbers. Pure.

Bridge br-s5u terminates the tunnels: ARP, ICMP and GTP-U reach its local port, where OVS decapsulates tunnel packets.
GTP-U from outside the network that no peer sends is dropped before.

Bridge br-sgi, by table:

=====  ===========================================================================================
0      dispatches packets by ingress port
1, 11  sends an IPv4 or IPv6 packet to the next hop
2, 12  sets the next hop's MAC address: the given one, or the one learned from its latest ARP or neighbour message
3      downlink: one flow for each subscriber's address
4, 5   hands a packet that is too large for the tunnel to the daemon
6, 7   cuts a packet in a frame under 60 bytes to its IP length, which keeps Ethernet's padding out of the tunnel
8, 9   uplink, if SGi has the smaller MTU: hands a packet that is too large for SGi to the daemon
10     uplink: TEID, outer and inner source must belong to one session
13     lets a change reach packets whose type was corrected; see _uplink_type()
=====  ===========================================================================================
"""

from __future__ import annotations

import re
import typing as t

from . import limits
from .handover import SIGNALLING_MESSAGE, TO_NEXT_HOP, TOO_BIG, TOO_BIG_UPLINK, UNKNOWN_TEID
from .limits import ICMP, NEIGHBOUR, OTHER_NEIGHBOUR
from .model import S5U_BRIDGE, SGI_BRIDGE, Session, UserPlane
from .packets import ETHERNET_BYTES, GTPU_PORT, IPV4_BYTES

# OpenFlow port numbers, which ovs_dpdk asks for. The device is the first port of either bridge. OVS gives G-PDUs to
# TUNNEL and all other GTP-U messages, whole, to SIGNALLING, because only that port takes Ethernet frames.
DEVICE, TUNNEL, HANDLER, SIGNALLING = 1, 2, 3, 4
TUNNEL_PORT, HANDLER_PORT, SIGNALLING_PORT = "gtpu", "pgw-path", "gtpu-messages"
# Every flow of this collection carries the first cookie ("nfv-pgw" in ASCII), a learned next hop the second.
COOKIE, LEARNED = 0x6E66762D70677700, 0x6E66762D70677701
# Priorities in table 10 of the flows that drop a session's uplink packets. A dump tells them apart by these.
SPOOFED, WRONG_SOURCE = 50, 40
# IEEE 802.3: the shortest frame without its check sequence.
SHORTEST_FRAME = 60
# Open vSwitch 3.1 prints these fields with names that it does not read.
_SPELLING = re.compile(r"\bgtpu_(flags|msgtype)=")

if t.TYPE_CHECKING:
    from .openflow_meters import Meter


def flows(plane: UserPlane, sgi_mac: str, meters: t.Mapping[str, int]) -> dict[str, tuple[str, ...]]:
    """The flows of each bridge.

    ``sgi_mac`` is the SGi adapter's MAC address, ``meters`` the result of model.allocate_meters(). Only ARP, neighbour
    discovery and ICMP reach the local port of the SGi bridge: OVS would decapsulate GTP-U to any local address, and a
    packet from SGi must never look like a tunnel's. The PGW routes, so the TTL is decremented (RFC 1812, 5.3.1).
    """
    sgi = [
        *_sgi_control(plane),
        *_sgi_ipv6_control(plane),
        *_sgi_signalling(plane),
        *_next_hop(plane, sgi_mac),
        *_downlink_size(plane),
        *_uplink_size(plane),
        *_trim(),
    ]
    for session in plane.sessions:
        sgi += _session_flows(session, meters, plane)
    return {S5U_BRIDGE: _s5u(plane), SGI_BRIDGE: tuple(sgi)}


def _flow(priority: int, match: str, actions: str, table: int = 0) -> str:
    fields = f"table={table},priority={priority}{',' if match else ''}{match}"
    return f"{fields},cookie={COOKIE:#x},actions={actions}"


def _tagged(vlan: int | None) -> tuple[str, str, str]:
    """Match of the device's frames, actions on arrival, actions before leaving. No VLAN: tagged frames do not match."""
    if vlan is None:
        return f"in_port={DEVICE},vlan_tci=0x0000/0x1000", "", ""
    # OpenFlow 1.5, 7.2.3.8: bit 12 of vlan_vid says that there is a tag.
    return f"in_port={DEVICE},dl_vlan={vlan}", "pop_vlan,", f"push_vlan:0x8100,set_field:{0x1000 | vlan}->vlan_vid,"


def _to_kernel(meter: Meter) -> str:
    return f"meter:{meter.number},"


def _s5u(plane: UserPlane) -> tuple[str, ...]:
    own = plane.s5u_address.partition("/")[0]
    device, arrive, leave = _tagged(plane.s5u_vlan)
    gtpu = f"{device},udp,nw_dst={own},tp_dst={GTPU_PORT}"
    sources = [""]
    if plane.check_outer_source:
        sources = [f",nw_src={source}" for source in (*plane.far_addresses, plane.s5u_network)]
    near = sorted(plane.s5u_neighbours)
    return (
        *(_flow(210, f"{device},arp,arp_spa={host}", f"{_to_kernel(NEIGHBOUR)}{arrive}LOCAL") for host in near),
        _flow(200, f"{device},arp", f"{_to_kernel(OTHER_NEIGHBOUR)}{arrive}LOCAL"),
        _flow(200, f"{device},icmp,nw_dst={own}", f"{_to_kernel(ICMP)}{arrive}LOCAL"),
        *(_flow(200, f"{gtpu}{source}", f"{arrive}LOCAL") for source in sources),
        _flow(200, "in_port=LOCAL", f"{leave}output:{DEVICE}"),
        # Counts the GTP-U of strangers.
        *([_flow(190, gtpu, "drop")] if plane.check_outer_source else []),
        _flow(10, f"in_port={DEVICE}", "drop"),
        *_given_next_hop(plane),
    )


def _given_next_hop(plane: UserPlane) -> t.Iterator[str]:
    """Answers the kernel's ARP requests for a next hop whose MAC address is given.

    The kernel and Open vSwitch then learn it as they learn every other neighbour. An entry set by ``ovs-appctl
    tnl/neigh/set`` would expire after 15 minutes without traffic.
    """
    if not plane.s5u_next_hop or not plane.s5u_next_hop_mac:
        return
    mac, address = plane.s5u_next_hop_mac, plane.s5u_next_hop
    # RFC 826: operation 2 is a reply; it goes to the sender of the request.
    swap = "move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[],"
    swap += "move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[],"
    reply = f"set_field:{mac}->eth_src,set_field:2->arp_op,set_field:{mac}->arp_sha,set_field:{address}->arp_spa,"
    yield _flow(300, f"in_port=LOCAL,arp,arp_tpa={address},arp_op=1", f"{swap}{reply}IN_PORT")


def _learn(table: int) -> str:
    return f"learn(table={table},priority=100,cookie={LEARNED:#x},load:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]),"


def _sgi_control(plane: UserPlane) -> t.Iterator[str]:
    device, arrive, leave = _tagged(plane.sgi_vlan)
    own = plane.sgi_address.partition("/")[0]
    learn = "" if plane.next_hop_mac else _learn(2)
    yield _flow(300, f"{device},arp,arp_spa={plane.next_hop}", f"{_to_kernel(NEIGHBOUR)}{learn}{arrive}LOCAL")
    yield _flow(200, f"{device},arp", f"{_to_kernel(OTHER_NEIGHBOUR)}{arrive}LOCAL")
    yield _flow(200, f"{device},icmp,nw_dst={own}", f"{_to_kernel(ICMP)}{arrive}LOCAL")
    yield _flow(200, "in_port=LOCAL", f"{leave}output:{DEVICE}")
    yield _flow(150, f"{device},ip,nw_dst=224.0.0.0/4", "drop")
    yield _flow(100, f"{device},ip", f"{arrive}resubmit(,3)")
    yield _flow(10, f"in_port={DEVICE}", "drop")
    yield _flow(100, f"in_port={HANDLER},ip", "resubmit(,3)")
    yield _flow(50, f"in_port={HANDLER},icmp,nw_src={own}", "resubmit(,1)", table=3)
    yield _flow(20, f"in_port={HANDLER}", "drop", table=3)
    yield _flow(10, "", "drop", table=3)


def _sgi_ipv6_control(plane: UserPlane) -> t.Iterator[str]:
    if plane.ipv6_address is None:
        return
    device, arrive, _leave = _tagged(plane.sgi_vlan)
    own = plane.ipv6_address.partition("/")[0]
    learn = "" if plane.ipv6_next_hop_mac else _learn(12)
    hop = plane.ipv6_next_hop
    # RFC 4861, 4.3 and 4.4: neighbour solicitation is type 135, advertisement 136.
    solicits, advertises = f"{device},icmp6,icmp_type=135", f"{device},icmp6,icmp_type=136"
    yield _flow(300, f"{advertises},nd_target={hop}", f"{_to_kernel(NEIGHBOUR)}{learn}{arrive}LOCAL")
    yield _flow(300, f"{solicits},ipv6_src={hop}", f"{_to_kernel(NEIGHBOUR)}{arrive}LOCAL")
    for discovery in (solicits, advertises):
        yield _flow(210, discovery, f"{_to_kernel(OTHER_NEIGHBOUR)}{arrive}LOCAL")
    yield _flow(200, f"{device},icmp6,ipv6_dst={own}", f"{_to_kernel(ICMP)}{arrive}LOCAL")
    yield _flow(150, f"{device},ipv6,ipv6_dst=ff00::/8", "drop")
    yield _flow(100, f"{device},ipv6", f"{arrive}resubmit(,3)")
    yield _flow(100, f"in_port={HANDLER},ipv6", "resubmit(,3)")
    yield _flow(50, f"in_port={HANDLER},icmp6,ipv6_src={own}", "resubmit(,11)", table=3)


def _to_handler(reason: int, meter: Meter, more: str = "") -> str:
    marked = f"set_field:{reason >> 8:02x}:{reason & 0xFF:02x}:00:00:00:00->eth_dst"
    return f"meter:{meter.number},{marked},{more}output:{HANDLER}"


def _sgi_signalling(plane: UserPlane) -> t.Iterator[str]:
    """Hands GTP-U of no session to the daemon, with TEID and peer of an unknown tunnel (see handover.py).

    Strangers on the network have meters of their own; those elsewhere get no answer.
    """
    tunnel = "move:NXM_NX_TUN_ID[0..31]->NXM_OF_ETH_DST[0..31],move:NXM_NX_TUN_IPV4_SRC[]->NXM_OF_ETH_SRC[0..31],"
    yield from _uplink_type()
    peers = (*plane.peers, *plane.peer_sources)
    senders = [(9, peer, limits.MESSAGE_OF_PEER, limits.TEID_OF_PEER) for peer in peers]
    senders.append((5, str(plane.s5u_network), limits.MESSAGE_OF_STRANGER, limits.TEID_OF_STRANGER))
    for more, sender, message, teid in senders:
        signalling = f"in_port={SIGNALLING},tun_src={sender}"
        yield _flow(100 + more, signalling, _to_handler(SIGNALLING_MESSAGE, message))
        yield _flow(10 + more, f"tun_src={sender}", _to_handler(UNKNOWN_TEID, teid, tunnel), table=10)
    yield _flow(100, f"in_port={SIGNALLING}", "drop")
    yield _flow(10, "", "drop", table=10)


def _uplink_type() -> t.Iterator[str]:
    """Corrects the type of uplink packets, which Open vSwitch (3.1 to 3.6 at least) reads from the wrong byte.

    netdev_gtpu_pop_header() takes the IP version from byte 8 of the packet instead of byte 0: the TTL of IPv4, or the
    first byte of an IPv6 source. A TTL from 64 to 79 happens to look like IPv4, one from 96 to 111 like IPv6. With
    every other TTL, such as 128 or 255, the packet comes to SIGNALLING as if it were an Ethernet frame, and so does
    every IPv6 packet. OpenFlow can set a packet's type by pushing an MPLS label and popping it with another type; the
    packet stays in the datapath and is looked up a second time.

    Table 13 matches the message type in that lookup because of another defect. Up to 3.2 (corrected in 3.3), Open
    vSwitch looks for a datapath entry by its key to change its actions. netdev_gtpu_pop_header() does not set
    FLOW_TNL_F_KEY, and that key has it, so that the entry keeps its old actions for as long as packets hit it. An entry
    that matches the message type is deleted and made anew instead, because no key can express that match.
    """
    yield _flow(100, f"in_port={TUNNEL},ip", "resubmit(,10)")
    yield _flow(100, f"in_port={TUNNEL},ipv6", "decap(),encap(mpls),encap(ethernet),pop_mpls:0x0800,resubmit(,13)")
    yield _flow(10, f"in_port={TUNNEL}", "drop")
    for version, ethertype in ((4, 0x0800), (6, 0x86DD)):
        match = f"in_port={SIGNALLING},tun_gtpu_msgtype=255,dl_dst={version}0:00:00:00:00:00/f0:00:00:00:00:00"
        retyped = f"encap(mpls),encap(ethernet),pop_mpls:{ethertype:#06x},resubmit(,13)"
        yield _flow(200, match, retyped)
    yield _flow(150, f"in_port={SIGNALLING},tun_gtpu_msgtype=255", "drop")
    yield _flow(100, "tun_gtpu_msgtype=255", "resubmit(,10)", table=13)


def _next_hop(plane: UserPlane, sgi_mac: str) -> t.Iterator[str]:
    leave = _tagged(plane.sgi_vlan)[2]
    hops = [(1, plane.next_hop_mac)]
    if plane.ipv6_address is not None:
        hops.append((11, plane.ipv6_next_hop_mac))
    for table, given in hops:
        yield _flow(100, "", f"set_field:{sgi_mac}->eth_src,resubmit(,{table + 1}),{leave}output:{DEVICE}", table=table)
        if given:
            yield _flow(200, "", f"set_field:{given}->eth_dst", table=table + 1)


def _downlink_size(plane: UserPlane) -> t.Iterator[str]:
    """Tables 4 and 5. OVS compares the length of the frame without padding; registers hold the result."""
    largest = ETHERNET_BYTES + plane.tunnel_mtu
    yield _flow(100, "", f"check_pkt_larger({largest})->NXM_NX_REG0[0],resubmit(,5)", table=4)
    yield _flow(100, "reg0=0x1/0x1", _to_handler(TOO_BIG, limits.TOO_BIG_DOWNLINK), table=5)
    yield _flow(10, "", f"check_pkt_larger({SHORTEST_FRAME - 1})->NXM_NX_REG0[1],resubmit(,6)", table=5)


def _uplink_size(plane: UserPlane) -> t.Iterator[str]:
    """Tables 8 and 9, and the way back into the switch for the daemon's fragments."""
    if not plane.sgi_is_narrower:
        return
    yield _flow(100, "", f"check_pkt_larger({ETHERNET_BYTES + plane.sgi_mtu})->NXM_NX_REG0[3],resubmit(,9)", table=8)
    yield _flow(100, "reg0=0x8/0x8", _to_handler(TOO_BIG_UPLINK, limits.TOO_BIG_UPLINK), table=9)
    yield _flow(10, "ip", "resubmit(,1)", table=9)
    yield _flow(10, "ipv6", "resubmit(,11)", table=9)
    yield _flow(110, f"in_port={HANDLER},dl_dst={TO_NEXT_HOP},ip", "dec_ttl,resubmit(,1)")


def _trim() -> t.Iterator[str]:
    """Tables 6 and 7: find the length of a short frame by binary search, and cut the padding behind it.

    OVS can cut a frame to a constant length only, so there is one flow for each length. NXM_NX_REG1 holds the bounds of
    the search, the shortest and the longest frame, in 16 bits each.
    """
    yield _flow(100, "reg0=0x2/0x2", f"output:{TUNNEL}", table=6)
    shortest, longest = ETHERNET_BYTES + IPV4_BYTES, SHORTEST_FRAME - 1
    yield _flow(10, "", _halve(shortest, longest), table=6)
    parts = [(shortest, longest)]
    while parts:
        low, high = parts.pop()
        middle = (low + high) // 2
        for larger, part in ((0, (low, middle)), (4, (middle + 1, high))):
            if part[0] == part[1]:
                actions = f"output(port={TUNNEL},max_len={part[0]})"
            else:
                actions = _halve(*part)
                parts.append(part)
            yield _flow(100, f"reg0={larger:#x}/0x4,reg1={low << 16 | high:#x}", actions, table=7)


def _halve(low: int, high: int) -> str:
    middle = (low + high) // 2
    return f"set_field:{low << 16 | high:#x}->reg1,check_pkt_larger({middle})->NXM_NX_REG0[2],resubmit(,7)"


def _session_flows(session: Session, meters: t.Mapping[str, int], plane: UserPlane) -> t.Iterator[str]:
    up, down = (
        f"meter:{number}," if number is not None else ""
        for number in (meters.get(f"{session.key} uplink"), meters.get(f"{session.key} downlink"))
    )
    own = f"tun_id={session.local_teid}"
    sources = [f",tun_src={source}" for source in (session.peer_address, *session.peer_sources)]
    tunnel = f"set_field:{session.peer_teid}->tun_id,set_field:{session.peer_address}->tun_dst,resubmit(,4)"
    for source in sources if plane.check_outer_source else [""]:
        if session.ue_address:
            onwards = f"{up}dec_ttl,resubmit(,{8 if plane.sgi_is_narrower else 1})"
            yield _flow(100, f"ip,{own}{source},nw_src={session.ue_address}", onwards, table=10)
        if session.ue_ipv6_prefix:
            onwards = f"{up}dec_ttl,resubmit(,{8 if plane.sgi_is_narrower else 11})"
            yield _flow(100, f"ipv6,{own}{source},ipv6_src={session.ue_ipv6_prefix}", onwards, table=10)
        # The session's TEID with another inner source: a spoofed packet. The flow counts them by session.
        yield _flow(SPOOFED, f"{own}{source}", "drop", table=10)
    if plane.check_outer_source:
        # The same for packets that another host than the peer has sent.
        yield _flow(WRONG_SOURCE, own, "drop", table=10)
    if session.ue_address:
        yield _flow(100, f"ip,nw_dst={session.ue_address}", f"{down}dec_ttl,{tunnel}", table=3)
    if session.ue_ipv6_prefix:
        yield _flow(100, f"ipv6,ipv6_dst={session.ue_ipv6_prefix}", f"{down}dec_ttl,{tunnel}", table=3)


def bundle(differences: t.Iterable[str]) -> tuple[str, ...]:
    """The commands of an ovs-ofctl bundle that remove the differences.

    ``differences`` are lines of ``ovs-ofctl diff-flows SWITCH FILE``: "-" marks a flow that only the switch has, "+"
    one that only the file has. Flows that this collection did not make stay. A learned next hop stays unless the flow
    that learned it goes; the MAC address may belong to another router then.
    """
    spelled = (_SPELLING.sub(r"tun_gtpu_\1=", line) for line in differences)
    ours = [line for line in spelled if f"cookie={COOKIE:#x} " in line]
    removed_lines = [line for line in ours if line.startswith("-")]
    removed = [line[1:].partition(" cookie=")[0] for line in removed_lines]
    added = [line[1:] for line in ours if line.startswith("+")]
    kept = {line.partition(" cookie=")[0] for line in added}
    deletions = [f"flow delete_strict {match.replace(' ', ',')}" for match in removed if match not in kept]
    learned = [line for line in removed_lines if "learn(" in line]
    for table, learned_from in ((2, "arp_spa="), (12, "nd_target=")):
        if any(learned_from in line for line in learned):
            deletions.append(f"flow delete table={table},cookie={LEARNED:#x}/-1")
    return (*deletions, *(f"flow add {line}" for line in added))
