#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes clusters keep VMs where they are planned, with groups, rules and overrides."""

from __future__ import annotations

DOCUMENTATION = r"""
module: placement_rules
version_added: 1.0.0
short_description: Make clusters keep VMs where they are planned
description:
  - Tells DRS and HA about a plan. Each host with planned VMs gets a VM group, a host group and a rule between them. VMs
    that must stay apart or together get rules between VMs. VMs that ask for it get their own DRS automation level and
    HA restart priority.
  - Makes all changes of a cluster in one reconfiguration, and reads them back.
  - The name of everything that this module creates begins with C(nfv:NAME:), where NAME is O(name). The module owns all
    objects with such names. It brings them to the plan, and removes them when the plan no longer needs them. It changes
    and removes nothing else.
  - Overrides of VMs have no names. The module records the VMs whose overrides it created in the groups
    C(nfv:NAME:overrides:drs) and C(nfv:NAME:overrides:ha), which no rule uses.
  - Fails with C(drs_object_foreign), before any change, when an object with such a name is not of the kind that
    this module creates, or when somebody else's override of a VM contradicts its description. Somebody else's override
    that agrees is left alone.
  - Fails with C(placement_elsewhere), before any change, when objects of another O(name) hold a VM of the plan.
  - A group that somebody else's rule uses is not removed. The module warns about it instead.
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
    description: The name of this placement, without a colon. It is part of the names of all objects created for it.
    type: str
    required: true
  plan:
    description:
      - The plan, as M(nfv.vsphere_dpdk.placement_plan) returns it. All its VMs must exist.
      - Required with O(state=present).
    type: dict
  vms:
    description: VMs whose descriptions may ask for an automation level and a restart priority.
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
  keep:
    description:
      - Names of VMs of this placement that are no part of this run, such as hosts outside of C(--limit). Whatever a
        cluster has for them stays as it is, with O(state=absent), too. They are not moved, and places that the plan has
        for them are ignored.
      - Fails with C(placement_partial), before any change, when a rule that they share with other VMs would change.
    type: list
    elements: str
    default: []
  strength:
    description:
      - With V(should), DRS and HA may place a VM on another host when they have to, for example when its host fails.
      - With V(must) they never do, so a VM whose host fails stays down.
    type: str
    choices: [should, must]
    default: should
  relocate:
    description:
      - Whether to move powered-off VMs to their planned host before the rules are created.
      - Running VMs are never moved. They are left to DRS, and returned as RV(misplaced).
    type: str
    choices: [never, powered_off]
    default: never
  state:
    description:
      - V(present) makes the clusters keep the plan.
      - V(absent) removes everything that was created under O(name), in all clusters, but for the VMs in O(keep).
    type: str
    choices: [present, absent]
    default: present
notes:
  - vSphere does not prevent two clients from changing the configuration of a cluster at the same time. A change that is
    missing when the cluster is read back is the error C(setting_ignored).
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

- name: Remove the rules of the plan
  nfv.vsphere_dpdk.placement_rules:
    name: pgw
    state: absent
  delegate_to: localhost
"""

RETURN = r"""
clusters:
  description: The clusters of the plan, and those that had objects of this placement, by name.
  returned: success
  type: dict
  contains:
    moid:
      description: The cluster's managed object ID.
      type: str
      returned: always
    changes:
      description:
        - The differences, each with C(kind), C(name), C(from) and C(to). C(from) is null for an object that is created,
          C(to) for one that is removed.
        - C(kind) is V(vm_group), V(host_group), V(rule), V(automation_level) or V(restart_priority).
      type: list
      elements: dict
      returned: always
    warnings:
      description: What has no effect in this cluster's configuration, and what was left alone.
      type: list
      elements: str
      returned: always
  sample:
    nfv-a:
      moid: domain-c7
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
  sample: [{vm: pgw-1, from: esx-1, to: esx-2}]
misplaced:
  description: VMs that are not on their planned host, each with C(vm), C(host), C(planned) and C(power_state).
  returned: success
  type: list
  elements: dict
  sample: [{vm: pgw-1, host: esx-1, planned: esx-2, power_state: poweredOn}]
error_code:
  description: The kind of failure, as in brackets at the beginning of the message.
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
            "keep": {"type": "list", "elements": "str", "default": []},
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
