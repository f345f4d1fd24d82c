#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the NUMA topology of hosts, and what VMs hold of it."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_topology_info
version_added: 1.0.0
short_description: Read the NUMA topology of hosts, and what VMs hold of it
description:
  - Reads the NUMA nodes of hosts with what VMs hold of them and what is free, the physical NICs with their nodes, and
    for each port group the physical NICs that carry its traffic. It takes three batched reads, whatever the number of
    hosts.
  - What vSphere does not report is null, and never guessed. A host before vSphere 6.7 does not report the node of a
    NIC.
  - No property of the API names the cores that a VM has exclusively. What VMs hold is known from their affinity sets,
    and estimated from their latency sensitivity; see RV(hosts.holdings).
author:
  - nfv.vsphere_dpdk contributors (@nfv)
extends_documentation_fragment:
  - nfv.vsphere_dpdk.attributes.info_module
  - nfv.vsphere_dpdk.connection
options:
  cluster:
    description: The name or managed object ID of a cluster. Without it, the hosts of all clusters are read.
    type: str
  hosts:
    description: Names or managed object IDs of hosts. Without any, all hosts are returned.
    type: list
    elements: str
    default: []
  query:
    description:
      - A JMESPath expression for the result, a dictionary with the key C(hosts). RV(found) is what it finds.
      - Needs the Python library jmespath.
    type: str
seealso:
  - module: nfv.vsphere_dpdk.placement_plan
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

- name: Find the port groups with active uplinks on several nodes
  nfv.vsphere_dpdk.host_topology_info:
    cluster: nfv-a
    query: "hosts.*.port_groups[] | [?spans_nodes].network"
  delegate_to: localhost

- name: Find the NICs of a host that support the enhanced data path, with their nodes
  nfv.vsphere_dpdk.host_topology_info:
    hosts: [esx-a1.example.com]
    query: "hosts.*.nics[] | [?enhanced_data_path].{name: name, node: node}"
  delegate_to: localhost
"""

RETURN = r"""
hosts:
  description: The hosts by name.
  returned: success
  type: dict
  contains:
    moid:
      description: The managed object ID.
      type: str
      returned: always
    cluster:
      description: The name of its cluster; null for a standalone host.
      type: str
      returned: always
    api_version:
      description: The host's own API version.
      type: str
      returned: always
    available:
      description: Whether the host is connected.
      type: bool
      returned: always
    maintenance:
      description: Whether the host is in maintenance mode.
      type: bool
      returned: always
    hyper_threading:
      description: Whether hyper-threading is active.
      type: bool
      returned: always
    mhz:
      description: The clock of one core in MHz.
      type: int
      returned: always
    power_policy:
      description: The short name of the power policy, such as V(static) for High Performance; null when unknown.
      type: str
      returned: always
    latency_sensitivity:
      description: Whether the host supports latency sensitivity High.
      type: bool
      returned: always
    max_simultaneous_threads:
      description: How many vCPUs may share a core with virtual hyper-threading; 1 when the host does not support it.
      type: int
      returned: always
    nodes:
      description:
        - NUMA nodes with C(number), C(cpus) (logical CPUs), C(cores), C(threads), C(memory_mb), C(held) and C(free).
        - C(held) and C(free) have C(cores) and C(memory_mb). RV(hosts.unbound) comes on top.
      type: list
      elements: dict
      returned: always
    unbound:
      description: The C(cores) and C(memory_mb) of VMs whose node the host's scheduler chooses.
      type: dict
      returned: always
    nics:
      description:
        - Physical NICs with C(name), C(pci), C(node), C(driver), C(firmware), C(speed_mbps) and
          C(enhanced_data_path).
        - C(node) is null when the host does not report it; C(speed_mbps) is 0 when the link is down.
      type: list
      elements: dict
      returned: always
    port_groups:
      description:
        - Port groups with C(network), C(key), C(switch), C(distributed), C(active), C(nodes), C(spans_nodes),
          C(switch_mode) and C(enhanced_data_path).
        - C(active) lists the NICs that the teaming policy makes active. C(nodes) lists their NUMA nodes, null when one
          of these is unknown.
        - C(switch_mode) is the mode of the switch on this host, V(standard), V(edp_standard) or V(edp_dedicated), as in
          descriptions; null when vSphere does not report it. C(enhanced_data_path) tells whether it is one of the
          last two.
      type: list
      elements: dict
      returned: always
    holdings:
      description:
        - What powered-on VMs hold, with C(vm), C(moid), C(node), C(cores), C(cpus), C(memory_mb) and C(basis).
        - C(basis) is V(affinity) when an affinity set names the cores, V(estimate) when latency sensitivity High with
          its full reservation implies them, and null when the VM holds no cores.
      type: list
      elements: dict
      returned: always
  sample:
    esx-a1.example.com:
      moid: host-20
      cluster: nfv-a
      nodes:
        - number: 0
          cpus: 0-15
          cores: 8
          threads: 16
          memory_mb: 65536
          held: {cores: 4, memory_mb: 8192}
          free: {cores: 4, memory_mb: 57344}
      unbound: {cores: 0, memory_mb: 0}
found:
  description: What O(query) finds.
  returned: when O(query) is given
  type: raw
  sample: [esx-1]
error_code:
  description: The kind of failure, as in brackets at the beginning of the message.
  returned: on failure
  type: str
  sample: cluster_not_found
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module._vsphere_options import (
    connection_options,
    query_option,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.host_topology_info import run


def main() -> None:
    """Runs the module."""
    module = AnsibleModule(
        argument_spec={
            **connection_options(),
            "cluster": {"type": "str"},
            "hosts": {"type": "list", "elements": "str", "default": []},
            **query_option(),
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
