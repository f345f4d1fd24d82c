#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings VMs to the descriptions of their data planes."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_dataplane
version_added: 0.1.0
short_description: Bring VMs to the descriptions of their data planes
description:
  - Brings one VM or a whole fleet to its description in one task, with one session, one batched read, and one
    reconfiguration for each VM that differs.
  - Adapters become VMXNET3. An E1000 or E1000E is removed and added in one step and keeps its MAC address, port group,
    connection state and place. Adapters that no description names are left alone.
  - What a setting needs is derived and set with it, such as the full CPU and memory reservations for latency
    sensitivity. What the description does not ask for goes back to vSphere's default; settings that it has no say in
    are never touched.
  - Each setting's preconditions, such as the version of the API and of the virtual hardware, the firmware and what the
    host offers, are checked before the first change. All problems of a VM are told at once.
  - Descriptions are checked as a whole before the first connection; every VM is planned before the first change.
  - What vSphere shows after a change is compared with what was asked for. A value that it accepted and dropped is an
    error.
  - A VM that cannot be brought to its description, is not there, or needs a consent that was not given stops the module
    before anything is changed. A VM that fails while it is changed stops no other; the module then fails with the
    errors of all of them, and RV(vms) tells how far each came.
  - A VM that someone else changes between reading and writing is not overwritten. It is read and planned again, and
    after four attempts the error is C(object_changed).
  - A call whose answer was lost with its connection is not repeated. The VM is read and planned again, and changed only
    if it is not as described.
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
      - The description of every VM that has none of its own, a dictionary with C(cpu), C(memory) and C(adapters), and
        perhaps C(numa), C(placement), C(switch_mode), C(profile), C(iommu) and C(hardware_version).
      - An adapter of the description is found in the VM by its MAC address, else by its label, else by its port group.
    type: dict
  state:
    description:
      - V(present) brings the VMs to their descriptions.
      - V(absent) makes them give back what a description lets them hold on their host, namely latency sensitivity,
        affinity, CPU and memory reservations, 1 GB pages, NUMA node affinity and what was set for low latency. Where
        there is a description, its adapters get vSphere's own settings again. Adapters, CPU count, memory size and
        virtual hardware stay.
    type: str
    choices: [present, absent]
    default: present
  remove_unmanaged_adapters:
    description:
      - Whether adapters that the description does not name are removed. They are left alone otherwise, with a warning.
    type: bool
    default: false
    version_added: 0.2.0
seealso:
  - module: nfv.vsphere_dpdk.vm_dataplane_info
  - module: nfv.vsphere_dpdk.vm_vmxnet3
  - module: nfv.vsphere_dpdk.vm_cpu_pinning
  - module: nfv.vsphere_dpdk.vm_hugepages
"""

EXAMPLES = r"""
- name: Bring a VM to its description
  nfv.vsphere_dpdk.vm_dataplane:
    hostname: vcenter.example.com
    username: automation
    password: "{{ vault_vsphere_password }}"
    vms:
      - name: pgw-1
    dataplane:
      cpu: {count: 4, polling: "2-3", exclusivity: latency_sensitivity}
      memory: {size_mb: 4096, host_page_size: 1G, hugepages: [{size: 2M, amount_mb: 1024}]}
      adapters:
        - {name: mgmt, network: PG-Mgmt, driver: kernel}
        - {name: s5u, network: PG-S5U, driver: pmd}
        - {name: sgi, network: PG-SGi, driver: pmd}
  delegate_to: localhost

- name: Bring all VMs of a play to their descriptions, power-cycling and upgrading those that need it
  nfv.vsphere_dpdk.vm_dataplane:
    vms: "{{ fleet }}"
    power_cycle: when_needed
    force_power_off: false
    hardware_upgrade: when_needed
  delegate_to: localhost
  run_once: true
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
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_dataplane import run


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
