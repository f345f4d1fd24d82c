#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets a guest's kernel forward by interrupts, or makes the guest what it was before."""

from __future__ import annotations

DOCUMENTATION = r"""
module: interrupt_forwarding
short_description: Let the guest's kernel forward by interrupts, and take it back
version_added: 1.0.0
description:
  - Gives the two adapters of the data plane to their kernel driver and lets the kernel forward between them, to compare
    interrupts with a poll-mode driver on the same guest, vCPUs and adapters.
  - Stops the services that drive the adapters, with consent. Turns off what would merge packets (LRO and GRO), and
    sends the adapters' interrupts to the CPUs that poll otherwise. Isolation stays as it is. C(irqbalance), which would
    move the interrupts away, stops with them.
  - Before its first change it records in C(/var/lib/nfv-vsphere-dpdk/forwarding.json) what was. O(state=absent)
    restores exactly that, also when a run was killed in between, and then removes the record.
  - A reboot gives the adapters to their userspace drivers and starts the services that are enabled. The record then
    restores what else ran, and nothing of the interfaces, which have ended with the kernel that held them.
  - Changes each interface's own C(forwarding) and C(rp_filter) and no setting of the whole machine, so that the
    management adapter forwards no more than before.
  - IPv4 only. The adapters carry no address before; one that does is refused, as is the adapter of this session.
author:
  - nfv.vsphere_dpdk contributors (@nfv)
extends_documentation_fragment:
  - nfv.vsphere_dpdk.attributes
options:
  state:
    description:
      - V(present) lets the kernel forward, V(absent) makes the guest what it was. V(absent) reads no other option.
    type: str
    choices: [present, absent]
    default: present
  devices:
    description:
      - The two adapters, each with C(name) and C(mac). Other keys are ignored, so that the devices of
        M(nfv.vsphere_dpdk.dpdk_bind) can be given as they are.
      - Other than two are refused (C(frames_need_two_adapters)).
    type: list
    elements: dict
    default: []
  forwarding:
    description:
      - V(routing) routes IPv4 between the addresses that O(adapters) gives the adapters.
      - V(bridge) joins the two networks with a Linux bridge. It sends the frames of others, which a port group passes
        on only with forged transmits allowed, and receives those for others only in promiscuous mode.
      - V(gtp) is a GTP-U user plane by the kernel's module C(gtp), with the tunnels of O(sessions). It needs Linux and
        iproute2 5.18, and answers Echo Requests (Linux 6.1 always with sequence number 0).
    type: str
    choices: [routing, bridge, gtp]
    default: routing
  adapters:
    description: What the adapters carry. Without effect with O(forwarding=bridge).
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name of one of O(devices).
        type: str
        required: true
      addresses:
        description: Its IPv4 addresses with their lengths.
        type: list
        elements: str
        default: []
      neighbours:
        description: Neighbours that the kernel need not ask for by ARP.
        type: list
        elements: dict
        default: []
        suboptions:
          address:
            description: IPv4 address.
            type: str
            required: true
          mac:
            description: MAC address.
            type: str
            required: true
      routes:
        description: Networks behind a neighbour. A default route is refused.
        type: list
        elements: dict
        default: []
        suboptions:
          destination:
            description: IPv4 network.
            type: str
            required: true
          via:
            description: IPv4 address of the neighbour.
            type: str
            required: true
  sessions:
    description: The subscribers' sessions, for O(forwarding=gtp). No two may have the same address or local TEID.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Its name in messages and in the diff, which shows the sessions that are not there yet.
        type: str
      local_teid:
        description: TEID of the uplink G-PDUs that the guest receives.
        type: int
        required: true
      peer_teid:
        description: TEID of the downlink G-PDUs that the guest sends.
        type: int
        required: true
      peer_address:
        description: IPv4 address of the peer (SGW).
        type: str
        required: true
      ue_address:
        description: IPv4 address of the subscriber.
        type: str
        required: true
  units:
    description:
      - The systemd services that drive the adapters otherwise, in the order in which they are stopped; they start again
        in the opposite order. A program that drives an adapter and is none of them is refused (C(device_busy)).
    type: list
    elements: str
    default: []
  interrupt_service:
    description:
      - Whether O(units) that run may be stopped, which interrupts their traffic.
      - With V(never) the module fails with C(interrupt_consent_missing) before any change when one runs.
    type: str
    choices: [never, when_needed]
    default: never
  cpus:
    description:
      - CPUs for the adapters' interrupts, such as V(2-3). The adapters begin on different ones.
      - Without it the interrupts stay where they are.
    type: str
  interrupt_coalescing:
    description:
      - Whether the adapters may wait for more packets before they interrupt, as their driver has it.
      - V(false) turns that off. VMXNET3 can from virtual hardware 13 on (C(coalescing_unsupported)).
      - To leave it on again after V(false), take the forwarding back in between.
    type: bool
    default: true
attributes:
  check_mode:
    support: full
    details:
      - Predicts what the first look tells. Offloads and interrupts show only once the kernel drives the adapters.
  diff_mode:
    support: full
  idempotent:
    support: full
notes:
  - Needs root, systemd, C(iproute2), and nothing beyond Python's standard library.
  - The guest carries no traffic of its application until O(state=absent).
seealso:
  - module: nfv.vsphere_dpdk.interrupt_evidence
  - module: nfv.vsphere_dpdk.dpdk_bind
"""

