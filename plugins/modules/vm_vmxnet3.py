#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings the network adapters of VMs to VMXNET3 and tunes them."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_vmxnet3
version_added: 0.2.0
short_description: Bring the network adapters of VMs to VMXNET3 and tune them
description:
  - Converts E1000, E1000E and older adapters to VMXNET3, in place and with MAC address, port group and connection state
    kept, adds what is missing, and sets transmit contexts, RSS, interrupt coalescing, NUMA node, UPTv2 and strict
    latency of each adapter.
  - It is M(nfv.vsphere_dpdk.vm_dataplane) for this one concern, with the same checks before the first change, one
    reconfiguration for each VM that differs, and comparison afterwards. Everything else of the VM stays as it is.
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
      - Makes no call that changes anything. A change that needs a power cycle is shown and not refused.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  dataplane:
    description:
      - The description of every VM that has none of its own. Only C(adapters) must be there, and C(switch_mode) has its
        meaning; of the other sections nothing is written.
    type: dict
  state:
    description:
      - V(present) brings the adapters to their descriptions.
      - V(absent) puts vSphere's own settings back on the described adapters; they stay VMXNET3.
    type: str
    choices: [present, absent]
    default: present
  remove_unmanaged_adapters:
    description:
      - Whether adapters that the description does not name are removed. They are left alone otherwise, with a warning.
    type: bool
    default: false
seealso:
  - module: nfv.vsphere_dpdk.vm_dataplane
  - module: nfv.vsphere_dpdk.vm_dataplane_info
"""

EXAMPLES = r"""
- name: Convert the adapters of a VM, with a transmit context of its own for each busy one
  nfv.vsphere_dpdk.vm_vmxnet3:
    vms:
      - name: pgw-1
    dataplane:
      adapters:
        - {name: mgmt, network: PG-Mgmt, driver: kernel}
        - {name: s5u, network: PG-S5U, driver: pmd, queues: 2, tx_contexts: per_adapter, udp_rss: true}
  delegate_to: localhost
"""

RETURN = r"""
vms:
  description: What came of each VM, by its name.
  returned: when the VMs were found
  type: dict
  contains:
    moid:
      description: Managed object id.
      type: str
      returned: always
    uuid:
      description: BIOS UUID.
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
      description: What was noticed and left as it is, what has no use, and what something costs.
      type: list
      elements: str
      returned: always
    reboot_required:
      description:
        - Whether the VM runs and changes wait for a power cycle, in check mode or because one failed.
      type: bool
      returned: always
    power_state:
      description: Power state after the change, as the API calls it.
      type: str
      returned: always
    adapters:
      description:
        - The adapters after the change, those of the description first and in its order, with C(name), C(label),
          C(key), C(type), C(mac), C(network), C(driver) and C(settings).
        - C(name) and C(driver) are null for adapters that no description names.
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
  description: The reasons why a VM cannot be brought to its description, each with C(error_code) and C(remedy).
  returned: when one VM lacks what its description needs
  type: list
  elements: dict
error_code:
  description: What kind of failure it is, the same as in brackets at the beginning of the message.
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
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_vmxnet3 import run


def main() -> None:
    """Runs the module."""
    module = AnsibleModule(
        argument_spec={
            **connection_options(),
            **vm_options(),
            **change_options(),
            "remove_unmanaged_adapters": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
