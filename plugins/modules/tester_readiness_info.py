#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells whether a tester can send and count."""

from __future__ import annotations

DOCUMENTATION = r"""
module: tester_readiness_info
short_description: Tell whether a tester can send and count
version_added: 1.0.0
description:
  - Looks at a tester before M(nfv.vsphere_dpdk.traffic_probe) sends from it, and returns one row for each thing that it
    needs. They are Python, the clock, CPUs and packet sockets, and of each interface that it is up and connected, its
    MTU and its address, and who answers for that address and for others on its network.
  - A row that is not ready is no failure of the module. What cannot be looked at is V(unknown), never V(ready).
  - Changes nothing. It sends ARP probes (RFC 5227), from which nobody learns an address.
author:
  - nfv.vsphere_dpdk contributors (@nfv)
extends_documentation_fragment:
  - nfv.vsphere_dpdk.attributes.info_module
options:
  name:
    description: The tester's name, for the rows.
    type: str
    required: true
  interfaces:
    description: The tester's interfaces, and what is asked of each.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of the interface.
        type: str
        required: true
      address:
        description: IPv4 address that the tester sends from. None is asked for when not given.
        type: str
      mtu:
        description: Bytes of the largest packet that the interface must take. Any will do when not given.
        type: int
      neighbours:
        description: Addresses on the interface's network, and who may have them.
        type: list
        elements: dict
        default: []
        suboptions:
          address:
            description: IPv4 address, such as the one that a PGW is to have.
            type: str
            required: true
          macs:
            description:
              - MAC addresses that may answer for it, such as that of the guest's adapter.
              - With an empty list nobody may. Any machine may when not given.
            type: list
            elements: str
          must_answer:
            description: Whether a machine must answer for it.
            type: bool
            default: false
  cpus:
    description: CPUs that the tester must have. Any number will do when not given.
    type: int
  controller_time:
    description:
      - The controller's clock, in seconds since the epoch, to compare the tester's with.
      - Not compared when not given.
    type: float
  clock_tolerance:
    description: Seconds by which the clocks may differ.
    type: float
    default: 60
  clock_latency:
    description:
      - Seconds that may pass from the evaluation of O(controller_time) to the look.
      - A clock that is ahead by them may be right, and counts as such.
    type: float
    default: 300
notes:
  - Needs C(iproute2). Without root (C(become)) or C(CAP_NET_RAW) it cannot ask who answers, and says so.
seealso:
  - module: nfv.vsphere_dpdk.guest_readiness_info
  - module: nfv.vsphere_dpdk.traffic_probe
"""

EXAMPLES = r"""
- name: Look at the tester
  nfv.vsphere_dpdk.tester_readiness_info:
    name: "{{ inventory_hostname }}"
    interfaces:
      - name: eth1
        address: 198.18.10.10
        mtu: 1536
        neighbours:
          # The PGW, before it is there: another machine with its address would be in its way.
          - address: 198.18.10.2
            macs: []
    controller_time: "{{ now().timestamp() }}"
  become: true
  register: tester
"""

RETURN = r"""
rows:
  description: One row for each thing that was looked at, always the same rows in the same order.
  returned: success
  type: list
  elements: dict
  contains:
    subject:
      description: Always V(tester).
      type: str
    object:
      description: The tester's name. For the rows of an interface, followed by the interface's.
      type: str
    check:
      description:
        - What was looked at, one of V(python), V(clock), V(cpus) and V(raw_sockets), and of an interface V(interface),
          V(mtu), V(address), V(address_taken), and V(neighbour) followed by its address.
      type: str
    asked:
      description: What must be true.
      type: str
    seen:
      description: What is there, or why it could not be told.
      type: str
    verdict:
      description: V(ready), V(not_ready), V(unknown) or V(not_asked).
      type: str
    code:
      description: Why it is not ready or unknown, as an error code. V(null) for the other verdicts.
      type: str
    remedy:
      description: What to do. Empty when there is nothing to do.
      type: str
  sample:
    - subject: tester
      object: tester-1 eth1
      check: address_taken
      asked: nobody else answers for 198.18.10.10
      seen: nobody else answers
      verdict: ready
      code:
      remedy: ""
error_code:
  description: Why it failed, V(address_invalid) or V(mac_invalid).
  returned: failure
  type: str
  sample: address_invalid
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.tester_readiness_info import run

_NEIGHBOUR = {
    "address": {"type": "str", "required": True},
    "macs": {"type": "list", "elements": "str"},
    "must_answer": {"type": "bool", "default": False},
}
_INTERFACE = {
    "name": {"type": "str", "required": True},
    "address": {"type": "str"},
    "mtu": {"type": "int"},
    "neighbours": {"type": "list", "elements": "dict", "default": [], "options": _NEIGHBOUR},
}


def main() -> None:
    """Runs the module."""
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "interfaces": {"type": "list", "elements": "dict", "default": [], "options": _INTERFACE},
            "cpus": {"type": "int"},
            "controller_time": {"type": "float"},
            "clock_tolerance": {"type": "float", "default": 60},
            "clock_latency": {"type": "float", "default": 300},
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
