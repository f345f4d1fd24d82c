#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installs the sessions of a PGW's user plane; see _module/pgw_sessions.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pgw_sessions
short_description: Install the sessions of a PGW's user plane in Open vSwitch
version_added: 1.0.0
description:
  - Installs the addresses and subscriber sessions of a PGW's user plane (GTP-U on S5/S8-U, plain IP on SGi) on the
    bridges C(br-s5u) and C(br-sgi) that M(nfv.vsphere_dpdk.ovs_dpdk) makes.
  - Checks the whole input before it changes anything.
  - Applies differences as one atomic bundle for each bridge. Flows of unchanged sessions keep their counters and lose
    no packet.
  - The systemd unit C(nfv-pgw.service) restores addresses and sessions whenever C(ovs-vswitchd) starts.
  - The daemon C(nfv-pgw-path.service) answers and sends Echo Requests, sends Error Indications for unknown TEIDs
    (3GPP TS 29.281), and answers packets that are too large for the tunnel with ICMP. It sees no G-PDU of a session.
requirements:
  - Open vSwitch 3.1 or newer, Linux 5.16 or newer and iproute2 5.17 or newer in the guest
author:
  - nfv.vsphere_dpdk contributors (@nfv)
attributes:
  check_mode:
    description: >-
      Predicts the result and changes nothing. Open vSwitch, its bridges and the textfile's directory may be missing.
    support: full
  diff_mode:
    description: Shows the addresses and the sessions that differ, before and after; no flows.
    support: full
