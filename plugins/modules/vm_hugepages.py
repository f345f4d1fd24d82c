#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reserves the memory of VMs and backs it with large pages."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_hugepages
version_added: 1.0.0
short_description: Reserve the memory of VMs and back it with large pages
description:
  - Sets the memory reservation, 1 GB pages on the host, and the CPU flag that a guest needs for 1 GB pages of its own.
    Turns off memory hot-add, which prevents large pages.
  - M(nfv.vsphere_dpdk.hugepages) allocates the hugepages of the guest itself.
  - The module does what M(nfv.vsphere_dpdk.vm_dataplane) does, for this part of the description alone. It makes the
    same checks before the first change, reconfigures each VM that differs once, and compares the result. Everything
    else of the VM stays as it is.
author:
  - nfv.vsphere_dpdk contributors (@nfv)
extends_documentation_fragment:
  - nfv.vsphere_dpdk.attributes
  - nfv.vsphere_dpdk.change
  - nfv.vsphere_dpdk.connection
  - nfv.vsphere_dpdk.vms
attributes:
  check_mode:
    support: full
    details:
      - Makes no call that changes anything. A change that needs a power cycle is reported, not refused.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  dataplane:
    description:
      - The description of every VM that has none of its own. Only C(memory) is required; the module ignores the other
        sections.
      - This module does not change the memory size. When it differs from the description, the error is
        C(memory_size_differs).
    type: dict
  state:
    description:
      - V(present) configures the memory as described.
      - V(absent) releases the reservation and the 1 GB pages of the host.
    type: str
    choices: [present, absent]
    default: present
seealso:
  - module: nfv.vsphere_dpdk.vm_dataplane
  - module: nfv.vsphere_dpdk.vm_dataplane_info
"""

EXAMPLES = r"""
- name: Back a VM with 1 GB pages
  nfv.vsphere_dpdk.vm_hugepages:
    vms:
      - name: pgw-1
    dataplane:
      memory: {size_mb: 4096, host_page_size: 1G, hugepages: [{size: 1G, amount_mb: 2048}]}
  delegate_to: localhost
"""

RETURN = r"""
vms:
  description: The result for each VM, by its name.
  returned: when the VMs were found
  type: dict
  contains:
    moid:
      description: The managed object ID.
      type: str
      returned: always
    uuid:
      description: The BIOS UUID.
      type: str
      returned: always
    changed:
      description: Whether this VM was changed.
      type: bool
      returned: always
    changes:
      description: The settings that differed, each with C(setting), C(from), C(to) and C(power_off_needed).
      type: list
      elements: dict
      returned: always
    warnings:
      description: Settings that were found and left alone, settings that have no effect, and what a setting costs.
      type: list
      elements: str
      returned: always
    reboot_required:
      description:
        - Whether the VM runs and changes wait for a power cycle, in check mode or after a failure.
      type: bool
      returned: always
    power_state:
      description: The power state after the change, as the API names it.
      type: str
      returned: always
    adapters:
      description:
        - The adapters after the change, each with C(name), C(label), C(key), C(type), C(mac), C(network), C(driver) and
          C(settings). Those of the description come first, in its order.
        - C(name) and C(driver) are null for adapters that the description does not name.
      type: list
      elements: dict
      returned: always
    error:
      description: What went wrong with this VM, with C(error_code) and C(message); null when nothing did.
      type: dict
      returned: always
  sample:
    pgw-1:
      moid: vm-42
      changed: true
      changes:
        - {setting: cpu.count, from: 2, to: 4, power_off_needed: true}
problems:
  description: Why a VM cannot be brought to its description, as a list of reasons with C(error_code) and C(remedy).
  returned: when one VM lacks what its description needs
  type: list
  elements: dict
  sample: [{error_code: value_not_allowed, remedy: Give a number of vCPUs that the host has.}]
error_code:
  description: The kind of failure, as in brackets at the beginning of the message.
  returned: on failure
  type: str
  sample: power_off_needed
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module._vsphere_options import (
    change_options,
    connection_options,
    vm_options,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_hugepages import run


def main() -> None:
    """Runs the module."""
    module = AnsibleModule(
        argument_spec={
            **connection_options(),
            **vm_options(),
            **change_options(),
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
