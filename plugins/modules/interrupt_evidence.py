#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples and judges what shows that a guest's kernel forwards by interrupts."""

from __future__ import annotations

DOCUMENTATION = r"""
module: interrupt_evidence
short_description: Sample and judge what shows that the guest's kernel forwards by interrupts
version_added: 1.0.0
description:
  - Observes each adapter's driver and interface, its interrupts by CPU, its offloads and coalescing as the driver tells
    them, and its packet counters. Changes nothing.
  - Take one sample before known traffic, and give it as O(earlier) after it; then the module judges both. What was not
    observed does not hold.
  - It is for a comparison what M(nfv.vsphere_dpdk.pmd_evidence) is for a poll-mode driver, which an adapter under its
    kernel driver fails.
author:
  - nfv.vsphere_dpdk contributors (@nfv)
extends_documentation_fragment:
  - nfv.vsphere_dpdk.attributes.info_module
options:
  devices:
    description:
      - The adapters, each with C(name), C(pci_address) and C(mac). Other keys are ignored, so that the devices of
        M(nfv.vsphere_dpdk.dpdk_bind) can be given as they are.
    type: list
    elements: dict
    required: true
  earlier:
    description: The sample from before the traffic.
    type: dict
  traffic:
    description:
      - What a tester has sent since O(earlier), RV(nfv.vsphere_dpdk.traffic_probe#module:traffic). Of each stream that
        must arrive some packets must have, and none changed; of any other none.
    type: list
    elements: dict
    default: []
  cpus:
    description: CPUs that the adapters' interrupts must go to. Without it any may take them.
    type: str
  interrupt_coalescing:
    description: Whether the adapters may coalesce interrupts; with V(false) that must be seen to be off.
    type: bool
    default: true
notes:
  - Needs root, and nothing beyond Python's standard library.
seealso:
  - module: nfv.vsphere_dpdk.interrupt_forwarding
  - module: nfv.vsphere_dpdk.pmd_evidence
"""

EXAMPLES = r"""
- name: Sample before the traffic
  nfv.vsphere_dpdk.interrupt_evidence:
    devices: "{{ nfv_devices }}"
  register: before

- name: Sample after the traffic, and judge
  nfv.vsphere_dpdk.interrupt_evidence:
    devices: "{{ nfv_devices }}"
    earlier: "{{ before.sample }}"
    cpus: "2-3"
  register: after
  failed_when: not after.proved
"""

RETURN = r"""
sample:
  description: What was observed.
  returned: success
  type: dict
  contains:
    monotonic:
      description: Seconds on the guest's monotonic clock.
      type: float
      sample: 2833.496
    boot_id:
      description: The kernel's name for this boot.
      type: str
      sample: e278d369-2ed4-4ad8-a66c-de381c5ef036
    devices:
      description: The adapters.
      type: list
      elements: dict
      contains:
        driver:
          description: Its driver.
          type: str
          sample: vmxnet3
        interface:
          description: Its network interface, none under a userspace driver.
          type: str
          sample: ens192
        lro:
          description: Whether large receive offload is on, none where the driver does not tell.
          type: bool
          sample: false
        gro:
          description: Whether generic receive offload is on, none where the driver does not tell.
          type: bool
          sample: false
        coalescing:
          description: Whether interrupts may wait for more packets, none where the driver does not tell.
          type: bool
          sample: true
        interrupts:
          description: Its interrupts, each with C(line), C(allowed_cpus) and C(counts) by CPU.
          type: list
          elements: dict
          sample: [{line: '57', allowed_cpus: [2], counts: {'2': 1200}}]
        counters:
          description: Packets, drops and errors of its interface.
          type: dict
          sample: {rx_packets: 1000, tx_packets: 1000, rx_dropped: 0, rx_errors: 0}
evidence:
  description: The pieces of evidence.
  returned: with O(earlier)
  type: list
  elements: dict
  contains:
    name:
      description: One of V(kernel_driver), V(lro_off), V(gro_off), V(packets_pass), V(interrupts_rise),
        V(interrupts_placed) and V(coalescing_off) of an adapter, and V(traffic_passes) of a stream of O(traffic).
      type: str
      sample: interrupts_rise
    device:
      description: The adapter's name, or the stream's.
      type: str
      sample: s5u
    holds:
      description: Whether it is so.
      type: bool
      sample: true
    seen:
      description: What was seen.
      type: str
      sample: 980 interrupts for 1000 packets
proved:
  description: Whether all of them hold.
  returned: with O(earlier)
  type: bool
  sample: true
failures:
  description: What does not hold, in words.
  returned: with O(earlier)
  type: list
  elements: str
  sample: ["s5u: lro_off does not hold (on)"]
error_code:
  description: Why it failed, one of V(device_invalid) and V(value_not_allowed).
  returned: failure
  type: str
  sample: device_invalid
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.interrupt_evidence import run


def main() -> None:
    """Runs the module."""
    module = AnsibleModule(
        argument_spec={
            "devices": {"type": "list", "elements": "dict", "required": True},
            "earlier": {"type": "dict"},
            "traffic": {"type": "list", "elements": "dict", "default": []},
            "cpus": {"type": "str"},
            "interrupt_coalescing": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