options:
  state:
    description: V(absent) removes sessions, addresses and units. Open vSwitch may be missing.
    type: str
    choices: [present, absent]
    default: present
  s5u:
    description:
      - The S5/S8-U end, where GTP-U tunnels of the peers (SGWs) end.
      - Required with O(state=present).
    type: dict
    suboptions:
      adapter:
        description: Name of the adapter in the description of the data plane.
        type: str
        required: true
      address:
        description: Own IPv4 address with prefix length.
        type: str
        required: true
      next_hop:
        description: Router to peers that are not on the network of O(s5u.address).
        type: str
      next_hop_mac:
        description: MAC address of that router. Without it the kernel asks by ARP.
        type: str
      check_outer_source:
        description:
          - Whether an uplink G-PDU must come from O(sessions[].peer_address) of its session, or one of its
            O(sessions[].peer_sources). Others are dropped and counted.
          - With V(false) whoever knows or guesses a TEID and a subscriber's address can send in the subscriber's name.
        type: bool
        default: true
      vlan:
        description: VLAN of frames, for a port group that passes tags on. Without it frames are untagged.
        type: int
      mtu:
        description:
          - Largest IP packet in bytes; M(nfv.vsphere_dpdk.ovs_dpdk) sets it. Without it 1500.
          - The largest packet of a subscriber is 36 bytes shorter. Larger ones are answered with ICMP.
        type: int
      rx_descriptors:
        description: Descriptors of each receive ring; M(nfv.vsphere_dpdk.ovs_dpdk) sets it.
        type: int
      tx_descriptors:
        description: Descriptors of each transmit ring; M(nfv.vsphere_dpdk.ovs_dpdk) sets it.
        type: int
  sgi:
    description:
      - The SGi end, towards the packet data network.
      - Required with O(state=present).
    type: dict
    suboptions:
      adapter:
        description: Name of the adapter in the description of the data plane.
        type: str
        required: true
      address:
        description: Own IPv4 address with prefix length.
        type: str
        required: true
      next_hop:
        description: Router that takes all uplink packets.
        type: str
        required: true
      next_hop_mac:
        description: MAC address of the next hop. Without it the switch learns it from the next hop's ARP messages.
        type: str
      ipv6_address:
        description: Own IPv6 address with prefix length. Required when a session has an IPv6 prefix.
        type: str
      ipv6_next_hop:
        description: Router that takes all uplink IPv6 packets. Required with O(sgi.ipv6_address).
        type: str
      ipv6_next_hop_mac:
        description: MAC address of that router. Without it the switch learns it from its neighbour advertisements.
        type: str
      vlan:
        description: VLAN of frames, for a port group that passes tags on. Without it frames are untagged.
        type: int
      mtu:
        description:
          - Largest IP packet in bytes; M(nfv.vsphere_dpdk.ovs_dpdk) sets it. Without it 1500.
          - Larger packets of subscribers, which a larger MTU on S5-U lets in, are answered with ICMP.
        type: int
      rx_descriptors:
        description: Descriptors of each receive ring; M(nfv.vsphere_dpdk.ovs_dpdk) sets it.
        type: int
      tx_descriptors:
        description: Descriptors of each transmit ring; M(nfv.vsphere_dpdk.ovs_dpdk) sets it.
        type: int
  sessions:
    description:
      - All sessions; others are removed.
      - Required with O(state=present).
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the session in results and diffs.
        type: str
        required: true
      imsi:
        description: Subscriber's IMSI. It is checked and not stored in the guest.
        type: str
      ue_address:
        description:
          - IPv4 address of the subscriber. Uplink packets with another inner source are dropped and counted.
          - A session has this, an IPv6 prefix, or both.
        type: str
      ue_ipv6_prefix:
        description: IPv6 prefix of the subscriber, usually a C(/64).
        type: str
      uplink_kbps:
        description: Largest rate from the subscriber (APN-AMBR or MBR) in kbit/s. Without it there is no limit.
        type: int
      downlink_kbps:
        description: Largest rate to the subscriber (APN-AMBR or MBR) in kbit/s. Without it there is no limit.
        type: int
      source:
        description: Where the session was written, such as V(ue.csv:12). Messages about the session begin with it.
        type: str
      local_teid:
        description: TEID of the uplink G-PDUs that this PGW receives.
        type: int
        required: true
      peer_teid:
        description: TEID of the downlink G-PDUs that this PGW sends.
        type: int
        required: true
      peer_address:
        description: Address of the peer (SGW) on S5/S8-U, where downlink G-PDUs go to and uplink G-PDUs come from.
        type: str
        required: true
      peer_sources:
        description:
          - Other IPv4 addresses that the peer sends G-PDUs of the session from, up to 32.
          - Without effect with O(s5u.check_outer_source=false).
        type: list
        elements: str
  path_management:
    description: GTP-U path management (3GPP TS 29.281, 7.2).
    type: dict
    suboptions:
      echo_interval:
        description: Seconds between Echo Requests to each peer. The standard demands at least 60 in a live network.
        type: int
        default: 60
      response_seconds:
        description: Seconds to wait for an Echo Response (T3-RESPONSE).
        type: int
        default: 3
      echo_requests:
        description: How many Echo Requests in a row may stay unanswered before a peer is down (N3-REQUESTS).
        type: int
        default: 5
  verify_session:
    description:
      - A session that is set aside for verification, carried like every other one, so that a verification takes no live
        subscriber's and no peer's address and changes nothing.
      - Its peer is the tester. Path management never asks it, and it may be silent.
    type: dict
    suboptions:
      name:
        description: Name of the session.
        type: str
        default: verification
      ue_address:
        description: IPv4 address of a subscriber that does not exist, from the pool of subscribers.
        type: str
        required: true
      local_teid:
        description: TEID of its uplink G-PDUs.
        type: int
        required: true
      peer_teid:
        description: TEID of its downlink G-PDUs.
        type: int
        required: true
      peer_address:
        description: IPv4 address of the tester on the network of O(s5u.address). No session's peer has it.
        type: str
        required: true
      server_address:
        description: IPv4 address of the tester behind SGi, the destination of the uplink. Not the next hop's.
        type: str
        required: true
      server_gateway:
        description:
          - Router to the subscribers on the tester's network. Without it the tester is on the network of O(sgi.address)
            and sends to the PGW itself.
        type: str
      server_routers:
        description: Routers between the PGW and the tester at most, of which the next hop is the first; 1 unless given.
        type: int
      uplink_kbps:
        description: Largest rate of the uplink in kbit/s. Give rates, so that nobody uses the session for more.
        type: int
      downlink_kbps:
        description: Largest rate of the downlink in kbit/s. Give it for the same reason.
        type: int
  statistics:
    description:
      - A systemd timer that writes what M(nfv.vsphere_dpdk.pgw_sessions_info) returns to two files,
        C(nfv_pgw.prom) for the textfile collector of Prometheus' node exporter and
        C(/run/nfv-vsphere-dpdk/pgw-statistics.json).
      - Without it, and with O(state=absent), timer and files are removed.
    type: dict
    suboptions:
      textfile_directory:
        description: Directory that the textfile collector reads. It must exist.
        type: path
        required: true
      interval:
        description: Seconds between the end of one export and the start of the next.
        type: int
        default: 60
seealso:
  - module: nfv.vsphere_dpdk.ovs_dpdk
  - module: nfv.vsphere_dpdk.pgw_sessions_info
  - plugin: nfv.vsphere_dpdk.pgw_sessions_read
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Carry one subscriber
  nfv.vsphere_dpdk.pgw_sessions:
    s5u: {adapter: s5u, address: 198.18.1.1/24}
    sgi: {adapter: sgi, address: 198.18.2.1/24, next_hop: 198.18.2.2}
    sessions:
      - name: ue-1
        imsi: "001010000000001"
        ue_address: 198.19.0.1
        local_teid: 4097
        peer_teid: 8193
        peer_address: 198.18.1.2

- name: Carry the subscribers of a file
  nfv.vsphere_dpdk.pgw_sessions:
    s5u: {adapter: s5u, address: 198.18.1.1/24}
    sgi:
      adapter: sgi
      address: 198.18.2.1/24
      next_hop: 198.18.2.2
      ipv6_address: 2001:db8:2::1/64
      ipv6_next_hop: 2001:db8:2::2
    sessions: "{{ '/etc/pgw/sessions.csv' | nfv.vsphere_dpdk.pgw_sessions_read }}"
    statistics:
      textfile_directory: /var/lib/prometheus/node-exporter

