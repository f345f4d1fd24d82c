#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Configures Open vSwitch with DPDK; see _module/ovs_dpdk.py."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ovs_dpdk
short_description: Configure Open vSwitch with DPDK
version_added: 1.0.0
description:
  - Configures DPDK's settings of Open vSwitch, its userspace bridges and their ports, in one transaction of the
    switch's database.
  - Allows DPDK to use the devices of the ports named here, and no other.
  - On Debian and Ubuntu it also chooses the build of C(ovs-vswitchd) that has DPDK.
  - Only bridges that this module made are changed or removed.
requirements:
  - Open vSwitch 3.1 or newer with DPDK (package C(openvswitch-switch-dpdk)), running under systemd
author:
  - nfv.vsphere_dpdk contributors (@nfv)
attributes:
  check_mode:
    description: Predicts the result, changes nothing and restarts nothing. Open vSwitch may be missing.
    support: full
  diff_mode:
    description: Shows the settings, bridges and ports before and after.
    support: full
options:
  state:
    description:
      - V(present) configures the switch.
      - V(absent) removes the bridges, restores DPDK's former settings and lets the system choose the build of
        C(ovs-vswitchd) again. Open vSwitch may be missing.
    type: str
    choices: [present, absent]
    default: present
  polling_cpus:
    description:
      - CPUs whose whole time goes to polling, in cpuset syntax such as V(1) or V(2-3).
      - Required with O(state=present).
    type: str
  housekeeping_cpus:
    description:
      - CPUs for the other threads of the switch, in cpuset syntax.
      - Required with O(state=present).
    type: str
  hugepages:
    description:
      - Pools of hugepages of this machine. DPDK takes three quarters of them when it starts.
      - Required with O(state=present).
    type: list
    elements: dict
    suboptions:
      size_kb:
        description: Size of a page in KiB.
        type: int
        required: true
      count:
        description: Number of pages.
        type: int
        required: true
      node:
        description: NUMA node of the pages. Without it they are wherever the kernel put them.
        type: int
  bridges:
    description:
      - Userspace bridges that the switch shall have. Ports that are not named are removed from them.
      - Required with O(state=present).
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the bridge and of its local interface.
        type: str
        required: true
      fail_mode:
        description: What the bridge does without flows. V(secure) drops, V(standalone) switches like any switch.
        type: str
        choices: [secure, standalone]
        default: secure
      ports:
        description: Ports of the bridge.
        type: list
        elements: dict
        default: []
        suboptions:
          name:
            description: Name of the port.
            type: str
            required: true
          number:
            description: OpenFlow number of the port, which flows refer to.
            type: int
            required: true
          type:
            description:
              - V(dpdk) is a device with a poll-mode driver.
              - V(gtpu) is a tunnel whose flows set peer and TEID. It receives G-PDUs.
              - V(gtpu_signalling) receives all other messages of GTP-U, whole as they came.
              - V(internal) is an interface of the guest's kernel.
            type: str
            choices: [dpdk, gtpu, gtpu_signalling, internal]
            required: true
          pci_address:
            description: PCI address of the device. Required for V(dpdk) ports.
            type: str
          queues:
            description: Number of receive queues. OVS makes one transmit queue for each of its threads.
            type: int
            default: 1
          mtu:
            description: Largest IP packet in bytes. Without it OVS uses 1500.
            type: int
          rx_descriptors:
            description:
              - Size of each receive ring of a V(dpdk) port, a power of two. Without it OVS uses 2048.
              - The VMXNET3 PMD takes 128 to 4096.
            type: int
          tx_descriptors:
            description:
              - Size of each transmit ring of a V(dpdk) port, a power of two. Without it OVS uses 2048.
              - The VMXNET3 PMD takes 512 to 4096.
            type: int
  restart:
    description:
      - Whether C(ovs-vswitchd) may be restarted when DPDK's settings change, which interrupts all traffic of the
        switch for several seconds.
      - With V(never) such a change waits for the next restart and RV(restart_required) tells of it.
    type: str
    choices: [never, when_needed]
    default: never
