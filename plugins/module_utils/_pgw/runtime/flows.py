# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PGW's user plane as OpenFlow flows, in the form of ovs-ofctl(8) with port numbers. Pure.

Bridge br-s5u ends the tunnels: ARP, ICMP and GTP-U reach its local port, where OVS takes tunnel packets out.

Bridge br-sgi, by table:

=====  ===========================================================================================
0      tells packets apart by the port that they come in by
1, 11  sends an IPv4 or IPv6 packet to the next hop
2, 12  the next hop's MAC address, learned from each of its ARP or neighbour messages when not given
3      downlink: one flow for each subscriber's address
4, 5   a packet too large for the tunnel goes to the handler
6, 7   a packet under 60 bytes of frame is cut to its IP length: Ethernet's padding stays outside
8, 9   uplink, where SGi's MTU is the smaller one: a packet too large for it goes to the handler
10     uplink: TEID and inner source must be one session's
13     lets a change reach packets whose type was mended; see _uplink_type()
=====  ===========================================================================================
"""

from __future__ import annotations

import re
import typing as t

from .model import S5U_BRIDGE, SGI_BRIDGE, Session, UserPlane

# OpenFlow port numbers, which ovs_dpdk asks for. The device is the first port of either bridge; OVS gives G-PDUs to
# TUNNEL and all other GTP-U messages, whole, to SIGNALLING, because only that port takes Ethernet frames.
DEVICE, TUNNEL, HANDLER, SIGNALLING = 1, 2, 3, 4
HANDLER_PORT = "pgw-path"
GTPU_PORT = 2152  # 3GPP TS 29.281, 4.4.2: UDP destination port of a G-PDU
# Every flow of ours carries this cookie ("nfv-pgw" in ASCII), the learned next hop the one after it.
COOKIE, LEARNED = 0x6E66762D70677700, 0x6E66762D70677701
# What the handler gets, told in the destination MAC of the frame: a locally administered prefix and a kind.
UNKNOWN_TEID, TOO_BIG, SIGNAL, TOO_BIG_UPLINK = 0x0201, 0x0202, 0x0203, 0x0204
# What the handler sends goes to subscribers, but for the parts of an uplink packet, which have this destination.
TO_NEXT_HOP = "02:00:00:00:00:02"
# A meter for each kind, in packets a second: a flood must not keep the handler from answering Echo Requests.
HANDLER_METERS = {UNKNOWN_TEID: (1, 1000), TOO_BIG: (2, 1000), SIGNAL: (3, 1000), TOO_BIG_UPLINK: (4, 1000)}
ETHERNET_BYTES = 14
# IEEE 802.3: the shortest frame without its check sequence.
SHORTEST_FRAME = 60
# IPv4 without options; nothing shorter is an IP packet.
SHORTEST_PACKET = 20
# Open vSwitch 3.1 prints these fields by names that it does not read.
_SPELLING = re.compile(r"\bgtpu_(flags|msgtype)=")


def flows(plane: UserPlane, sgi_mac: str, meters: t.Mapping[str, int]) -> dict[str, tuple[str, ...]]:
    """The flows of each bridge. sgi_mac: of the SGi adapter; meters: see sessions.allocate_meters().

    SGi lets ARP, neighbour discovery and ICMP reach its local port and nothing else: OVS takes GTP-U to any local
    address, and a packet from SGi must never enter the tunnel. A packet is routed, so its TTL is decremented (RFC 1812,
    5.3.1).
    """
    sgi = [
        *_sgi_control(plane),
        *_sgi_signalling(),
        *_next_hop(plane, sgi_mac),
        *_downlink_size(plane),
        *_uplink_size(plane),
        *_trim(),
    ]
    for session in plane.sessions:
        sgi += _session_flows(session, meters, plane.narrows)
    return {S5U_BRIDGE: _s5u(plane), SGI_BRIDGE: tuple(sgi)}


def _flow(priority: int, match: str, actions: str, table: int = 0) -> str:
    fields = f"table={table},priority={priority}{',' if match else ''}{match}"
    return f"{fields},cookie={COOKIE:#x},actions={actions}"


def _tagged(vlan: int | None) -> tuple[str, str, str]:
    """Match of the device's frames, action on arrival, action before leaving; without a VLAN, tagged ones match not."""
    if vlan is None:
        return f"in_port={DEVICE},vlan_tci=0x0000/0x1000", "", ""
    # OpenFlow 1.5, 7.2.3.8: bit 12 of vlan_vid says that there is a tag.
    return f"in_port={DEVICE},dl_vlan={vlan}", "pop_vlan,", f"push_vlan:0x8100,set_field:{0x1000 | vlan}->vlan_vid,"


