#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings VMs to the descriptions of their data planes."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_dataplane
version_added: 1.0.0
short_description: Bring VMs to the descriptions of their data planes
description:
  - Brings one VM or a whole fleet to its description in one task, with one session, one batched read, and one
    reconfiguration of each VM that differs.
  - Converts adapters to VMXNET3. An E1000 or E1000E is removed and added in one step, and keeps its MAC address, port
    group, connection state and place. Adapters that the description does not name are left alone.
  - Derives what a setting needs and sets it, too, such as the full CPU and memory reservations for latency sensitivity.
    Settings that the description covers and does not ask for go back to vSphere's defaults. Settings that it does not
    cover are never touched.
  - Checks the preconditions of each setting before the first change, such as the versions of the API and of the virtual
    hardware, the firmware, and the capabilities of the host. Reports all problems of a VM at once.
  - Checks all descriptions before the first connection, and plans every VM before the first change.
  - Reads the VMs back after a change and compares them with their descriptions. A value that vSphere accepted but did
    not set is an error.
  - A VM that does not exist, cannot be brought to its description, or needs a consent that was not given fails the
    module before any change. A VM that fails while it is being changed stops no other. The module then fails with all
    errors, and RV(vms) has the result for each VM.
  - When someone else changes a VM between reading and writing, their change is not overwritten. The VM is read and
    planned again; after four attempts the error is C(object_changed).
  - When the connection breaks during a call, the call is not repeated. The VM is read and planned again, and changed
    only if it still differs.
author:
  - nfv.vsphere_dpdk contributors (@nfv)
extends_documentation_fragment:
  - nfv.vsphere_dpdk.attributes
  - nfv.vsphere_dpdk.change
  - nfv.vsphere_dpdk.connection
  - nfv.vsphere_dpdk.progress
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
      - The description of every VM that has none of its own, a dictionary with C(cpu), C(memory) and C(adapters), and
        optionally C(numa), C(placement), C(switch_mode), C(profile), C(iommu) and C(hardware_version).
      - An adapter of the description is matched with one of the VM by MAC address, else by label, else by port group.
        Of several adapters on one port group, VMXNET3 adapters are preferred.
      - Where the VM's host offers several port groups of one name, C(switch) of the adapter says which one is meant.
    type: dict
  state:
    description:
      - V(present) brings the VMs to their descriptions.
      - V(absent) releases what a description lets the VMs hold on their hosts, namely latency sensitivity, affinity,
        CPU and memory reservations, 1 GB pages, NUMA node affinity and the settings for low latency. With a
        description, its adapters are reset to vSphere's defaults. Adapters, CPU count, memory size and virtual hardware
        stay.
    type: str
    choices: [present, absent]
    default: present
  remove_unmanaged_adapters:
    description:
      - Whether to remove adapters that the description does not name. Otherwise they are left alone, with a warning.
    type: bool
    default: false
  replace_sriov_adapters:
    description:
      - Whether to replace a described SR-IOV adapter by a VMXNET3 adapter with its MAC address and port group, which
        needs the VM powered off. Otherwise a described adapter that is one fails with C(adapter_not_convertible).
      - Its guest needs the VMXNET3 driver before.
    type: bool
    default: false
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

- name: Bring all VMs of a play to their descriptions, and power-cycle and upgrade those that need it
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
    progress_option,
    vm_options,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_dataplane import run


def main() -> None:
    """Runs the module."""
    module = AnsibleModule(
        argument_spec={
            **connection_options(),
            **vm_options(),
            **progress_option(),
            **change_options(),
            "remove_unmanaged_adapters": {"type": "bool", "default": False},
            "replace_sriov_adapters": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
