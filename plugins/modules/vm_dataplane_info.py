#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads VMs and compares them with the descriptions of their data planes."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_dataplane_info
version_added: 0.1.0
short_description: Read VMs and compare them with the descriptions of their data planes
description:
  - Reads one VM or a whole fleet with one session and one batched read, and says where each differs from its
    description. A VM that is not there is no error, see RV(vms).
  - Can also check before a deployment that templates and port groups are there, and wait afterwards until the guests of
    all VMs have addresses.
author:
  - nfv.vsphere_dpdk contributors (@nfv)
extends_documentation_fragment:
  - nfv.vsphere_dpdk.attributes.info_module
  - nfv.vsphere_dpdk.connection
  - nfv.vsphere_dpdk.vms
options:
  dataplane:
    description: The description of every VM that has none of its own.
    type: dict
  query:
    description:
      - A JMESPath expression over the result, a dictionary with the key C(vms). What it finds is returned as RV(found).
      - Needs the Python library jmespath.
    type: str
  required_templates:
    description: Names of templates that must be there, else the module fails with C(template_not_found).
    type: list
    elements: str
    default: []
  required_networks:
    description: Names of port groups that must be there, else the module fails with C(network_not_found).
    type: list
    elements: str
    default: []
  wait_for_address:
    description:
      - How many seconds to wait until every guest has an address, V(0) for not waiting.
      - With a description it is an address of the management adapter, else the one that VMware Tools call primary.
      - When the time is up, the module fails with C(guest_address_missing).
    type: int
    default: 0
seealso:
  - module: nfv.vsphere_dpdk.vm_dataplane
"""

EXAMPLES = r"""
- name: See where a VM differs from its description
  nfv.vsphere_dpdk.vm_dataplane_info:
    hostname: vcenter.example.com
    username: automation
    password: "{{ vault_vsphere_password }}"
    vms:
      - name: pgw-1
        dataplane: "{{ nfv_dataplane }}"
  delegate_to: localhost
  register: state

- name: Find the VMs that differ
  nfv.vsphere_dpdk.vm_dataplane_info:
    vms: "{{ fleet }}"
    query: "vms.* | [?differences] | [].{moid: moid, settings: differences[].setting}"
  delegate_to: localhost

- name: See on which VMs something works against polling, and the transmit contexts of each adapter
  nfv.vsphere_dpdk.vm_dataplane_info:
    vms: "{{ fleet }}"
    query: "vms.*.{moid: moid, warnings: warnings, contexts: adapters[].settings.tx_contexts}"
  delegate_to: localhost

- name: Wait until the guests can be reached
  nfv.vsphere_dpdk.vm_dataplane_info:
    vms: "{{ fleet }}"
    wait_for_address: 300
  delegate_to: localhost
"""

RETURN = r"""
vms:
  description: The VMs by name, or as they were asked for when they are not there.
  returned: success
  type: dict
  contains:
    present:
      description: Whether there is such a VM. When there is not, nothing else is returned of it.
      type: bool
      returned: always
    moid:
      description: Managed object id.
      type: str
      returned: when present
    uuid:
      description: BIOS UUID.
      type: str
      returned: when present
    template:
      description: Whether it is a template.
      type: bool
      returned: when present
    firmware:
      description: C(bios) or C(efi).
      type: str
      returned: when present
    power_state:
      description: Power state as the API calls it.
      type: str
      returned: when present
    host:
      description: The name of its host.
      type: str
      returned: when present
    guest_address:
      description: The guest's address; null when it has none.
      type: str
      returned: when present
    tools_running:
      description: Whether VMware Tools run in the guest.
      type: bool
      returned: when present
    settings:
      description: The settings that descriptions are about, by the names that RV(vms.differences) uses.
      type: dict
      returned: when present
    adapters:
      description:
        - The adapters with C(name), C(label), C(key), C(type), C(mac), C(network), C(driver) and their effective
          C(settings).
      type: list
      elements: dict
      returned: when present
    warnings:
      description:
        - Advanced settings of the VM that work against a polled data plane; with a description also what of it has no
          use and what something costs.
      type: list
      elements: str
      returned: when present
    reboot_required:
      description:
        - Whether the VM runs and one of RV(vms.differences) needs a power cycle. Null without a description.
      type: bool
      returned: when present
    differences:
      description:
        - Where the VM differs from its description, each with C(setting), C(from), C(to) and C(power_off_needed).
        - Null without a description.
      type: list
      elements: dict
      returned: when present
    error:
      description:
        - Why the VM cannot be brought to its description, with C(error_code), C(message) and all C(problems).
        - Null when it can.
      type: dict
      returned: when present
found:
  description: What O(query) finds.
  returned: when O(query) is given
  type: raw
error_code:
  description: What kind of failure it is, the same as in brackets at the beginning of the message.
  returned: on failure
  type: str
  sample: network_not_found
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module._vsphere_options import (
    connection_options,
    query_option,
    vm_options,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_dataplane_info import run


def main() -> None:
    """Runs the module."""
    module = AnsibleModule(
        argument_spec={
            **connection_options(),
            **vm_options(),
            **query_option(),
            "required_templates": {"type": "list", "elements": "str", "default": []},
            "required_networks": {"type": "list", "elements": "str", "default": []},
            "wait_for_address": {"type": "int", "default": 0},
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
