#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts and ends a tester that stays between the trials of a rate search."""

from __future__ import annotations

DOCUMENTATION = r"""
module: tester_load
short_description: Start and end a tester that stays between the trials of a rate search
version_added: 1.0.0
author: nfv.vsphere_dpdk contributors (@nfv)
description:
  - Runs on a tester with one interface on each side of a guest. It opens packet sockets, makes the frames, and leaves
    a process behind that sends them in trials, as P(nfv.vsphere_dpdk.rate_search#module) tells it to.
  - The process takes its commands by a Unix socket in a directory that only its user may enter. It ends by itself after
    O(idle_timeout) without a command, and when somebody removes its directory.
  - With subscriber sessions the uplink leaves as G-PDUs (3GPP TS 29.281) and arrives as plain packets, and the downlink
    the other way round.
extends_documentation_fragment:
  - nfv.vsphere_dpdk.attributes
  - nfv.vsphere_dpdk.tester
attributes:
  check_mode:
    support: full
  diff_mode:
    support: none
  idempotent:
    support: full
    details:
      - A tester that was started with the same options stays. It resolves the gateways' MAC addresses when it starts.
options:
  state:
    description:
      - With V(started), a tester with these options runs; one with others ends first.
      - With V(stopped), none runs in O(directory), and nothing is left of it.
    type: str
    choices: [started, stopped]
    default: started
  kind:
    description:
      - V(frames) sends IPv4 packets to the MAC addresses of two adapters of a guest, from 198.18.1.250 to 198.18.2.250
        and back. A guest that routes them needs a neighbour entry for each, with the MAC address in RV(tester.sides).
      - V(gtpu) sends G-PDUs and subscribers' packets through a PGW.
    type: str
    choices: [frames, gtpu]
    default: frames
  frame:
    description:
      - Bytes of an Ethernet frame outside a tunnel, check sequence included, as RFC 2544 counts them. A G-PDU is 36
        bytes longer.
      - V(imix) is 7 frames of 64, 4 of 594 and 1 of 1518 bytes, 340 on average, in an order without a period. With
        O(kind=gtpu) the longest has 1482, so that its G-PDU has 1518.
    type: str
    choices: ['64', '512', '1400', imix]
    default: '64'
  flows:
    description:
      - Flows of each direction, 1 to 504, which differ in their UDP source port. An adapter with several queues needs
        several. Only with O(kind=frames); with V(gtpu), up to 504 of the sessions take turns.
    type: int
    default: 1
  idle_timeout:
    description: Seconds without a command after which the tester ends, 1 to 86400.
    type: int
    default: 1800
  directory:
    description:
      - Where the tester listens, a directory that it makes. Two testers on one machine need two.
    type: path
    default: /run/nfv-vsphere-dpdk-load
notes:
  - Needs root, because it captures and sends frames by packet sockets, and 68 MB of kernel memory for each interface.
  - Where systemd-logind ends the processes of a user who logs out (C(KillUserProcesses=yes)), the tester ends with the
    connection; let the connecting user linger there (C(loginctl enable-linger)).
"""

EXAMPLES = r"""
- name: Start a tester for frames of 64 bytes
  nfv.vsphere_dpdk.tester_load:
    frame: '64'
    first: {interface: eth1, guest_mac: "00:50:56:00:00:02"}
    second: {interface: eth2, guest_mac: "00:50:56:00:00:03"}
  delegate_to: tester-1
  register: load

- name: End it
  nfv.vsphere_dpdk.tester_load:
    state: stopped
  delegate_to: tester-1
"""

RETURN = r"""
tester:
  description: The tester that runs, null when none does. In check mode, without C(sides) if one would be started.
  returned: success
  type: dict
  contains:
    socket:
      description: Path of its socket.
      type: str
      sample: /run/nfv-tester-0123456789abcdef/socket
    python:
      description: The interpreter that runs it.
      type: str
      sample: /usr/bin/python3
    frame:
      description: O(frame).
      type: str
      sample: '64'
    sizes:
      description: The sizes of its frames, as C(bytes), and how many of the mix have it, as C(share).
      type: list
      elements: dict
      sample: [{bytes: 64, share: 1.0}]
    sides:
      description:
        - Its interfaces, each with its name (C(interface)), its MAC address (C(mac)), the IPv4 address that its packets
          come from (C(address)) and the MAC address that they go to (C(peer_mac)).
      type: list
      elements: dict
      sample: [{interface: eth1, mac: '02:00:00:00:01:02', address: 198.18.1.2, peer_mac: '00:50:56:01:0a:02'}]
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module._tester_options import tester_options
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.tester_load import run


def main() -> None:
    """Runs the module."""
    module = AnsibleModule(
        argument_spec={
            **tester_options(),
            "state": {"type": "str", "choices": ["started", "stopped"], "default": "started"},
            "kind": {"type": "str", "choices": ["frames", "gtpu"], "default": "frames"},
            "frame": {"type": "str", "choices": ["64", "512", "1400", "imix"], "default": "64"},
            "flows": {"type": "int", "default": 1},
            "idle_timeout": {"type": "int", "default": 1800},
            "directory": {"type": "path", "default": "/run/nfv-vsphere-dpdk-load"},
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