seealso:
  - module: nfv.vsphere_dpdk.pgw_sessions
"""

EXAMPLES = r"""
- name: Let two VMXNET3 adapters and a GTP-U tunnel be ports of OVS
  nfv.vsphere_dpdk.ovs_dpdk:
    polling_cpus: "1"
    housekeeping_cpus: "0"
    hugepages:
      - {size_kb: 2048, count: 256}
    bridges:
      - name: br-s5u
        ports:
          - {name: s5u, number: 1, type: dpdk, pci_address: "0000:0b:00.0"}
      - name: br-sgi
        ports:
          - {name: sgi, number: 1, type: dpdk, pci_address: "0000:13:00.0"}
          - {name: gtpu, number: 2, type: gtpu}
          - {name: pgw-path, number: 3, type: internal}
          - {name: gtpu-messages, number: 4, type: gtpu_signalling}
    restart: when_needed

- name: Restore the former settings
  nfv.vsphere_dpdk.ovs_dpdk:
    state: absent
    restart: when_needed
"""

RETURN = r"""
installed:
  description: Whether Open vSwitch with DPDK is installed. It can be false in check mode and with O(state=absent) only.
  returned: success
  type: bool
  sample: true
restart_required:
  description: Whether settings wait for a restart of C(ovs-vswitchd) that was not allowed.
  returned: success
  type: bool
  sample: false
restart_reasons:
  description: Why C(ovs-vswitchd) has to be restarted.
  returned: success
  type: list
  elements: str
  sample: ["dpdk-init, dpdk-extra changes"]
ovs_version:
  description: Version of Open vSwitch, null when it is not installed.
  returned: success
  type: str
  sample: 3.1.0
dpdk_version:
  description: Version of DPDK in the running switch, null when it has none.
  returned: success
  type: str
  sample: DPDK 22.11.11
dpdk_initialized:
  description: Whether the running switch has initialised DPDK.
  returned: success
  type: bool
  sample: true
switch:
  description: DPDK's settings, and this collection's bridges with their ports.
  returned: success
  type: dict
  sample: {"bridges": {}, "other_config": {"dpdk-init": "true"}}
defects:
  description: Known defects of this version of Open vSwitch that affect the configuration. Each is a warning, too.
  returned: success
  type: list
  elements: str
  sample: []
error_code:
  description: The kind of failure, for machines.
  returned: failure
  type: str
  sample: port_failed
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.ovs_dpdk import run

_PORT = {
    "name": {"type": "str", "required": True},
    "number": {"type": "int", "required": True},
    "type": {"type": "str", "choices": ["dpdk", "gtpu", "gtpu_signalling", "internal"], "required": True},
    "pci_address": {"type": "str"},
    "queues": {"type": "int", "default": 1},
    "mtu": {"type": "int"},
    "rx_descriptors": {"type": "int"},
    "tx_descriptors": {"type": "int"},
}
_BRIDGE = {
    "name": {"type": "str", "required": True},
    "fail_mode": {"type": "str", "choices": ["secure", "standalone"], "default": "secure"},
    "ports": {
        "type": "list",
        "elements": "dict",
        "default": [],
        "options": _PORT,
        "required_if": [("type", "dpdk", ["pci_address"])],
    },
}
_POOL = {
    "size_kb": {"type": "int", "required": True},
    "count": {"type": "int", "required": True},
    "node": {"type": "int"},
}
ARGUMENTS = {
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "polling_cpus": {"type": "str"},
    "housekeeping_cpus": {"type": "str"},
    "hugepages": {"type": "list", "elements": "dict", "options": _POOL},
    "bridges": {"type": "list", "elements": "dict", "options": _BRIDGE},
    "restart": {"type": "str", "choices": ["never", "when_needed"], "default": "never"},
}


def main() -> None:
    module = AnsibleModule(
        argument_spec=ARGUMENTS,
        required_if=[("state", "present", ["polling_cpus", "housekeeping_cpus", "hugepages", "bridges"])],
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
