#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sends known traffic through a PGW's user plane from a tester and counts what arrives."""

from __future__ import annotations

DOCUMENTATION = r"""
module: traffic_probe
short_description: Send known traffic through a PGW and count what arrives at the other side
version_added: 1.0.0
author: nfv.vsphere_dpdk contributors (@nfv)
description:
  - Runs on a tester with one interface in the S5-U network, where it plays the SGW, and one in the SGi network, where
    it plays a server.
  - On the uplink it sends G-PDUs (3GPP TS 29.281) to the PGW and expects the inner packets on SGi. On the downlink it
    sends plain packets to the subscribers and expects G-PDUs on S5-U. A third stream is G-PDUs with a TEID that
    no session has, a fourth has the subscriber of another session as source; nothing of these two may arrive.
  - Every packet carries the run, its number and its time. What arrives is compared with what was sent, inner header,
    TTL and payload included, and for G-PDUs outer addresses, UDP port, message type and TEID.
  - Before the counted packets of a direction it resolves the PGW's MAC addresses afresh through the kernel and sends a
    few packets that are counted apart, so that the PGW knows its neighbours.
  - Before the first packet it asks by ARP whether another machine has one of the tester's addresses, and fails then
    (C(tester_address_taken)).
  - Loss is no failure of the module; the filter P(nfv.vsphere_dpdk.poll_mode_verdict#filter) judges the rows.
extends_documentation_fragment:
  - nfv.vsphere_dpdk.attributes.traffic
  - nfv.vsphere_dpdk.tester
options:
  kind:
    description:
      - V(gtpu) sends G-PDUs and subscribers' packets through a PGW.
      - V(frames) sends IPv4 packets to the MAC addresses of two adapters of an application that forwards what it
        receives on one to the other, as testpmd does. They must arrive there unchanged but for the Ethernet header and
        the TTL.
    type: str
    choices: [gtpu, frames]
    default: gtpu
  dropped:
    description:
      - Flows that the application must drop, such as what a rule of an intrusion prevention system names. Each is sent
        after the two directions that must be forwarded, is counted by itself, and nothing of it may arrive. Only with
        V(frames).
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of its row in the result.
        type: str
        required: true
      direction:
        description: V(forth) sends it from the first interface, V(back) from the second.
        type: str
        choices: [forth, back]
        default: forth
      port:
        description: UDP port that it is sent to. That of the forwarded frames is 40002.
        type: int
        default: 40002
      content:
        description: Text that its packets carry behind the first 27 bytes of their UDP payload.
        type: str
        default: ""
  sgi_routers:
    description:
      - Routers between the PGW and the tester on SGi, at most. Each may take one off the TTL, and the uplink may come
        from any MAC address. With V(0) the tester is the PGW's next hop.
    type: int
    default: 0
  unknown_teid:
    description:
      - A TEID that no session of the PGW has, for the packets that must be dropped. Without it, one that none of
        O(sessions) has; give it where the PGW has other sessions, too.
    type: int
  count:
    description: Packets of each stream, 1 to 1000000.
    type: int
    default: 1000
  pps:
    description: Packets per second, 1 to 100000. What was achieved is in the result.
    type: float
    default: 500
  size:
    description: Bytes of a subscriber's IPv4 packet, 64 to 1464.
    type: int
    default: 128
  drain:
    description: Seconds to wait for late packets after the last one of a stream, at most 60.
    type: float
    default: 2
notes:
  - Needs root, because it captures and sends frames by AF_PACKET sockets.
  - Use it in a lab or a maintenance window; it sends to the addresses given here and nowhere else.
"""

