#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Selects a profile of tuned that leaves polling CPUs alone."""

from __future__ import annotations

DOCUMENTATION = r"""
module: tuned_profile
short_description: Select a profile of tuned that leaves polling CPUs alone
version_added: 1.0.0
description:
  - Where tuned runs or is enabled, writes the profile V(nfv-vsphere-dpdk) and selects it. Elsewhere nothing is done.
  - The profile takes over the distribution's C(cpu-partitioning), or C(network-latency) where that is not installed,
    without the parts that this collection sets itself or that would harm a poll-mode application. The units
    C(bootloader), C(script), C(irqbalance), C(systemd) and C(scheduler) are disabled; kernel arguments belong to
    M(nfv.vsphere_dpdk.kernel_cmdline).
  - What was selected before is recorded in C(/etc/nfv-vsphere-dpdk/tuned.json) and restored by O(state=absent).
    A profile that somebody has selected since then stays.
  - The only files of the distribution that change are those in which tuned itself keeps its selection.
author:
  - nfv.vsphere_dpdk contributors (@nfv)
options:
  polling_cpus:
    description: The CPUs that poll, as a list such as V(2-3,6). Empty when there are none.
    type: str
    default: ""
  transparent_hugepages:
    description:
      - Mode of transparent hugepages that tuned must keep. Left alone when not given.
      - tuned itself follows C(transparent_hugepage=) where the kernel command line has it.
    type: str
    choices: [always, madvise, never]
  state:
    description: V(present) selects the profile, V(absent) gives the earlier one back and removes it.
    type: str
    choices: [present, absent]
    default: present
extends_documentation_fragment:
  - nfv.vsphere_dpdk.attributes
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
    details:
      - Shows the selected profiles before and after.
  idempotent:
    support: full
notes:
  - Needs root and nothing beyond Python's standard library; tuned from 2.14.
"""

EXAMPLES = r"""
- name: Let tuned keep vCPU 1 for polling
  nfv.vsphere_dpdk.tuned_profile:
    polling_cpus: "1"
    transparent_hugepages: never

- name: Give tuned its earlier profile back
  nfv.vsphere_dpdk.tuned_profile:
    state: absent
"""

RETURN = r"""
in_charge:
  description: Whether tuned is installed and runs or is enabled. Otherwise nothing is done.
  returned: success
  type: bool
  sample: true
running:
  description: Whether tuned's daemon runs.
  returned: success
  type: bool
  sample: true
profile:
  description: The profile that is to be selected, null where tuned is not in charge and with O(state=absent).
  returned: success
  type: str
  sample: nfv-vsphere-dpdk
base:
  description: The distribution's profile that it takes over, null when there is none.
  returned: success
  type: str
  sample: cpu-partitioning
selected:
  description: The profiles that are selected, in check mode those that are selected now; empty when none is.
  returned: success
  type: str
  sample: nfv-vsphere-dpdk
selection_mode:
  description: Who selected them, V(manual) or V(auto).
  returned: success
  type: str
  sample: manual
interfering:
  description: What may run on the polling CPUs at run time, one sentence each.
  returned: success
  type: list
  elements: str
  sample: [irqbalance may move interrupts to CPU 2-3]
left_out:
  description: What tuned cannot do on this machine, one sentence each.
  returned: success
  type: list
  elements: str
  sample: [the CPU has no C-states that tuned could limit]
error_code:
  description: Why it failed, one of V(tuned_failed), V(tuned_record_invalid), V(write_failed), V(guest_locked),
    V(guest_not_converged).
  returned: failure
  type: str
  sample: tuned_failed
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.tuned_profile import run


def main() -> None:
    """Runs the module."""
    module = AnsibleModule(
        argument_spec={
            "polling_cpus": {"type": "str", "default": ""},
            "transparent_hugepages": {"type": "str", "choices": ["always", "madvise", "never"]},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
