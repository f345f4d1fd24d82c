#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the statistics of a PGW's user plane; see _module/pgw_sessions_info.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: pgw_sessions_info
short_description: Read sessions, peers and counters of a PGW's user plane
version_added: 1.0.0
description:
  - Reads the sessions from the switch's flows and meters, and the peers' states from path management.
  - Changes nothing.
requirements:
  - Open vSwitch 3.1 or newer in the guest
author:
  - nfv.vsphere_dpdk contributors (@nfv)
attributes:
  check_mode:
    description: Reads only, so that check mode makes no difference.
    support: full
  diff_mode:
    description: Changes nothing, so that there is no diff.
    support: none
options:
  names:
    description: Names of the sessions to return. Without it all are returned; totals always count all.
    type: list
    elements: str
seealso:
  - module: nfv.vsphere_dpdk.pgw_sessions
"""

EXAMPLES = r"""
- name: Read the statistics
  nfv.vsphere_dpdk.pgw_sessions_info:
  register: pgw

- name: Hand them to the node exporter
  ansible.builtin.copy:
    content: "{{ pgw.textfile }}"
    dest: /var/lib/prometheus/node-exporter/nfv_pgw.prom
    mode: "0644"

- name: Stop when a peer is down
  ansible.builtin.assert:
    that: pgw.peers.values() | selectattr('state', 'equalto', 'down') | length == 0
"""

RETURN = r"""
sessions:
  description: The sessions that the switch carries. Keys without a value are left out.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Name of the session.
      type: str
      sample: ue-1
    ue_address:
      description: IPv4 address of the subscriber.
      type: str
      sample: 198.19.0.1
    ue_ipv6_prefix:
      description: IPv6 prefix of the subscriber.
      type: str
      sample: 2001:db8:1::/64
    local_teid:
      description: TEID of uplink G-PDUs.
      type: int
      sample: 4097
    peer_teid:
      description: TEID of downlink G-PDUs.
      type: int
      sample: 8193
    peer_address:
      description: Address of the peer.
      type: str
      sample: 198.18.1.2
    uplink_kbps:
      description: Largest rate from the subscriber in kbit/s.
      type: int
      sample: 10000
    downlink_kbps:
      description: Largest rate to the subscriber in kbit/s.
      type: int
      sample: 50000
    uplink_packets:
      description: Packets from the subscriber, those above the rate included.
      type: int
      sample: 1000
    uplink_bytes:
      description: Their bytes.
      type: int
      sample: 128000
    downlink_packets:
      description: Packets to the subscriber, those above the rate and those too big included.
      type: int
      sample: 1000
    downlink_bytes:
      description: Their bytes.
      type: int
      sample: 128000
    uplink_over_rate:
      description: Packets from the subscriber that were dropped because of the rate.
      type: int
      sample: 0
    downlink_over_rate:
      description: Packets to the subscriber that were dropped because of the rate.
      type: int
      sample: 0
    spoofed:
      description: Packets with the session's TEID and another inner source, dropped.
      type: int
      sample: 0
    wrong_source:
      description: Packets with the session's TEID from a host that is not the session's peer, dropped.
      type: int
      sample: 0
peers:
  description: >-
    Each peer with its C(state) (V(up), V(down) or V(unknown)), the sums of its sessions' counters, Echo Requests and
    Responses, and C(unknown_teids), the TEIDs of sessions that the peer says it does not know.
  returned: success
  type: dict
  sample: {"198.18.1.2": {"state": "up", "sessions": 3, "echo_requests_sent": 10, "echo_responses_received": 10}}
dropped:
  description: >-
    Dropped packets by reason, and in C(uplink) and C(downlink) by direction. C(strangers), GTP-U from outside the
    S5/S8-U network that no peer sent, is part of no sum.
  returned: success
  type: dict
  sample: {"uplink": 10, "downlink": 0, "unknown_teid": 10, "spoofed_source": 0, "wrong_source": 0, "strangers": 0}
path_management:
  description: Messages that path management has sent and received since its daemon started.
  returned: success
  type: dict
  sample: {"echo_requests_received": 5, "echo_responses_sent": 5, "error_indications_sent": 1}
textfile:
  description: All of it as text for the textfile collector of Prometheus' node exporter.
  returned: success
  type: str
  sample: "nfv_pgw_sessions 3"
error_code:
  description: The kind of failure, for machines.
  returned: failure
  type: str
  sample: ovs_not_running
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.pgw_sessions_info import run

ARGUMENTS = {"names": {"type": "list", "elements": "str"}}


def main() -> None:
    module = AnsibleModule(argument_spec=ARGUMENTS, supports_check_mode=True)
    run(module)


if __name__ == "__main__":
    main()
