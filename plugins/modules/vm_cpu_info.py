#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what hosts measured of the CPUs of VMs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: vm_cpu_info
version_added: 1.0.0
short_description: Read what hosts measured of the CPUs of VMs
description:
  - Reads vCenter's realtime samples of 20 seconds of C(cpu.usage.average), C(cpu.ready.summation) and
    C(cpu.costop.summation) of VMs that are powered on. Hosts keep an hour of them.
  - What vCenter has no values of is V(unknown) and null, and never zero.
author:
  - nfv.vsphere_dpdk contributors (@nfv)
extends_documentation_fragment:
  - nfv.vsphere_dpdk.attributes.info_module
  - nfv.vsphere_dpdk.connection
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
  seconds:
    description: How far back to read, from 20 to 3600 seconds.
    type: int
    default: 300
  query:
    description:
      - A JMESPath expression for the result, a dictionary with the key C(vms). RV(found) is what it finds.
      - Needs the Python library jmespath.
    type: str
seealso:
  - plugin: nfv.vsphere_dpdk.comparison_report
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Read what the host measured of a VM in the last ten minutes
  nfv.vsphere_dpdk.vm_cpu_info:
    hostname: vcenter.example.com
    username: automation
    password: "{{ vault_vsphere_password }}"
    vms:
      - name: pgw-1
    seconds: 600
  delegate_to: localhost
  register: found

- name: Show the longest that its vCPUs waited for a physical CPU
  ansible.builtin.debug:
    msg: "{{ found.vms['pgw-1'].samples | map(attribute='ready_ms') | max }}"
  when: found.vms['pgw-1'].state == 'known'
"""

RETURN = r"""
vms:
  description: The VMs by name.
  returned: success
  type: dict
  contains:
    moid:
      description: The managed object ID.
      type: str
      returned: always
    state:
      description: V(known) if every counter has values, else V(unknown).
      type: str
      returned: always
    reason:
      description: Why something is unknown, in one line; null when nothing is.
      type: str
      returned: always
    power_state:
      description: V(poweredOn), V(poweredOff) or V(suspended); null for a VM that cannot be read.
      type: str
      returned: always
    cpus:
      description: The VM's vCPUs; null where vCenter does not say.
      type: int
      returned: always
    samples:
      description:
        - The samples from the oldest on. Empty when the VM is not powered on.
        - C(time) is the end of the interval of 20 seconds, in seconds since 1970, by the host's clock.
        - C(usage_percent) is the share of all its vCPUs that the VM used.
        - C(ready_ms) is the time that its vCPUs waited for a physical CPU, and C(costop_ms) the time that they waited
          for one another, in milliseconds of all vCPUs together.
        - Each but C(time) is null where vCenter has no value.
      type: list
      elements: dict
      returned: always
    error:
      description: Why the VM cannot be read, with C(error_code) and C(message); null when it can.
      type: dict
      returned: always
  sample:
    pgw-1:
      moid: vm-42
      state: known
      reason: null
      power_state: poweredOn
      cpus: 4
      samples:
        - time: 1796000000.0
          usage_percent: 51.25
          ready_ms: 12.0
          costop_ms: 0.0
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
  sample: vm_not_found
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module._vsphere_options import (
    connection_options,
    identity_options,
    query_option,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_cpu_info import run


def main() -> None:
    """Runs the module."""
    module = AnsibleModule(
        argument_spec={
            **connection_options(),
            **identity_options(),
            "seconds": {"type": "int", "default": 300},
            **query_option(),
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
