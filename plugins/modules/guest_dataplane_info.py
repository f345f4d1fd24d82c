#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole guest against the description of its data plane."""

from __future__ import annotations

DOCUMENTATION = r"""
module: guest_dataplane_info
short_description: Compare a whole guest with the description of its data plane
version_added: 1.0.0
description:
  - Compares a guest with its description in one look. It covers kernel arguments, hugepages and their mounts,
    transparent hugepages, tuned and irqbalance; DPDK's version and its VMXNET3 driver; the adapters and their drivers;
    and the application.
  - It is the counterpart of M(nfv.vsphere_dpdk.vm_dataplane_info) in the guest. It changes nothing and needs no lock.
  - It fails when something cannot be compared. A difference is no failure.
author:
  - nfv.vsphere_dpdk contributors (@nfv)
extends_documentation_fragment:
  - nfv.vsphere_dpdk.attributes.info_module
options:
  dataplane:
    description: The description of the VM's data plane, as M(nfv.vsphere_dpdk.vm_dataplane) takes it.
    type: dict
    required: true
  tuned:
    description: Whether tuned, where it runs or is enabled, must apply a profile derived from the description.
    type: bool
    default: true
  minimum_version:
    description: The oldest DPDK that is accepted. O(dataplane) may need a newer one.
    type: str
    default: "22.11"
  prefix:
    description: Where a build of DPDK is installed. The distribution's DPDK is looked at when not given.
    type: path
  adapters:
    description:
      - The guest's adapters with C(name), C(mac) and C(driver), as M(nfv.vsphere_dpdk.dpdk_bind) takes them. Other keys
        are ignored.
      - None are compared when not given.
    type: list
    elements: dict
    default: []
  driver:
    description: The userspace driver, as M(nfv.vsphere_dpdk.dpdk_bind) chooses it.
    type: str
    choices: [auto, vfio-pci, igb_uio, uio_pci_generic]
    default: auto
  allow_no_iommu:
    description: Whether V(vfio-pci) may be used without an IOMMU.
    type: bool
    default: false
  allow_other_devices:
    description: Whether adapters other than VMXNET3 may be bound.
    type: bool
    default: false
  allow_in_use:
    description: Whether an adapter may be bound although its interface carries an address or a route.
    type: bool
    default: false
  application:
    description: The application that polls the adapters. It is not compared when not given.
    type: dict
    suboptions:
      service:
        description: Its systemd unit, such as V(vnf-testpmd.service), or V(ovs-vswitchd.service) for role C(pgw).
        type: str
        required: true
      program:
        description: Path of the program that the unit's main process must run. Any program when not given.
        type: path
  vm:
    description:
      - The VM that the guest must be. Another machine is refused with C(guest_identity_differs), so that none is taken
        for the one that is described.
      - The identity is not compared when not given, as for guests that vCenter is not asked about.
    type: dict
    suboptions:
      name:
        description: The VM's name, for messages.
        type: str
        required: true
      uuid:
        description: The VM's BIOS UUID, as M(nfv.vsphere_dpdk.vm_dataplane_info) returns it; an empty one is refused.
        type: str
        required: true
      address:
        description: Where the machine was reached, for messages.
        type: str
        required: true
notes:
  - Needs root, C(iproute2), and nothing beyond Python's standard library.
seealso:
  - module: nfv.vsphere_dpdk.vm_dataplane_info
  - module: nfv.vsphere_dpdk.guest_tuning
  - module: nfv.vsphere_dpdk.dpdk_bind
"""

EXAMPLES = r"""
- name: Compare a guest with its description
  nfv.vsphere_dpdk.guest_dataplane_info:
    dataplane: "{{ nfv_dataplane }}"
    adapters: "{{ nfv_adapters }}"
    application:
      service: ovs-vswitchd.service
  register: guest

- name: Tell what differs
  ansible.builtin.debug:
    msg: "{{ guest.differences | map(attribute='message') }}"
"""

