#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Learns the ssh host keys of guests through vCenter and writes them into a known_hosts file."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_known_hosts
version_added: 1.0.0
short_description: Learn the ssh host keys of guests through vCenter
description:
  - Waits until guests that M(nfv.vsphere_dpdk.vm_first_boot) has told their first boot have said their ssh host keys in
    C(guestinfo.nfv.hostkeys), and writes them into a C(known_hosts) file where the module runs. So the first ssh
    connection to a guest is verified, through vCenter's verified TLS connection.
  - The keys of a host stand after the VM's name and its static addresses. Keys that the file has of these names are
    replaced. All other lines stay as they are.
author:
  - nfv.vsphere_dpdk contributors (@nfv)
extends_documentation_fragment:
  - nfv.vsphere_dpdk.attributes
  - nfv.vsphere_dpdk.connection
attributes:
  check_mode:
    support: full
    details:
      - Looks once and waits for nothing. Keys that a guest has not said yet are not predicted.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  vms:
    description: The VMs.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The VM's name. Exactly one of name, uuid and moid must be given.
        type: str
      uuid:
        description: The VM's BIOS or instance UUID.
        type: str
      moid:
        description: The VM's managed object ID.
        type: str
      guest:
        description: The description of the guest's first boot, as in M(nfv.vsphere_dpdk.vm_first_boot).
        type: dict
        required: true
  path:
    description: The C(known_hosts) file. It is made if it is not there.
    type: path
    required: true
  timeout:
    description: How many seconds to wait for the keys of the guests.
    type: int
    default: 600
seealso:
  - module: nfv.vsphere_dpdk.vm_first_boot
"""

EXAMPLES = r"""
- name: Learn the host keys of a guest that boots for the first time
  nfv.vsphere_dpdk.vm_known_hosts:
    hostname: vcenter.example.com
    username: automation
    password: "{{ vault_vsphere_password }}"
    vms:
      - name: pgw-1
        guest: "{{ nfv_guest }}"
    path: "{{ inventory_dir }}/.known_hosts"
  delegate_to: localhost
"""

RETURN = r"""
path:
  description: The file.
  returned: success
  type: str
  sample: known_hosts
vms:
  description: The result for each VM, by its name.
  returned: success
  type: dict
  contains:
    moid:
      description: The managed object ID.
      type: str
      returned: always
      sample: vm-42
    host_keys:
      description: The guest's public host keys.
      type: list
      elements: str
      returned: always
      sample: [ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHUPtLl9ECDTWrNf4OhIJrYyh8RPyGXwbLDoxzyBgDzw]
error_code:
  description: The kind of failure, as in brackets at the beginning of the message.
  returned: on failure
  type: str
  sample: host_keys_missing
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module._vsphere_options import (
    connection_options,
    guest_vm_options,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_known_hosts import run


def main() -> None:
    """Runs the module."""
    options = {"path": {"type": "path", "required": True}, "timeout": {"type": "int", "default": 600}}
    run(
        AnsibleModule(
            argument_spec={**connection_options(), **guest_vm_options({}), **options}, supports_check_mode=True
        )
    )


if __name__ == "__main__":
    main()