def _s5u(plane: UserPlane) -> tuple[str, ...]:
    own = plane.s5u_address.partition("/")[0]
    device, arrive, leave = _tagged(plane.s5u_vlan)
    return (
        _flow(200, f"{device},arp", f"{arrive}LOCAL"),
        _flow(200, f"{device},icmp,nw_dst={own}", f"{arrive}LOCAL"),
        _flow(200, f"{device},udp,nw_dst={own},tp_dst={GTPU_PORT}", f"{arrive}LOCAL"),
        _flow(200, "in_port=LOCAL", f"{leave}output:{DEVICE}"),
        _flow(10, f"in_port={DEVICE}", "drop"),
        *_given_next_hop(plane),
    )


def _given_next_hop(plane: UserPlane) -> t.Iterator[str]:
    """Answers the kernel's ARP requests for a next hop whose MAC is given, in its place.

    Kernel and Open vSwitch then know it as they know every other neighbour. An entry set by hand (ovs-appctl
    tnl/neigh/set) would be gone after a quarter of an hour without traffic.
    """
    if not plane.s5u_next_hop or not plane.s5u_next_hop_mac:
        return
    mac, address = plane.s5u_next_hop_mac, plane.s5u_next_hop
    # RFC 826: operation 2 is a reply, to whom the request came from.
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
    yield _flow(300, f"{device},arp,arp_spa={plane.next_hop}", f"{learn}{arrive}LOCAL")
    yield _flow(200, f"{device},arp", f"{arrive}LOCAL")
    yield _flow(200, f"{device},icmp,nw_dst={own}", f"{arrive}LOCAL")
    yield _flow(200, "in_port=LOCAL", f"{leave}output:{DEVICE}")
    yield _flow(150, f"{device},ip,nw_dst=224.0.0.0/4", "drop")
    yield _flow(100, f"{device},ip", f"{arrive}resubmit(,3)")
    yield _flow(10, f"in_port={DEVICE}", "drop")
    yield _flow(100, f"in_port={HANDLER},ip", "resubmit(,3)")
    yield _flow(50, f"in_port={HANDLER},icmp,nw_src={own}", "resubmit(,1)", table=3)
    yield _flow(20, f"in_port={HANDLER}", "drop", table=3)
    yield _flow(10, "", "drop", table=3)
    if plane.ipv6_address is None:
        return
    own6 = plane.ipv6_address.partition("/")[0]
    learn6 = "" if plane.ipv6_next_hop_mac else _learn(12)
    # RFC 4861, 4.3 and 4.4: neighbour solicitation is type 135, advertisement 136.
    yield _flow(300, f"{device},icmp6,icmp_type=136,nd_target={plane.ipv6_next_hop}", f"{learn6}{arrive}LOCAL")
    yield _flow(200, f"{device},icmp6,icmp_type=136", f"{arrive}LOCAL")
    yield _flow(200, f"{device},icmp6,icmp_type=135", f"{arrive}LOCAL")
    yield _flow(200, f"{device},icmp6,ipv6_dst={own6}", f"{arrive}LOCAL")
    yield _flow(150, f"{device},ipv6,ipv6_dst=ff00::/8", "drop")
    yield _flow(100, f"{device},ipv6", f"{arrive}resubmit(,3)")
    yield _flow(100, f"in_port={HANDLER},ipv6", "resubmit(,3)")
    yield _flow(50, f"in_port={HANDLER},icmp6,ipv6_src={own6}", "resubmit(,11)", table=3)


def _to_handler(kind: int, more: str = "") -> str:
    meter = HANDLER_METERS[kind][0]
    return f"meter:{meter},set_field:{kind >> 8:02x}:{kind & 0xFF:02x}:00:00:00:00->eth_dst,{more}output:{HANDLER}"


def _sgi_signalling() -> t.Iterator[str]:
    """GTP-U of no session. TEID and peer of an unknown tunnel stand in the MAC addresses that the handler gets."""
    told = "move:NXM_NX_TUN_ID[0..31]->NXM_OF_ETH_DST[0..31],move:NXM_NX_TUN_IPV4_SRC[]->NXM_OF_ETH_SRC[0..31],"
    yield from _uplink_type()
    yield _flow(100, f"in_port={SIGNALLING}", _to_handler(SIGNAL))
    yield _flow(10, "", _to_handler(UNKNOWN_TEID, told), table=10)


