#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Refuses a machine that is not the VM that it was reached for."""

from __future__ import annotations

DOCUMENTATION = r"""
module: guest_identity_info
short_description: Refuse a machine that is not the VM that it was reached for
version_added: 1.0.0
description:
  - The address that a guest reports to vCenter, or a name of the inventory, can lead to another machine, for example
    when two machines have one address. This module compares the machine's UUID, as its firmware shows it (DMI), with
    the one that vCenter has for the VM, and fails when they differ.
  - Both orders of bytes are the VM's, and so is the serial number of a VMware VM, because versions of the virtual
    hardware differ in how they show the UUID.
  - Changes nothing. Playbooks run it before anything else in a guest.
author:
  - nfv.vsphere_dpdk contributors (@nfv)
options:
  name:
    description: The VM's name, for messages.
    type: str
    required: true
  uuid:
    description:
      - The VM's BIOS UUID, as M(nfv.vsphere_dpdk.vm_dataplane_info) returns it.
      - The module fails when it is empty, because then nothing can be compared.
    type: str
    required: true
  address:
    description: Where the machine was reached, for messages.
    type: str
    required: true
attributes:
  check_mode:
    description: Reads only, so that check mode makes no difference.
    support: full
  diff_mode:
    description: Nothing changes, so that there is no diff.
    support: none
notes:
  - Needs root, and nothing beyond Python's standard library.
seealso:
  - module: nfv.vsphere_dpdk.vm_dataplane_info
"""

EXAMPLES = r"""
- name: Read the VM
  nfv.vsphere_dpdk.vm_dataplane_info:
    vms:
      - name: pgw-1
  delegate_to: localhost
  register: found

- name: Refuse a machine that is not the VM
  nfv.vsphere_dpdk.guest_identity_info:
    name: pgw-1
    uuid: "{{ found.vms['pgw-1'].uuid }}"
    address: "{{ ansible_host }}"
"""

RETURN = r"""
uuid:
  description: The machine's UUID, in the order of vSphere where the serial number shows it.
  returned: success
  type: str
  sample: 420b5e3f-1122-7788-99aa-bbccddeeff01
error_code:
  description: Why it failed, one of V(guest_identity_differs) and V(guest_identity_unknown).
  returned: failure
  type: str
  sample: guest_identity_differs
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.guest_identity_info import run


def main() -> None:
    """Runs the module."""
    module = AnsibleModule(
        argument_spec={
            "name": {"type": "str", "required": True},
            "uuid": {"type": "str", "required": True},
            "address": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