EXAMPLES = r"""
- name: Send 1000 packets in each direction
  nfv.vsphere_dpdk.traffic_probe:
    s5u: {interface: eth1, address: 198.18.1.2, gateway: 198.18.1.1}
    sgi: {interface: eth2, address: 198.18.2.2, gateway: 198.18.2.1}
    sessions:
      - {name: ue-1, ue_address: 198.19.0.1, local_teid: 4097, peer_teid: 8193, peer_address: 198.18.1.2}
  delegate_to: tester-1
  register: probe

- name: Send 1000 frames through testpmd in each direction
  nfv.vsphere_dpdk.traffic_probe:
    kind: frames
    first: {interface: eth1, guest_mac: "00:50:56:00:00:02"}
    second: {interface: eth2, guest_mac: "00:50:56:00:00:03"}
  delegate_to: tester-1
  register: probe
"""

RETURN = r"""
traffic:
  description: One row for each stream.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description:
        - Name of the stream, C(uplink), C(downlink), C(wrong TEID) or C(wrong source); with frames C(forth), C(back) or
          the name of a flow in O(dropped).
      type: str
      sample: uplink
    direction:
      description: Way through the guest, C(uplink) or C(downlink), C(forth) or C(back).
      type: str
      sample: uplink
    sent:
      description: Packets sent.
      type: int
      sample: 1000
    expected:
      description: Packets that must arrive, 0 for a stream that must be dropped.
      type: int
      sample: 1000
    received:
      description: Different packets that arrived as they must.
      type: int
      sample: 1000
    lost:
      description: Packets that were sent, expected and not received.
      type: int
      sample: 0
    duplicate:
      description: Packets that arrived again.
      type: int
      sample: 0
    corrupt:
      description: Packets that arrived, but not as they must.
      type: int
      sample: 0
    bad_outer_checksum:
      description: G-PDUs with a wrong UDP checksum. A peer that receives by a UDP socket never sees them.
      type: int
      sample: 0
    warm_up_sent:
      description: Packets sent before the counted ones.
      type: int
      sample: 2
    warm_up_received:
      description: How many of these arrived.
      type: int
      sample: 2
    pps_asked:
      description: Packets per second that were requested.
      type: float
      sample: 500.0
    pps_seen:
      description: Packets per second that were achieved.
      type: float
      sample: 497.5
    latency_us:
      description: Microseconds from sending to capture, as C(p50), C(p99) and C(max); null when nothing arrived.
      type: dict
      sample: {p50: 120.2, p99: 480.9, max: 980.0}
    latency_histogram:
      description:
        - The latencies as an HdrHistogram of nanoseconds with three digits, V2, compressed, in base64; null when
          nothing arrived.
      type: str
      sample: HISTFAAAACx4nJNpmSzMwMDAwwABzFCaEYh5f7hHMNh/gIowsTB9lWdi+c3PxAQAjXMGWg==
    problems:
      description: The first reasons why something is wrong.
      type: list
      elements: str
      sample: [packet 17 arrived twice]
capture_dropped:
  description: Frames that the tester's own capture lost for lack of buffer; above 0 the tester was too slow.
  returned: success
  type: int
  sample: 0
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module._tester_options import tester_options
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.traffic_probe import run

_DROPPED = {
    "name": {"type": "str", "required": True},
    "direction": {"type": "str", "choices": ["forth", "back"], "default": "forth"},
    "port": {"type": "int", "default": 40002},
    "content": {"type": "str", "default": ""},
}


def main() -> None:
    """Runs the module."""
    module = AnsibleModule(
        argument_spec={
            **tester_options(),
            "kind": {"type": "str", "choices": ["gtpu", "frames"], "default": "gtpu"},
            "dropped": {"type": "list", "elements": "dict", "options": _DROPPED, "default": []},
            "sgi_routers": {"type": "int", "default": 0},
            "unknown_teid": {"type": "int"},
            "count": {"type": "int", "default": 1000},
            "pps": {"type": "float", "default": 500},
            "size": {"type": "int", "default": 128},
            "drain": {"type": "float", "default": 2},
        },
        supports_check_mode=False,
        required_if=[("kind", "gtpu", ("s5u", "sgi", "sessions")), ("kind", "frames", ("first", "second"))],
    )
    run(module)


if __name__ == "__main__":
    main()