EXAMPLES = r"""
- name: Let the kernel route between the two adapters
  nfv.vsphere_dpdk.interrupt_forwarding:
    devices: "{{ nfv_devices }}"
    units: ["{{ nfv_application.unit }}"]
    interrupt_service: when_needed
    cpus: "2-3"
    adapters:
      - {name: s5u, addresses: [192.0.2.1/24]}
      - {name: sgi, addresses: [198.51.100.1/24]}

- name: Give the guest its application back
  nfv.vsphere_dpdk.interrupt_forwarding:
    state: absent
"""

RETURN = r"""
record:
  description: The file that says what was before, none with O(state=absent).
  returned: success
  type: str
  sample: /var/lib/nfv-vsphere-dpdk/forwarding.json
forwarding:
  description: How the kernel forwards, none with O(state=absent).
  returned: success
  type: str
  sample: routing
stopped_units:
  description: Services that ran before and start again with O(state=absent).
  returned: success
  type: list
  elements: str
  sample: [openvswitch-switch.service]
adapters:
  description: The two adapters, none with O(state=absent).
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: Its name.
      type: str
      sample: s5u
    mac:
      description: Its MAC address.
      type: str
      sample: 00:50:56:01:0a:02
    pci_address:
      description: Its PCI address.
      type: str
      sample: 0000:0b:00.0
    driver:
      description: Its driver now; in check mode the one it still has.
      type: str
      sample: vmxnet3
    interface:
      description: Its network interface, none while the kernel does not drive it.
      type: str
      sample: ens192
error_code:
  description: Why it failed, one of V(frames_need_two_adapters), V(interrupt_consent_missing), V(device_invalid),
    V(value_not_allowed), V(cpus_missing), V(adapter_repeated), V(adapter_not_found), V(management_adapter),
    V(adapter_in_use), V(device_busy), V(coalescing_unsupported), V(offload_refused), V(link_refused),
    V(tunnels_refused), V(interrupt_record_unreadable), V(binding_record_unreadable), V(bind_failed),
    V(modprobe_failed), V(unit_failed), V(iproute_failed), V(output_unreadable), V(guest_locked), V(write_failed),
    V(guest_not_converged).
  returned: failure
  type: str
  sample: interrupt_consent_missing
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.interrupt_forwarding import run

_NEIGHBOUR = {"address": {"type": "str", "required": True}, "mac": {"type": "str", "required": True}}
_ROUTE = {"destination": {"type": "str", "required": True}, "via": {"type": "str", "required": True}}
_ADAPTER = {
    "name": {"type": "str", "required": True},
    "addresses": {"type": "list", "elements": "str", "default": []},
    "neighbours": {"type": "list", "elements": "dict", "options": _NEIGHBOUR, "default": []},
    "routes": {"type": "list", "elements": "dict", "options": _ROUTE, "default": []},
}
_SESSION = {
    "name": {"type": "str"},
    "local_teid": {"type": "int", "required": True},
    "peer_teid": {"type": "int", "required": True},
    "peer_address": {"type": "str", "required": True},
    "ue_address": {"type": "str", "required": True},
}


def main() -> None:
    """Runs the module."""
    module = AnsibleModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "devices": {"type": "list", "elements": "dict", "default": []},
            "forwarding": {"type": "str", "choices": ["routing", "bridge", "gtp"], "default": "routing"},
            "adapters": {"type": "list", "elements": "dict", "options": _ADAPTER, "default": []},
            "sessions": {"type": "list", "elements": "dict", "options": _SESSION, "default": []},
            "units": {"type": "list", "elements": "str", "default": []},
            "interrupt_service": {"type": "str", "choices": ["never", "when_needed"], "default": "never"},
            "cpus": {"type": "str"},
            "interrupt_coalescing": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
