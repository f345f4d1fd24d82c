#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes clusters keep a plan of VMs, by groups, rules and overrides."""

from __future__ import annotations

DOCUMENTATION = r"""
module: placement_rules
version_added: 0.2.0
short_description: Make clusters keep VMs where they are planned
description:
  - Makes a plan known to DRS and HA. For each host with planned VMs there is a group of VMs, a group of the host, and a
    rule between them; for VMs that are to be apart or together there are rules between VMs; and VMs that ask for it get
    their own automation level of DRS and restart priority of HA.
  - All changes of a cluster are made in one reconfiguration, and read back.
  - Everything made has a name that begins with C(nfv:NAME:), NAME being O(name). What has such a name is this module's,
    is brought to the plan, and is removed when the plan no longer asks for it. Nothing else is changed or removed.
  - Overrides of VMs have no names. The VMs whose override this module made are kept in the groups
    C(nfv:NAME:overrides:drs) and C(nfv:NAME:overrides:ha), which no rule uses.
  - Fails with C(drs_object_foreign), before any change, when an object with such a name is of another kind than this
    module makes, or when a VM has an override of somebody else's that contradicts the description. An override of
    somebody else's that says the same is left to them.
  - A group that a rule of somebody else's uses is not removed; a warning says so.
author:
  - nfv.vsphere_dpdk contributors (@nfv)
extends_documentation_fragment:
  - nfv.vsphere_dpdk.attributes
  - nfv.vsphere_dpdk.connection
attributes:
  check_mode:
    support: full
    details:
      - Makes no call that changes anything.
  diff_mode:
    support: full
  idempotent:
    support: full
options:
  name:
    description: The name of this placement, part of the names of everything that is made for it.
    type: str
    required: true
  plan:
    description:
      - The plan, as M(nfv.vsphere_dpdk.placement_plan) returns it. All of its VMs must be there.
      - Needed with O(state=present).
    type: dict
  vms:
    description: VMs with descriptions, which may ask for an automation level and a restart priority.
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
  strength:
    description:
      - With V(should), DRS and HA leave the planned host when they have to, for example when it fails.
      - With V(must) they never do, so that a VM whose host fails stays down.
    type: str
    choices: [should, must]
    default: should
  relocate:
    description:
      - Whether powered-off VMs that are not on their planned host are moved there, before rules are made.
      - Running VMs are never moved. They are left to DRS and returned as RV(misplaced).
    type: str
    choices: [never, powered_off]
    default: never
  state:
    description:
      - V(present) makes clusters keep the plan.
      - V(absent) removes everything that was made under O(name), in all clusters.
    type: str
    choices: [present, absent]
    default: present
notes:
  - vSphere has no protection against two changing a cluster's configuration at the same time. What is not there when it
    is read back is the error C(setting_ignored).
seealso:
  - module: nfv.vsphere_dpdk.placement_plan
  - module: nfv.vsphere_dpdk.host_topology_info
  - module: nfv.vsphere_dpdk.feature_compat_info
"""

EXAMPLES = r"""
- name: Make the clusters keep a plan
  nfv.vsphere_dpdk.placement_rules:
    hostname: vcenter.example.com
    username: automation
    password: "{{ vault_vsphere_password }}"
    name: pgw
    plan: "{{ computed.plan }}"
    vms:
      - name: pgw-1
        dataplane: "{{ nfv_dataplane }}"
  delegate_to: localhost

- name: Forget it
  nfv.vsphere_dpdk.placement_rules:
    name: pgw
    state: absent
  delegate_to: localhost
"""

RETURN = r"""
clusters:
  description: The clusters that the plan is about, and those that held something of this placement, by name.
  returned: success
  type: dict
  contains:
    changes:
      description:
        - What differed, each with C(kind), C(name), C(from) and C(to); C(from) is null for what is made, C(to) for what
          is removed.
        - C(kind) is V(vm_group), V(host_group), V(rule), V(automation_level) or V(restart_priority).
      type: list
      elements: dict
      returned: always
    warnings:
      description: What has no effect as the cluster is configured, and what was left.
      type: list
      elements: str
      returned: always
  sample:
    nfv-a:
      changes:
        - kind: host_group
          name: "nfv:pgw:host:esx-a1.example.com"
          from: null
          to: [esx-a1.example.com]
      warnings: []
moved:
  description: VMs that were moved while powered off, each with C(vm), C(from) and C(to).
  returned: success
  type: list
  elements: dict
misplaced:
  description: VMs that are not on their planned host, each with C(vm), C(host), C(planned) and C(power_state).
  returned: success
  type: list
  elements: dict
error_code:
  description: What kind of failure it is, the same as in brackets at the beginning of the message.
  returned: on failure
  type: str
  sample: drs_object_foreign
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module._vsphere_options import connection_options
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.placement_rules import run


def main() -> None:
    """Runs the module."""
    module = AnsibleModule(
        argument_spec={
            **connection_options(),
            "name": {"type": "str", "required": True},
            "plan": {"type": "dict"},
            "vms": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "name": {"type": "str", "required": True},
                    "dataplane": {"type": "dict", "required": True},
                },
            },
            "strength": {"type": "str", "choices": ["should", "must"], "default": "should"},
            "relocate": {"type": "str", "choices": ["never", "powered_off"], "default": "never"},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        required_if=[["state", "present", ["plan"]]],
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
