#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells guests, before their first boot, their addresses, names, users and time servers."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_first_boot
version_added: 1.0.0
short_description: Tell guests their addresses, names, users and time servers before their first boot
description:
  - Writes the description of each guest's first boot into C(guestinfo.metadata) and C(guestinfo.userdata) of its VM,
    where cloud-init's datasource VMware reads it. The guest needs no DHCP server then.
  - The management adapter is found by its MAC address, whatever its type, PCI address and name are. It is called
    C(mgmt0) in the guest. No other adapter is configured.
  - No secret is written. Whoever may read a VM's configuration can read it, and vCenter keeps reconfigurations among
    its events. The guest makes new ssh host keys and says the public ones in C(guestinfo.nfv.hostkeys), from where
    M(nfv.vsphere_dpdk.vm_known_hosts) takes them.
  - cloud-init reads the description once. When it differs from what a guest was told that runs or has had its first
    boot, the module fails with C(first_boot_over) and changes nothing.
  - When someone else changes a VM between reading and writing, the module fails with C(object_changed), and their
    change is not overwritten.
author:
  - nfv.vsphere_dpdk contributors (@nfv)
extends_documentation_fragment:
  - nfv.vsphere_dpdk.attributes
  - nfv.vsphere_dpdk.connection
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Shows the documents, in which there is no secret.
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
      dataplane:
        description: The description of the VM's data plane, which says which adapter is the management adapter.
        type: dict
        required: true
      guest:
        description:
          - The description of the guest's first boot.
          - C(host_name), the VM's name by default.
          - C(addresses) of the management adapter with prefix length, IPv4 and IPv6. Without one, the adapter asks DHCP
            for an IPv4 address.
          - C(gateways), at most one of each IP version, each in the network of an address.
          - C(dns_servers), C(dns_search) and C(ntp_servers).
          - C(user) with C(name), C(ssh_authorized_keys) and C(sudo), which is true by default.
        type: dict
        required: true
seealso:
  - module: nfv.vsphere_dpdk.vm_known_hosts
  - module: nfv.vsphere_dpdk.vm_dataplane
"""

EXAMPLES = r"""
- name: Tell a guest its address and its user before it is powered on for the first time
  nfv.vsphere_dpdk.vm_first_boot:
    hostname: vcenter.example.com
    username: automation
    password: "{{ vault_vsphere_password }}"
    vms:
      - name: pgw-1
        dataplane: "{{ nfv_dataplane }}"
        guest:
          addresses: [192.0.2.10/24]
          gateways: [192.0.2.1]
          dns_servers: [192.0.2.53]
          ntp_servers: [ntp.example.com]
          user:
            name: ansible
            ssh_authorized_keys: ["{{ lookup('ansible.builtin.file', '~/.ssh/id_ed25519.pub') }}"]
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
      sample: vm-42
    changed:
      description: Whether this VM was told anything new.
      type: bool
      returned: always
      sample: true
    metadata:
      description: What C(guestinfo.metadata) says, namely instance ID, host name and network.
      type: dict
      returned: always
      sample: {instance-id: pgw-1, local-hostname: pgw-1}
    userdata:
      description: What C(guestinfo.userdata) says.
      type: dict
      returned: always
      sample: {ssh_deletekeys: true}
    error:
      description: What went wrong with this VM, with C(error_code) and C(message); null when nothing did.
      type: dict
      returned: always
      sample: {error_code: vm_unreadable, message: '[vm_unreadable] pgw-1: it could not be read'}
error_code:
  description: The kind of failure, as in brackets at the beginning of the message.
  returned: on failure
  type: str
  sample: first_boot_over
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module._vsphere_options import (
    connection_options,
    guest_vm_options,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_first_boot import run


def main() -> None:
    """Runs the module."""
    options = guest_vm_options({"dataplane": {"type": "dict", "required": True}})
    run(AnsibleModule(argument_spec={**connection_options(), **options}, supports_check_mode=True))


if __name__ == "__main__":
    main()
