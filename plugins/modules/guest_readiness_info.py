#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells whether a running guest has what the roles need."""

from __future__ import annotations

DOCUMENTATION = r"""
module: guest_readiness_info
short_description: Tell whether a running guest has what the roles need
version_added: 1.0.0
description:
  - Looks at a guest before roles tune it, install DPDK and bind its adapters, and returns one row for each thing that
    they need and do not bring themselves. They are Python, root, the clock, the distribution, packages or archives that
    answer, the boot loader, the kernel's options, userspace drivers and what Secure Boot leaves of them, CPUs, page
    sizes and memory.
  - A row that is not ready is no failure of the module. What cannot be looked at is V(unknown), never V(ready).
  - Changes nothing. Archives are asked with the package manager's own settings, and their answers are thrown away.
author:
  - nfv.vsphere_dpdk contributors (@nfv)
extends_documentation_fragment:
  - nfv.vsphere_dpdk.attributes.info_module
options:
  name:
    description: The VM's name, for the rows.
    type: str
    required: true
  dataplane:
    description:
      - The description of the VM's data plane, as M(nfv.vsphere_dpdk.vm_dataplane) takes it.
      - Without one, the rows that depend on it have the verdict V(not_asked).
    type: dict
  pending:
    description:
      - Settings of the VM that differ from the description, and that role C(vm_hardware) will change. They have the
        names that M(nfv.vsphere_dpdk.vm_dataplane_info) returns as C(setting) in its C(differences).
      - What the guest lacks because of one of them has the verdict V(not_asked) instead of V(not_ready).
    type: list
    elements: str
    default: []
  packages:
    description: Names of packages that are needed besides DPDK's. V(*) in a name stands for any characters.
    type: list
    elements: str
    default: []
  from_source:
    description: Whether DPDK is built in this guest, so that what a build needs is looked for in place of its packages.
    type: bool
    default: false
  driver:
    description: The userspace driver that M(nfv.vsphere_dpdk.dpdk_bind) is given.
    type: str
    choices: [auto, vfio-pci, igb_uio, uio_pci_generic]
    default: auto
  allow_no_iommu:
    description: Whether M(nfv.vsphere_dpdk.dpdk_bind) may use C(vfio-pci) without an IOMMU.
    type: bool
    default: false
  controller_time:
    description:
      - The controller's clock, in seconds since the epoch, to compare the guest's with.
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
  - Runs with and without root. Run it with C(become) where that works, and without where it does not. The row C(root)
    then says what C(sudo) answers.
seealso:
  - module: nfv.vsphere_dpdk.tester_readiness_info
  - module: nfv.vsphere_dpdk.guest_dataplane_info
"""

EXAMPLES = r"""
- name: Look at the guest, as root where that is allowed
  block:
    - name: Look as root
      nfv.vsphere_dpdk.guest_readiness_info: &look
        name: "{{ inventory_hostname }}"
        dataplane: "{{ nfv_dataplane }}"
        packages: [openvswitch-switch-dpdk]
        controller_time: "{{ now().timestamp() }}"
      become: true
      register: guest
  rescue:
    - name: Look without, which tells why
      nfv.vsphere_dpdk.guest_readiness_info: *look
      vars: {ansible_become: false}
      register: guest

- name: Tell what is to be done
  ansible.builtin.debug:
    msg: "{{ guest.rows | selectattr('verdict', 'in', ['not_ready', 'unknown']) | map(attribute='remedy') }}"
"""

RETURN = r"""
rows:
  description: One row for each thing that was looked at, always the same rows in the same order.
  returned: success
  type: list
  elements: dict
  contains:
    subject:
      description: Always V(guest).
      type: str
    object:
      description: The VM's name.
      type: str
    check:
      description:
        - What was looked at, one of V(python), V(root), V(clock), V(distribution), V(packages), V(boot_loader),
          V(kernel_options), V(driver), V(lockdown), V(iommu), V(cpus), V(page_sizes) and V(memory).
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
    - subject: guest
      object: pgw-1
      check: driver
      asked: a userspace driver for the polled adapters
      seen: vfio-pci (the kernel has vfio-pci, uio_pci_generic)
      verdict: ready
      code:
      remedy: ""
error_code:
  description: Why it failed, V(description_invalid).
  returned: failure
  type: str
  sample: description_invalid
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.guest_readiness_info import run


def main() -> None:
    """Runs the module."""
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "dataplane": {"type": "dict"},
            "pending": {"type": "list", "elements": "str", "default": []},
            "packages": {"type": "list", "elements": "str", "default": []},
            "from_source": {"type": "bool", "default": False},
            "driver": {
                "type": "str",
                "choices": ["auto", "vfio-pci", "igb_uio", "uio_pci_generic"],
                "default": "auto",
            },
            "allow_no_iommu": {"type": "bool", "default": False},
            "controller_time": {"type": "float"},
            "clock_tolerance": {"type": "float", "default": 60},
            "clock_latency": {"type": "float", "default": 300},
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
