#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Binds a guest's adapters to a poll-mode driver, or gives them back to the kernel."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dpdk_bind
short_description: Bind adapters to a poll-mode driver, or give them back to the kernel
version_added: 1.0.0
description:
  - Finds adapters by their permanent MAC address, binds them to a userspace driver, and keeps them bound over reboots.
  - A NIC bound to a userspace driver no longer exposes its MAC address. The module therefore records MAC and PCI
    address, and the machine's DMI UUID, in C(/etc/nfv-vsphere-dpdk/adapters.json).
  - At boot the unit C(nfv-dpdk-bind.service) binds each adapter only if the kernel's driver shows the recorded MAC
    address at the recorded PCI address, and nothing uses it. Otherwise the adapter stays with the kernel, the unit has
    failed, and the journal says why.
  - Where PCI addresses have shifted, and in a clone, a device without a MAC address is not taken for a recorded
    adapter. It goes back to the kernel first, and the adapters are then found anew.
  - Never takes the adapter of this session, nor one that belongs to a bridge or bond. One that carries an address or a
    route, a default route as well, is taken only with O(allow_in_use). Where no SSH session tells the management
    adapter, each adapter with a default route counts as one.
  - Under V(vfio-pci) with an IOMMU, refuses an adapter whose IOMMU group holds devices that the kernel drives.
  - When a binding fails, the adapter goes back to its kernel driver.
  - Adapters that were bound earlier and are no longer named with C(driver=pmd) are given back.
author:
  - nfv.vsphere_dpdk contributors (@nfv)
options:
  adapters:
    description:
      - The guest's adapters, each with C(name) (in the description of the data plane), C(mac) (as vSphere assigned it,
        in any spelling)
        and C(driver), which is V(pmd) for a poll-mode driver or V(kernel) for the kernel's own.
      - Other keys are ignored, so that the adapters of M(nfv.vsphere_dpdk.vm_dataplane_info) can be given as they are.
    type: list
    elements: dict
    default: []
  driver:
    description:
      - The userspace driver.
      - V(auto) takes V(vfio-pci) where there is an IOMMU, or where the kernel can do without one and
        O(allow_no_iommu) is set; else V(igb_uio) where it is installed; else V(uio_pci_generic).
    type: str
    choices: [auto, vfio-pci, igb_uio, uio_pci_generic]
    default: auto
  allow_no_iommu:
    description:
      - Whether V(vfio-pci) may be used without an IOMMU. The kernel calls this mode unsafe and marks itself tainted,
        because the adapter can then write to all of the guest's memory (as it can under the uio drivers).
    type: bool
    default: false
  allow_other_devices:
    description: Whether adapters other than VMXNET3 may be bound. An E1000 or E1000E works and is warned of.
    type: bool
    default: false
  allow_in_use:
    description:
      - Whether an adapter may be bound although its interface carries an address or a route, which are then lost.
      - The management adapter is never bound, and none that belongs to a bridge or bond.
    type: bool
    default: false
  state:
    description:
      - V(present) binds the V(pmd) adapters, V(absent) gives back every adapter that was bound and removes all files.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    description:
      - Predicts without changing anything; refuses what it would refuse otherwise.
      - With O(state=absent) a program that drives an adapter is a warning only, for what would have ended it has
        changed nothing either.
    support: full
  diff_mode:
    description: Shows each adapter's driver before and after.
    support: full
notes:
  - Needs root, systemd, C(iproute2), and nothing beyond Python's standard library.
"""

EXAMPLES = r"""
- name: Two adapters for the data plane
  nfv.vsphere_dpdk.dpdk_bind:
    adapters:
      - {name: mgmt, mac: "00:50:56:00:00:01", driver: kernel}
      - {name: s5u, mac: "00:50:56:00:00:02", driver: pmd}
      - {name: sgi, mac: "00:50:56:00:00:03", driver: pmd}
  register: result

- name: Give them back
  nfv.vsphere_dpdk.dpdk_bind:
    state: absent
"""

RETURN = r"""
devices:
  description: The adapters requested with V(pmd), in the order of O(adapters).
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
      description: Its PCI address.
      type: str
      sample: "0000:00:04.0"
    driver:
      description: Its driver now; in check mode the one it still has.
      type: str
      sample: vfio-pci
    driver_wanted:
      description: The userspace driver chosen for it.
      type: str
      sample: vfio-pci
    previous_driver:
      description: The kernel driver that it goes back to.
      type: str
      sample: vmxnet3
error_code:
  description: Why it failed, one of V(management_adapter), V(adapter_in_use), V(adapter_type_unsupported),
    V(adapter_not_found), V(adapter_repeated), V(adapter_invalid), V(iommu_group_shared), V(device_busy),
    V(userspace_driver_missing), V(modprobe_failed), V(bind_failed), V(binding_record_unreadable), V(iproute_failed),
    V(output_unreadable), V(unit_failed), V(guest_locked), V(write_failed), V(guest_not_converged).
  returned: failure
  type: str
  sample: management_adapter
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.dpdk_bind import run


def main() -> None:
    """Runs the module."""
    module = AnsibleModule(
        argument_spec={
            "adapters": {"type": "list", "elements": "dict", "default": []},
            "driver": {"type": "str", "choices": ["auto", "vfio-pci", "igb_uio", "uio_pci_generic"], "default": "auto"},
            "allow_no_iommu": {"type": "bool", "default": False},
            "allow_other_devices": {"type": "bool", "default": False},
            "allow_in_use": {"type": "bool", "default": False},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
