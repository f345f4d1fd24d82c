#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what a guest has and runs for a poll-mode data plane."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dpdk_info
short_description: Read a guest's adapters, drivers, hugepages and isolated CPUs
version_added: 1.0.0
description:
  - Reads what the running kernel shows in C(/proc) and C(/sys). Changes nothing.
author:
  - nfv.vsphere_dpdk contributors (@nfv)
attributes:
  check_mode:
    description: Reads only, so that check mode makes no difference.
    support: full
  diff_mode:
    description: Nothing changes, so that there is no diff.
    support: none
notes:
  - Needs nothing beyond Python's standard library.
"""

EXAMPLES = r"""
- name: Look at the guest
  nfv.vsphere_dpdk.dpdk_info:
  register: guest

- name: Check that vCPU 1 is isolated
  ansible.builtin.assert:
    that: guest.cpus.isolated == "1"
"""

RETURN = r"""
dpdk_version:
  description: Version of the installed package, null without one.
  returned: success
  type: str
  sample: 22.11.11
devices:
  description: The network devices in the order of their PCI addresses.
  returned: success
  type: list
  elements: dict
  contains:
    pci_address:
      description: PCI address.
      type: str
      sample: 0000:0b:00.0
    name:
      description: Name that M(nfv.vsphere_dpdk.dpdk_bind) recorded; null without one, and where the device may be
        another one, because PCI addresses have shifted or the machine is a clone.
      type: str
      sample: s5u
    mac:
      description: Permanent MAC address, the recorded one under a userspace driver; null where that is not certain.
      type: str
      sample: 00:50:56:01:0a:02
    vendor:
      description: PCI vendor.
      type: str
      sample: '0x15ad'
    device:
      description: PCI device.
      type: str
      sample: '0x07b0'
    driver:
      description: Driver, null without one.
      type: str
      sample: vfio-pci
    interfaces:
      description: The kernel's interfaces on it.
      type: list
      elements: str
      sample: [ens192]
    in_use_by:
      description: Bridges and bonds above its interfaces.
      type: list
      elements: str
      sample: [br0]
    handles:
      description: Device files through which a program drives it.
      type: list
      elements: str
      sample: [/dev/vfio/7]
    iommu_group:
      description: IOMMU group, null without one.
      type: str
      sample: '7'
    numa_node:
      description: NUMA node, null when the platform does not tell.
      type: int
      sample: 0
    userspace:
      description: Whether a userspace driver has it.
      type: bool
      sample: true
platform:
  description: What the machine offers to userspace drivers.
  returned: success
  type: dict
  contains:
    iommu:
      description: Whether there is an IOMMU.
      type: bool
      sample: true
    no_iommu:
      description: Whether the kernel's vfio can do without one.
      type: bool
      sample: false
    drivers:
      description: Userspace drivers that the running kernel has.
      type: list
      elements: str
      sample: [vfio-pci, uio_pci_generic]
hugepages:
  description: The machine's hugepage pools, then each NUMA node's.
  returned: success
  type: list
  elements: dict
  contains:
    size_kb:
      description: Size of a page in KiB.
      type: int
      sample: 2048
    node:
      description: NUMA node, null for the whole machine.
      type: int
      sample: 0
    allocated:
      description: Pages in the pool.
      type: int
      sample: 512
    free:
      description: Pages that nobody uses.
      type: int
      sample: 128
memory_available_kb:
  description: Memory that programs can still get, in KiB.
  returned: success
  type: int
  sample: 2621440
transparent_hugepage:
  description: Mode of transparent hugepages.
  returned: success
  type: str
  sample: never
cpus:
  description: CPU lists of the running kernel, empty strings for none.
  returned: success
  type: dict
  contains:
    online:
      description: CPUs that run.
      type: str
      sample: 0-3
    isolated:
      description: CPUs that the scheduler leaves alone.
      type: str
      sample: 2-3
    nohz_full:
      description: CPUs without a periodic tick.
      type: str
      sample: 2-3
kernel:
  description: The running kernel.
  returned: success
  type: dict
  contains:
    release:
      description: Its release.
      type: str
      sample: 6.1.0-40-amd64
    arguments:
      description: Its command line.
      type: list
      elements: str
      sample: [isolcpus=managed_irq, domain, 2-3, nohz_full=2-3]
error_code:
  description: Why it failed, such as V(binding_record_unreadable).
  returned: failure
  type: str
  sample: binding_record_unreadable
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.dpdk_info import run


def main() -> None:
    """Runs the module."""
    run(AnsibleModule(argument_spec={}, supports_check_mode=True))


if __name__ == "__main__":
    main()
