#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports which vSphere features work for VMs, and which settings prevent the others."""

from __future__ import annotations

DOCUMENTATION = r"""
module: feature_compat_info
version_added: 1.0.0
short_description: Report which vSphere features work for VMs, and which settings prevent the others
description:
  - Judges for each VM whether vMotion, DRS, HA, Fault Tolerance and snapshots work, are limited, or are blocked. Names
    the setting, the reason and the source of each limit.
  - A VM with a description is judged as it will be once it matches the description, with its other devices as they are.
    A VM that does not exist yet is judged by its description alone.
  - When a VM lacks a feature that O(must_keep), or C(placement.must_keep) of its description, names, the module fails
    with C(feature_blocked). So a deployment can stop before it has changed anything.
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
  must_keep:
    description: Features that every VM must keep, besides those that its own description names.
    type: list
    elements: str
    choices: [vmotion, drs, ha, fault_tolerance, snapshots]
    default: []
  ask_fault_tolerance:
    description:
      - Whether to ask vSphere, VM by VM, why it would refuse Fault Tolerance for the VM as it is now.
      - This needs the privilege C(VirtualMachine.Config.QueryFTCompatibility).
    type: bool
    default: true
  query:
    description:
      - A JMESPath expression for the result, a dictionary with the key C(vms). RV(found) is what it finds.
      - Needs the Python library jmespath.
    type: str
seealso:
  - module: nfv.vsphere_dpdk.vm_dataplane_info
  - module: nfv.vsphere_dpdk.placement_rules
"""

EXAMPLES = r"""
- name: Report the features of a VM
  nfv.vsphere_dpdk.feature_compat_info:
    hostname: vcenter.example.com
    username: automation
    password: "{{ vault_vsphere_password }}"
    vms:
      - name: pgw-1
  delegate_to: localhost

- name: Stop before any change when vMotion or snapshots would be lost
  nfv.vsphere_dpdk.feature_compat_info:
    vms:
      - name: pgw-1
        dataplane: "{{ nfv_dataplane }}"
    must_keep: [vmotion, snapshots]
  delegate_to: localhost

- name: Find what blocks vMotion
  nfv.vsphere_dpdk.feature_compat_info:
    vms: "{{ fleet }}"
    query: "vms.*.features.vmotion.reasons[] | [?verdict=='blocked'].setting"
  delegate_to: localhost
"""

RETURN = r"""
vms:
  description: The VMs by name. A VM that does not exist is listed as it was identified in O(vms).
  returned: success, and on failure with C(feature_blocked)
  type: dict
  contains:
    present:
      description: Whether the VM exists.
      type: bool
      returned: always
    moid:
      description: The managed object ID; null for a VM that does not exist.
      type: str
      returned: always
    features:
      description:
        - By C(vmotion), C(drs), C(ha), C(fault_tolerance) and C(snapshots), each with C(verdict) and C(reasons).
        - C(verdict) is V(works), V(limited) or V(blocked), the worst verdict of the reasons.
        - Each reason has C(verdict), C(setting), C(text) and C(source).
        - Empty for a VM that does not exist and has no description.
      type: dict
      returned: always
    fault_tolerance_query:
      description:
        - Why vSphere would refuse Fault Tolerance for the VM as it is now, each reason with C(fault) and C(message).
        - Null when vSphere was not asked or did not answer.
      type: list
      elements: dict
      returned: always
    error:
      description:
        - Why the VM cannot be read, with C(error_code) and C(message). No other VM is concerned; the module fails only
          when the VM must keep a feature.
        - Null when it can.
      type: dict
      returned: always
  sample:
    pgw-1:
      present: true
      moid: vm-42
      features:
        vmotion:
          verdict: blocked
          reasons:
            - verdict: blocked
              setting: cpu.affinity
              text: it is bound to CPUs 4-7 of its host; a running VM with affinity is not migrated
              source: vSphere API reference, vim.fault.AffinityConfigured
      fault_tolerance_query: null
      error: null
found:
  description: What O(query) finds.
  returned: when O(query) is given
  type: raw
  sample: [pgw-1]
error_code:
  description: The kind of failure, as in brackets at the beginning of the message.
  returned: on failure
  type: str
  sample: feature_blocked
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module._vsphere_options import (
    connection_options,
    query_option,
    vm_options,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.feature_compat_info import run


def main() -> None:
    """Runs the module."""
    module = AnsibleModule(
        argument_spec={
            **connection_options(),
            **vm_options(),
            "must_keep": {
                "type": "list",
                "elements": "str",
                "choices": ["vmotion", "drs", "ha", "fault_tolerance", "snapshots"],
                "default": [],
            },
            "ask_fault_tolerance": {"type": "bool", "default": True},
            **query_option(),
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