def _uplink_type() -> t.Iterator[str]:
    """Gives uplink packets their true type, which Open vSwitch (3.1 to 3.6 at least) reads in the wrong place.

    netdev_gtpu_pop_header() takes the IP version from byte 8 of the packet instead of byte 0: IPv4's TTL, or the first
    byte of an IPv6 source. A TTL from 64 to 79 looks like IPv4, which is right; one from 96 to 111 like IPv6; with all
    others, such as 128 or 255, packets come to SIGNALLING as if they were Ethernet frames, and so do all IPv6 packets.
    To push an MPLS label and pop it again with another type is how OpenFlow can say what a packet is; the packet stays
    in the datapath.

    It is looked up a second time then. Up to 3.2 (corrected in 3.3), Open vSwitch finds an entry of its datapath by its
    key when it is to get other actions; netdev_gtpu_pop_header() sets no FLOW_TNL_F_KEY, which the key that is looked
    for has, so that the entry stays as it was for as long as packets hit it. An entry whose match has the message type
    it deletes instead and makes anew, because no key can express that match.
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
    """Table 4 and 5. OVS compares the frame without its padding; a switch's registers hold the answers."""
    largest = ETHERNET_BYTES + plane.tunnel_mtu
    yield _flow(100, "", f"check_pkt_larger({largest})->NXM_NX_REG0[0],resubmit(,5)", table=4)
    yield _flow(100, "reg0=0x1/0x1", _to_handler(TOO_BIG), table=5)
    yield _flow(10, "", f"check_pkt_larger({SHORTEST_FRAME - 1})->NXM_NX_REG0[1],resubmit(,6)", table=5)


def _uplink_size(plane: UserPlane) -> t.Iterator[str]:
    """Tables 8 and 9; with their way back into the switch for the parts of a packet that may be fragmented."""
    if not plane.narrows:
        return
    yield _flow(100, "", f"check_pkt_larger({ETHERNET_BYTES + plane.sgi_mtu})->NXM_NX_REG0[3],resubmit(,9)", table=8)
    yield _flow(100, "reg0=0x8/0x8", _to_handler(TOO_BIG_UPLINK), table=9)
    yield _flow(10, "ip", "resubmit(,1)", table=9)
    yield _flow(10, "ipv6", "resubmit(,11)", table=9)
    yield _flow(110, f"in_port={HANDLER},dl_dst={TO_NEXT_HOP},ip", "dec_ttl,resubmit(,1)")


def _trim() -> t.Iterator[str]:
    """Tables 6 and 7: finds a short frame's length by halving, and cuts what is behind it.

    OVS can cut a frame to a constant length only, so there is a flow for each length. NXM_NX_REG1 holds the part that
    is looked at, as its shortest and longest frame in 16 bits each.
    """
    yield _flow(100, "reg0=0x2/0x2", f"output:{TUNNEL}", table=6)
    shortest, longest = ETHERNET_BYTES + SHORTEST_PACKET, SHORTEST_FRAME - 1
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


def _session_flows(session: Session, meters: t.Mapping[str, int], narrows: bool) -> t.Iterator[str]:
    up, down = (
        f"meter:{number}," if number is not None else ""
        for number in (meters.get(f"{session.key} uplink"), meters.get(f"{session.key} downlink"))
    )
    tunnel = f"set_field:{session.peer_teid}->tun_id,set_field:{session.peer_address}->tun_dst,resubmit(,4)"
    if session.ue_address:
        uplink = f"ip,tun_id={session.local_teid},nw_src={session.ue_address}"
        yield _flow(100, uplink, f"{up}dec_ttl,resubmit(,{8 if narrows else 1})", table=10)
        yield _flow(100, f"ip,nw_dst={session.ue_address}", f"{down}dec_ttl,{tunnel}", table=3)
    if session.ue_ipv6_prefix:
        uplink = f"ipv6,tun_id={session.local_teid},ipv6_src={session.ue_ipv6_prefix}"
        yield _flow(100, uplink, f"{up}dec_ttl,resubmit(,{8 if narrows else 11})", table=10)
        yield _flow(100, f"ipv6,ipv6_dst={session.ue_ipv6_prefix}", f"{down}dec_ttl,{tunnel}", table=3)
    # The session's TEID with another source: a spoofed packet, counted by session.
    yield _flow(50, f"tun_id={session.local_teid}", "drop", table=10)


def bundle(differences: t.Iterable[str]) -> tuple[str, ...]:
    """The commands of an ovs-ofctl bundle that undo the output of ``ovs-ofctl diff-flows SWITCH FILE``.

    Lines begin with "-" for a flow that only the switch has and "+" for one that only the file has. Flows of others are
    left alone. So is a learned next hop, unless what it was learned by goes: it is another's MAC then.
    """
    spelled = (_SPELLING.sub(r"tun_gtpu_\1=", line) for line in differences)
    ours = [line for line in spelled if f"cookie={COOKIE:#x} " in line]
    removed_lines = [line for line in ours if line.startswith("-")]
    removed = [line[1:].partition(" cookie=")[0] for line in removed_lines]
    added = [line[1:] for line in ours if line.startswith("+")]
    kept = {line.partition(" cookie=")[0] for line in added}
    deletions = [f"flow delete_strict {match.replace(' ', ',')}" for match in removed if match not in kept]
    learned = [line for line in removed_lines if "learn(" in line]
    for table, told_by in ((2, "arp_spa="), (12, "nd_target=")):
        if any(told_by in line for line in learned):
            deletions.append(f"flow delete table={table},cookie={LEARNED:#x}/-1")
    return (*deletions, *(f"flow add {line}" for line in added))
