#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans on which host and NUMA node each VM of a fleet runs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: placement_plan
version_added: 1.0.0
short_description: Plan on which host and NUMA node each VM of a fleet runs
description:
  - Computes a host and a NUMA node for each VM from the descriptions and the hosts' topology, and the affinity set of
    each VM that gets its cores that way. Connects to nothing and changes nothing.
  - A VM that fits into one NUMA node gets one, the node of its polled adapters' uplinks. Some cores of each node are
    left to ESXi, hosts in maintenance mode get no VM, and what other VMs hold is not available.
  - As few VMs as possible leave the place that they have. The same input always gives the same plan.
  - When not every VM has a place, the module fails with C(placement_impossible) and the fewest reasons, in words and as
    data.
author:
  - nfv.vsphere_dpdk contributors (@nfv)
extends_documentation_fragment:
  - nfv.vsphere_dpdk.attributes.info_module
options:
  vms:
    description: The VMs with their descriptions; C(placement) in a description says where its VM may run.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The VM's name.
        type: str
        required: true
      dataplane:
        description: The VM's description.
        type: dict
        required: true
  staying:
    description:
      - Further VMs of the fleet, which stay where they are and get no place in the plan, such as hosts outside of
        C(--limit). What they need is not available, whether they run or not. Others are kept apart from them, and
        together with them, as either description says.
      - Fails with C(placement_partial) when the host of one is not known.
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
      host:
        description: The name of the host that the VM is on.
        type: str
  topology:
    description: The hosts, as C(hosts) of M(nfv.vsphere_dpdk.host_topology_info).
    type: dict
    required: true
  groups:
    description:
      - Placement groups, lists of VM names by group name, for C(keep_apart_from) and C(keep_together_with).
      - When inventory hosts are named like their VMs, pass Ansible's C(groups).
    type: dict
    default: {}
  cluster:
    description: The cluster for VMs whose description names none. Without it such VMs may run in any cluster.
    type: str
  earlier:
    description: An earlier plan, as this module returned it. VMs that do not run keep the place that it gave them.
    type: dict
  n_plus_1:
    description: Whether every VM must still have its cores on a right NUMA node when any single host fails.
    type: bool
    default: false
  remote_uplinks:
    description:
      - What to do when a polled network's uplinks may be on another NUMA node of the host than the VM, because its team
        spans nodes, or because the VM's polled networks have no node in common.
      - V(warn) allows it and adds a remark to the plan; V(refuse) leaves such hosts out.
    type: str
    choices: [warn, refuse]
    default: warn
  wide_vm:
    description:
      - What to do with a VM that is too large for any NUMA node.
      - V(span) gives it even shares of as few nodes of one host as can hold it; V(refuse) gives it no place.
    type: str
    choices: [span, refuse]
    default: span
seealso:
  - module: nfv.vsphere_dpdk.host_topology_info
  - module: nfv.vsphere_dpdk.placement_rules
"""

EXAMPLES = r"""
- name: Read the hosts of a cluster
  nfv.vsphere_dpdk.host_topology_info:
    hostname: vcenter.example.com
    username: automation
    password: "{{ vault_vsphere_password }}"
    cluster: nfv-a
  delegate_to: localhost
  register: topology

- name: Plan where the VMs run
  nfv.vsphere_dpdk.placement_plan:
    vms:
      - name: pgw-1
        dataplane: "{{ nfv_dataplane }}"
    topology: "{{ topology.hosts }}"
    groups: "{{ groups }}"
    n_plus_1: true
  delegate_to: localhost
  register: computed
"""

RETURN = r"""
plan:
  description: The plan.
  returned: success
  type: dict
  contains:
    placements:
      description:
        - One for each VM, with C(vm), C(host), C(host_moid), C(nodes), C(cores), C(memory_mb), C(cpus), C(change) and
          C(before).
        - C(change) is V(new), V(kept) or V(moved); C(before) is the host that a VM is moved from.
      type: list
      elements: dict
      returned: always
      sample:
        - vm: pgw-1
          host: esx-1
          host_moid: host-12
          nodes: [0]
          cores: 4
          memory_mb: 4096
          cpus: []
          change: new
          before: null
    remarks:
      description: What is allowed but worth knowing, each with C(code), C(vm) and C(text).
      type: list
      elements: dict
      returned: always
      sample: [{code: team_spans_nodes, vm: pgw-1, text: the uplinks of PG-S5U are on two nodes}]
    failovers:
      description: With O(n_plus_1), where each VM can restart when its host fails.
      type: list
      elements: dict
      returned: always
      sample: [{failed_host: esx-1, vm: pgw-1, host: esx-2}]
    apart:
      description: Groups of VMs that are kept apart.
      type: list
      elements: list
      returned: always
      sample: [[pgw-1, pgw-2]]
    together:
      description: Groups of VMs that are kept together.
      type: list
      elements: list
      returned: always
      sample: [[pgw-1, sgw-1]]
moved:
  description: The VMs that leave the host or node that they are on.
  returned: success
  type: list
  elements: str
  sample: [pgw-2]
reasons:
  description:
    - Why there is no plan, each with C(code), C(vms), C(text), C(needed), C(free), C(node), C(networks), C(hosts) and
      C(failed_host).
  returned: on failure with C(placement_impossible)
  type: list
  elements: dict
  sample: [{code: cores_short, vms: [pgw-1], text: 'needs 4 cores on one node, and 2 are free', needed: 4, free: 2}]
placements:
  description: The places of the other VMs.
  returned: on failure with C(placement_impossible)
  type: list
  elements: dict
  sample: [{vm: dns-1, host: esx-2, nodes: [1], cores: 2, memory_mb: 2048}]
proven:
  description: Whether it is proven that no plan exists. If false, none was found within the bounds of the search.
  returned: on failure with C(placement_impossible)
  type: bool
  sample: true
error_code:
  description: The kind of failure; the message begins with it in brackets.
  returned: on failure
  type: str
  sample: placement_impossible
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.placement_plan import run


def main() -> None:
    """Runs the module."""
    module = AnsibleModule(
        argument_spec={
            "vms": {
                "type": "list",
                "elements": "dict",
                "required": True,
                "options": {
                    "name": {"type": "str", "required": True},
                    "dataplane": {"type": "dict", "required": True},
                },
            },
            "staying": {
                "type": "list",
                "elements": "dict",
                "default": [],
                "options": {
                    "name": {"type": "str", "required": True},
                    "dataplane": {"type": "dict", "required": True},
                    "host": {"type": "str"},
                },
            },
            "topology": {"type": "dict", "required": True},
            "groups": {"type": "dict", "default": {}},
            "cluster": {"type": "str"},
            "earlier": {"type": "dict"},
            "n_plus_1": {"type": "bool", "default": False},
            "remote_uplinks": {"type": "str", "choices": ["warn", "refuse"], "default": "warn"},
            "wide_vm": {"type": "str", "choices": ["span", "refuse"], "default": "span"},
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
