#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans on which host and NUMA node each VM of a fleet runs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: placement_plan
version_added: 0.2.0
short_description: Plan on which host and NUMA node each VM of a fleet runs
description:
  - Computes a host and a NUMA node for each VM from descriptions and the hosts' topology, and the CPUs of VMs that get
    their cores by affinity. Connects to nothing and changes nothing.
  - A VM fits one node in cores and memory where it can, on the node of the uplinks of its polled adapters. Cores are
    kept for ESXi, hosts in maintenance take none, and what other VMs hold counts.
  - As few VMs as possible leave the place that they have. The same question always has the same answer.
  - When not every VM has a place, fails with C(placement_impossible) and the fewest reasons, in words and as data.
author:
  - nfv.vsphere_dpdk contributors (@nfv)
extends_documentation_fragment:
  - nfv.vsphere_dpdk.attributes.info_module
options:
  vms:
    description: The VMs with their descriptions, whose C(placement) says what each asks for.
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
  topology:
    description: The hosts, as C(hosts) of M(nfv.vsphere_dpdk.host_topology_info).
    type: dict
    required: true
  groups:
    description:
      - Placement groups, lists of VM names by name, which C(keep_apart_from) and C(keep_together_with) may name.
      - An inventory whose hosts are named like their VMs passes Ansible's C(groups).
    type: dict
    default: {}
  cluster:
    description: The cluster of VMs whose description names none; any when not given.
    type: str
  earlier:
    description: The plan that was made before, as this module returned it; keeps VMs that do not run at their places.
    type: dict
  n_plus_1:
    description: Whether any one host may fail and every VM must still have its cores on a right node.
    type: bool
    default: false
  spanning:
    description: Whether polled networks whose uplinks have no node in common are worth a remark or are refused.
    type: str
    choices: [warn, refuse]
    default: warn
  wide:
    description: Whether a VM too large for any node is given shares of several nodes of a host or is refused.
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
    remarks:
      description: What is allowed and worth knowing, each with C(code), C(vm) and C(text).
      type: list
      elements: dict
      returned: always
    failovers:
      description: With O(n_plus_1), where each VM has room when its host fails.
      type: list
      elements: dict
      returned: always
    apart:
      description: Groups of VMs that are kept apart.
      type: list
      elements: list
      returned: always
    together:
      description: Groups of VMs that are kept together.
      type: list
      elements: list
      returned: always
moved:
  description: The VMs that leave the host or node that they are on.
  returned: success
  type: list
  elements: str
reasons:
  description:
    - Why there is no plan, each with C(code), C(vms), C(text), C(needed), C(free), C(node), C(networks), C(hosts) and
      C(failed_host).
  returned: on failure with C(placement_impossible)
  type: list
  elements: dict
placements:
  description: The places of those VMs that do have one.
  returned: on failure with C(placement_impossible)
  type: list
  elements: dict
proven:
  description: Whether no plan exists; otherwise none was found within the bounds of the search.
  returned: on failure with C(placement_impossible)
  type: bool
error_code:
  description: What kind of failure it is, the same as in brackets at the beginning of the message.
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
            "topology": {"type": "dict", "required": True},
            "groups": {"type": "dict", "default": {}},
            "cluster": {"type": "str"},
            "earlier": {"type": "dict"},
            "n_plus_1": {"type": "bool", "default": False},
            "spanning": {"type": "str", "choices": ["warn", "refuse"], "default": "warn"},
            "wide": {"type": "str", "choices": ["span", "refuse"], "default": "span"},
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
