#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells what of vCenter's side a deployment needs and does not have."""

from __future__ import annotations

DOCUMENTATION = r"""
module: readiness_info
version_added: 1.0.0
short_description: Tell what of vCenter's side a deployment needs and does not have
description:
  - Compares what the descriptions of VMs ask for with vCenter, clusters, hosts, port groups and the template, and finds
    a place for every VM. Writes nothing.
  - Each comparison is a row with what is asked, what was seen, a verdict, and what to do. The collection's
    C(docs/readiness.md) lists them.
  - A look that fails gives rows with the verdict V(unknown), never fewer rows. The module itself fails only for options
    that it cannot read. The filter P(nfv.vsphere_dpdk.readiness_report#filter) says what the rows come to.
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
  cluster:
    description: The cluster of VMs whose descriptions name none. Without it such VMs may run in any cluster.
    type: str
  template:
    description: The template that missing VMs are made from. Without it no template is looked at.
    type: str
  folder:
    description: The path of the folder for new VMs, below the datacenter's VM folder. That folder unless given.
    type: str
  datastore:
    description: The name of the datastore for new VMs. The template's unless given.
    type: str
  new_vms:
    description:
      - What VMs have of their own in place of O(template), O(folder) and O(datastore), by VM. Each has the optional
        keys C(template), C(folder) and C(datastore).
    type: dict
    default: {}
  purposes:
    description:
      - What the user is going to do, which decides on privileges.
      - V(read) looks only, V(deploy) makes VMs and changes them, V(remove) deletes them.
    type: list
    elements: str
    choices: [read, deploy, remove]
    default: [deploy]
  power_cycle:
    description: Whether running VMs may be powered off for settings that need it, as role C(vm_hardware) does.
    type: bool
    default: false
  hardware_upgrade:
    description: Whether the virtual hardware of VMs may be upgraded, as role C(vm_hardware) does with consent.
    type: bool
    default: false
  management_found:
    description:
      - Whether the template's system finds its management adapter after that was converted to VMXNET3. vCenter cannot
        tell.
    type: bool
    default: false
  traffic:
    description:
      - What the applications send, by VM and adapter, where it is more than untagged packets of 1500 bytes with the
        adapter's own MAC address. Each adapter has the optional keys C(macs), C(mtu) and C(vlans).
      - C(macs) is V(own) (the default), V(changed) for an application that gives its adapter another MAC address, or
        V(foreign) for one that sends and receives for machines behind it, such as a bridge.
      - C(mtu) is the largest packet in bytes, without its Ethernet header.
      - C(vlans) lists the VLANs that the guest tags itself.
    type: dict
    default: {}
  groups:
    description: Placement groups, as in M(nfv.vsphere_dpdk.placement_plan).
    type: dict
    default: {}
  staying:
    description:
      - Further VMs that stay where they are, as in M(nfv.vsphere_dpdk.placement_plan).
      - Their hosts are read from vCenter. A VM that does not exist is left out.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: The VM's name.
        type: str
        required: true
      dataplane:
        description: The VM's description.
        type: dict
        required: true
  n_plus_1:
    description: Whether every VM must still have a place when any single host fails.
    type: bool
    default: false
  query:
    description:
      - A JMESPath expression for the result, a dictionary with the key C(rows). RV(found) is what it finds.
      - Needs the Python library jmespath.
    type: str
seealso:
  - module: nfv.vsphere_dpdk.feature_compat_info
  - module: nfv.vsphere_dpdk.placement_plan
"""

EXAMPLES = r"""
- name: Look at what a bridge of jumbo frames needs
  nfv.vsphere_dpdk.readiness_info:
    hostname: vcenter.example.com
    username: automation
    password: "{{ vault_vsphere_password }}"
    cluster: nfv-a
    template: debian-12-dpdk
    vms:
      - name: ips-1
        dataplane: "{{ nfv_dataplane }}"
    traffic:
      ips-1:
        left: {macs: foreign, mtu: 9000}
        right: {macs: foreign, mtu: 9000}
  delegate_to: localhost
  register: readiness

- name: Stop unless everything is ready
  ansible.builtin.assert:
    that: report.outcome == 'ready'
    fail_msg: "{{ report.message }}"
  vars:
    report: "{{ readiness.rows | nfv.vsphere_dpdk.readiness_report('2026-01-01T00:00:00Z') }}"
"""

RETURN = r"""
rows:
  description: One for each look, in the order in which one would mend what is missing.
  returned: success
  type: list
  elements: dict
  contains:
    subject:
      description:
        - Whom the row is about, V(account), V(vcenter), V(cluster), V(host), V(network), V(template) or V(plan).
      type: str
      returned: always
    object:
      description: The object's name.
      type: str
      returned: always
    check:
      description: The stable name of what is looked at.
      type: str
      returned: always
    asked:
      description: What must be true; empty when nothing is asked.
      type: str
      returned: always
    seen:
      description: What is there, or why it could not be told.
      type: str
      returned: always
    verdict:
      description:
        - V(ready), V(not_ready), V(unknown) when it could not be told, or V(not_asked) when no description asks for it.
      type: str
      returned: always
    code:
      description: An error code when the verdict is V(not_ready) or V(unknown), otherwise null.
      type: str
      returned: always
    remedy:
      description: What to do; empty when there is nothing to do.
      type: str
      returned: always
  sample:
    - subject: host
      object: esx-a1.example.com
      check: power_policy
      asked: High Performance
      seen: Balanced
      verdict: not_ready
      code: power_policy_slow
      remedy: Set the host's power policy to High Performance
vcenter:
  description: Which vCenter answered; null when none did.
  returned: success
  type: dict
  contains:
    version:
      description: Its version.
      type: str
      returned: when it answered
      sample: 8.0.3
    build:
      description: Its build.
      type: str
      returned: when it answered
      sample: "24022515"
found:
  description: What O(query) finds.
  returned: when O(query) is given
  type: raw
  sample: [vm_resource_config]
error_code:
  description: The kind of failure, as in brackets at the beginning of the message.
  returned: on failure
  type: str
  sample: description_invalid
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module._vsphere_options import (
    connection_options,
    query_option,
    vm_options,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.readiness_info import run


def main() -> None:
    """Runs the module."""
    module = AnsibleModule(
        argument_spec={
            **connection_options(),
            **vm_options(),
            "cluster": {"type": "str"},
            "template": {"type": "str"},
            "folder": {"type": "str"},
            "datastore": {"type": "str"},
            "new_vms": {"type": "dict", "default": {}},
            "purposes": {
                "type": "list",
                "elements": "str",
                "choices": ["read", "deploy", "remove"],
                "default": ["deploy"],
            },
            "power_cycle": {"type": "bool", "default": False},
            "hardware_upgrade": {"type": "bool", "default": False},
            "management_found": {"type": "bool", "default": False},
            "traffic": {"type": "dict", "default": {}},
            "groups": {"type": "dict", "default": {}},
            "staying": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "name": {"type": "str", "required": True},
                    "dataplane": {"type": "dict", "required": True},
                },
            },
            "n_plus_1": {"type": "bool", "default": False},
            **query_option(),
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