RETURN = r"""
differences:
  description: Where the guest differs from the description.
  returned: success
  type: list
  elements: dict
  contains:
    setting:
      description: The setting.
      type: str
      sample: driver of adapter s5u
    asked:
      description: What the description asks for.
      type: raw
      sample: uio_pci_generic
    seen:
      description: What is there; null for nothing.
      type: raw
      sample: vmxnet3
    error_code:
      description: The kind of difference, as in the tables of error codes.
      type: str
      sample: adapter_not_bound
    message:
      description: The difference as a sentence.
      type: str
      sample: adapter s5u has driver vmxnet3, described as uio_pci_generic
reboot_required:
  description: Whether RV(pending) holds anything.
  returned: success
  type: bool
  sample: true
pending:
  description: Kernel arguments that wait for a reboot.
  returned: success
  type: list
  elements: str
  sample: ['isolcpus=managed_irq,domain,2-3']
dpdk:
  description:
    - The DPDK that is installed, with C(version), C(origin), C(programs), C(vmxnet3) and C(missing_libraries), as
      M(nfv.vsphere_dpdk.dpdk_install_info) returns it. Null without one.
  returned: success
  type: dict
  sample:
    version: 22.11.9
    origin: packages
    programs: [/usr/bin/dpdk-testpmd]
    vmxnet3: true
    missing_libraries: []
adapters:
  description: O(adapters) in their order.
  returned: success
  type: list
  elements: dict
  contains:
    name:
      description: The adapter's name.
      type: str
      sample: s5u
    mac:
      description: Its MAC address.
      type: str
      sample: 00:50:56:01:0a:02
    pci_address:
      description: Its PCI address; null when the guest has no such adapter.
      type: str
      sample: 0000:0b:00.0
    driver:
      description: Its driver; null without one.
      type: str
      sample: vfio-pci
    held_by:
      description: The processes that drive it.
      type: list
      elements: int
      sample: [1449]
application:
  description: The application. Null without O(application).
  returned: success
  type: dict
  contains:
    service:
      description: Its unit.
      type: str
      sample: openvswitch-switch.service
    state:
      description: The unit's state, such as V(active); empty when systemd does not know it.
      type: str
      sample: active
    enabled:
      description: Whether it is started at boot.
      type: bool
      sample: true
    process:
      description: Its main process, V(0) for none.
      type: int
      sample: 1449
    program:
      description: Path of the program that the main process runs.
      type: str
      sample: /usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk
    processes:
      description: Its processes that drive adapters.
      type: list
      elements: int
      sample: [1449]
error_code:
  description: Why it failed, one of V(description_invalid), V(adapter_invalid), V(distribution_unsupported),
    V(packages_unreadable), V(build_incomplete), V(bootloader_unsupported), V(kernel_arguments_record_invalid),
    V(tuned_record_invalid), V(binding_record_unreadable), V(iproute_failed), V(output_unreadable),
    V(guest_identity_differs), V(guest_identity_unknown).
  returned: failure
  type: str
  sample: description_invalid
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.guest_dataplane_info import run


def main() -> None:
    """Entry point."""
    application = {"service": {"type": "str", "required": True}, "program": {"type": "path"}}
    vm = {option: {"type": "str", "required": True} for option in ("name", "uuid", "address")}
    module = AnsibleModule(
        argument_spec={
            "dataplane": {"type": "dict", "required": True},
            "tuned": {"type": "bool", "default": True},
            "minimum_version": {"type": "str", "default": "22.11"},
            "prefix": {"type": "path"},
            "adapters": {"type": "list", "elements": "dict", "default": []},
            "driver": {
                "type": "str",
                "choices": ["auto", "vfio-pci", "igb_uio", "uio_pci_generic"],
                "default": "auto",
            },
            "allow_no_iommu": {"type": "bool", "default": False},
            "allow_other_devices": {"type": "bool", "default": False},
            "allow_in_use": {"type": "bool", "default": False},
            "application": {"type": "dict", "options": application},
            "vm": {"type": "dict", "options": vm},
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
