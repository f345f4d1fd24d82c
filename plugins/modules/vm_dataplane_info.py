#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads VMs and compares them with the descriptions of their data planes."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_dataplane_info
version_added: 1.0.0
short_description: Read VMs and compare them with the descriptions of their data planes
description:
  - Reads one VM or a whole fleet with one session and one batched read, and reports where each VM differs from its
    description. A VM that does not exist is not an error, see RV(vms).
  - Can also check that templates and port groups exist before a deployment, and wait until all guests have addresses
    after it.
author:
  - nfv.vsphere_dpdk contributors (@nfv)
extends_documentation_fragment:
  - nfv.vsphere_dpdk.attributes.info_module
  - nfv.vsphere_dpdk.connection
  - nfv.vsphere_dpdk.progress
  - nfv.vsphere_dpdk.vms
options:
  dataplane:
    description: The description of every VM that has none of its own.
    type: dict
  query:
    description:
      - A JMESPath expression for the result, a dictionary with the key C(vms). RV(found) is what it finds.
      - Needs the Python library jmespath.
    type: str
  required_templates:
    description: Names of templates that must exist. Otherwise the module fails with C(template_not_found).
    type: list
    elements: str
    default: []
  required_networks:
    description: Names of port groups that must exist. Otherwise the module fails with C(network_not_found).
    type: list
    elements: str
    default: []
  required_libraries:
    description:
      - Names of Python libraries that must be there, because modules of other collections need them later on, such as
        C(requests) for those of C(vmware.vmware). Otherwise the module fails with C(library_missing), before it
        connects.
    type: list
    elements: str
    default: []
  wait_for_address:
    description:
      - How many seconds to wait until every guest has an address. V(0) does not wait. Check mode looks
        once and waits for nothing.
      - With a description, the address is one of the management adapter; otherwise the primary one of VMware Tools.
      - When the time is up, the module fails with C(guest_address_missing).
    type: int
    default: 0
seealso:
  - module: nfv.vsphere_dpdk.vm_dataplane
"""

EXAMPLES = r"""
- name: Report where a VM differs from its description
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

- name: Report the warnings of each VM, and the transmit contexts of its adapters
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
  description: The VMs by name. A VM that does not exist is listed as it was identified in O(vms).
  returned: success
  type: dict
  contains:
    present:
      description: Whether the VM exists. If not, nothing else is returned about it.
      type: bool
      returned: always
      sample: true
    readable:
      description:
        - Whether the VM could be read. If not, RV(vms.error) says why, and all other values are null or empty.
      type: bool
      returned: when present
      sample: true
    moid:
      description: The managed object ID.
      type: str
      returned: when present
      sample: vm-42
    uuid:
      description: The BIOS UUID.
      type: str
      returned: when present
      sample: 4210c0de-0000-4000-8000-000000000001
    template:
      description: Whether the VM is a template.
      type: bool
      returned: when present
      sample: false
    firmware:
      description: C(bios) or C(efi).
      type: str
      returned: when present
      sample: efi
    power_state:
      description: The power state as the API names it.
      type: str
      returned: when present
      sample: poweredOn
    host:
      description: The name of its host.
      type: str
      returned: when present
      sample: esx-1
    guest_address:
      description: The guest's address; null when it has none.
      type: str
      returned: when present
      sample: 192.0.2.10
    tools_running:
      description: Whether VMware Tools run in the guest.
      type: bool
      returned: when present
      sample: true
    settings:
      description: The settings that descriptions cover, by the names that RV(vms.differences) uses.
      type: dict
      returned: when present
      sample: {cpu.count: 4, memory.size_mb: 4096}
    adapters:
      description:
        - The adapters with C(name), C(label), C(key), C(type), C(mac), C(network), C(driver), C(connected) and their
          C(settings) in effect.
      type: list
      elements: dict
      returned: when present
      sample:
        - {name: s5u, label: Network adapter 2, key: 4001, type: vmxnet3, mac: '00:50:56:01:0a:02', network: PG-S5U,
          driver: pmd}
    warnings:
      description:
        - Advanced settings of the VM that work against a polled data plane. With a description, also settings that have
          no effect, and what a setting costs.
      type: list
      elements: str
      returned: when present
      sample: [sched.cpu.latencySensitivity is set beside the description]
    reboot_required:
      description:
        - Whether the VM runs and one of RV(vms.differences) needs a power cycle. Null without a description.
      type: bool
      returned: when present
      sample: false
    differences:
      description:
        - Where the VM differs from its description, each with C(setting), C(from), C(to) and C(power_off_needed).
        - Null without a description.
      type: list
      elements: dict
      returned: when present
      sample: [{setting: cpu.count, from: 2, to: 4, power_off_needed: true}]
    question:
      description: The question that the VM waits to have answered, with C(text) and C(choices); null when it has none.
      type: dict
      returned: when present
      sample: {text: 'Was the VM moved or copied?', choices: {button.uuid.movedTheVM: I moved it}}
    error:
      description:
        - Why the VM cannot be read or brought to its description, or what its guest reports in place of an address.
        - Has C(error_code), C(message) and all C(problems). No other VM is concerned. Null when there is nothing.
      type: dict
      returned: when present
      sample: {error_code: vm_unreadable, message: '[vm_unreadable] pgw-1: it could not be read', problems: []}
templates:
  description:
    - The managed object IDs of O(required_templates) by name; null for a name that several VMs or templates have.
  returned: success
  type: dict
  sample: {debian-12-dpdk: vm-32}
vcenter:
  description: Which vCenter answered.
  returned: success
  type: dict
  contains:
    version:
      description: Its version.
      type: str
      returned: always
      sample: 8.0.3
    build:
      description: Its build.
      type: str
      returned: always
      sample: "24022515"
found:
  description: What O(query) finds.
  returned: when O(query) is given
  type: raw
  sample: [pgw-1]
error_code:
  description: The kind of failure, as in brackets at the beginning of the message.
  returned: on failure
  type: str
  sample: network_not_found
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module._vsphere_options import (
    connection_options,
    progress_option,
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
            **progress_option(),
            **query_option(),
            "required_templates": {"type": "list", "elements": "str", "default": []},
            "required_networks": {"type": "list", "elements": "str", "default": []},
            "required_libraries": {"type": "list", "elements": "str", "default": []},
            "wait_for_address": {"type": "int", "default": 0},
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