- name: Remove the user plane
  nfv.vsphere_dpdk.pgw_sessions:
    state: absent
"""

RETURN = r"""
sessions:
  description: >-
    The sessions that the switch carries, with packets and bytes so far. C(spoofed) counts uplink packets with the
    session's TEID and another inner source, C(wrong_source) those that another host than the peer sent. Keys without a
    value are left out.
  returned: success
  type: list
  elements: dict
  sample:
    - name: ue-1
      ue_address: 198.19.0.1
      local_teid: 4097
      peer_teid: 8193
      peer_address: 198.18.1.2
      uplink_packets: 1000
      uplink_bytes: 84000
      downlink_packets: 1000
      downlink_bytes: 98000
      spoofed: 0
      wrong_source: 0
dropped:
  description: >-
    Packets dropped so far, by reason. C(uplink) and C(downlink) are the sums by direction; C(over_rate) is of both,
    C(too_big) of the downlink. Packets too big for a network that may be fragmented are counted and not dropped.
    C(strangers) counts GTP-U from outside the S5/S8-U network that no peer sent, whatever its TEID; no sum includes it.
  returned: success
  type: dict
  sample:
    {"uplink": 10, "downlink": 0, "unknown_teid": 10, "spoofed_source": 0, "wrong_source": 0, "strangers": 0,
     "unknown_destination": 0, "too_big": 0, "uplink_too_big": 0, "over_rate": 0}
next_hop_mac:
  description: MAC address of the SGi next hop, null as long as it has not answered.
  returned: success
  type: str
  sample: 00:50:56:01:00:09
ipv6_next_hop_mac:
  description: MAC address of the SGi IPv6 next hop, null as long as it has not answered.
  returned: success
  type: str
  sample: 00:50:56:01:00:09
peers:
  description: MAC address of each peer or of the router to it, null for one that has not answered.
  returned: success
  type: dict
  sample: {"198.18.1.2": "00:50:56:01:00:08"}
silent:
  description: Peers, or the routers to them, and SGi next hops that have not answered ARP or neighbour discovery.
  returned: success
  type: list
  elements: str
  sample: []
error_code:
  description: The kind of failure, for machines.
  returned: failure
  type: str
  sample: pgw_invalid
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.pgw_sessions import run

_END = {
    "adapter": {"type": "str", "required": True},
    "address": {"type": "str", "required": True},
    "vlan": {"type": "int"},
    "mtu": {"type": "int"},
    "rx_descriptors": {"type": "int"},
    "tx_descriptors": {"type": "int"},
}
_S5U = {
    **_END,
    "next_hop": {"type": "str"},
    "next_hop_mac": {"type": "str"},
    "check_outer_source": {"type": "bool", "default": True},
}
_SGI = {
    **_END,
    "next_hop": {"type": "str", "required": True},
    "next_hop_mac": {"type": "str"},
    "ipv6_address": {"type": "str"},
    "ipv6_next_hop": {"type": "str"},
    "ipv6_next_hop_mac": {"type": "str"},
}
_SESSION = {
    "name": {"type": "str", "required": True},
    "imsi": {"type": "str"},
    "ue_address": {"type": "str"},
    "ue_ipv6_prefix": {"type": "str"},
    "local_teid": {"type": "int", "required": True},
    "peer_teid": {"type": "int", "required": True},
    "peer_address": {"type": "str", "required": True},
    "peer_sources": {"type": "list", "elements": "str"},
    "uplink_kbps": {"type": "int"},
    "downlink_kbps": {"type": "int"},
    "source": {"type": "str"},
}
_PATH_MANAGEMENT = {
    "echo_interval": {"type": "int", "default": 60},
    "response_seconds": {"type": "int", "default": 3},
    "echo_requests": {"type": "int", "default": 5},
}
_VERIFY_SESSION = {
    "name": {"type": "str", "default": "verification"},
    "ue_address": {"type": "str", "required": True},
    "local_teid": {"type": "int", "required": True},
    "peer_teid": {"type": "int", "required": True},
    "peer_address": {"type": "str", "required": True},
    "server_address": {"type": "str", "required": True},
    "server_gateway": {"type": "str"},
    "server_routers": {"type": "int"},
    "uplink_kbps": {"type": "int"},
    "downlink_kbps": {"type": "int"},
}
_STATISTICS = {
    "textfile_directory": {"type": "path", "required": True},
    "interval": {"type": "int", "default": 60},
}
ARGUMENTS = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "s5u": {"type": "dict", "options": _S5U},
    "sgi": {"type": "dict", "options": _SGI},
    "sessions": {"type": "list", "elements": "dict", "options": _SESSION},
    "path_management": {"type": "dict", "options": _PATH_MANAGEMENT, "apply_defaults": True},
    "statistics": {"type": "dict", "options": _STATISTICS},
    "verify_session": {"type": "dict", "options": _VERIFY_SESSION},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        required_if=[("state", "present", ["s5u", "sgi", "sessions"])],
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
