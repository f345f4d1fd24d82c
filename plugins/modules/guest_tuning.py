#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Brings a guest's tuning to the description of its data plane."""

from __future__ import annotations

DOCUMENTATION = r"""
module: guest_tuning
short_description: Bring a guest's tuning to the description of its data plane
version_added: 1.0.0
description:
  - Brings kernel arguments, hugepage pools and their mounts, transparent hugepages, tuned and irqbalance of a guest to
    what the description of its data plane asks for, with one look at the guest, one plan and one diff.
  - Never reboots. RV(pending) lists the kernel arguments that wait for a reboot.
  - What the guest shows afterwards is compared with the description. The module fails with C(tuning_not_in_effect) when
    a difference is left that neither a change nor a reboot explains.
  - Hugepages below 1 GiB are resized at run time, so that a changed number of them alone needs no reboot. Pools and the
    mode of transparent hugepages that a reboot brings are left to it.
  - The modules M(nfv.vsphere_dpdk.kernel_cmdline), M(nfv.vsphere_dpdk.hugepages) and M(nfv.vsphere_dpdk.tuned_profile)
    each set one part of this, without a description.
  - An interrupted run is finished by the next one.
author:
  - nfv.vsphere_dpdk contributors (@nfv)
options:
  dataplane:
    description: The description of the VM's data plane, as M(nfv.vsphere_dpdk.vm_dataplane) takes it.
    type: dict
    required: true
  state:
    description:
      - V(present) brings the guest to the description.
      - V(absent) takes away what V(present) has set up and gives tuned its earlier profile back. The description then
        says which pools and arguments are looked for.
    type: str
    choices: [present, absent]
    default: present
  reboot:
    description:
      - Whether the guest may be left with settings that wait for a reboot. The module itself reboots in no case.
      - With V(never) it fails with C(reboot_consent_missing) before it changes anything, and names the settings.
      - With V(later) you reboot the guest some time; until then 1 GiB pages are left alone.
      - With V(when_needed) you reboot it at once; pools that the reboot brings are left to it.
    type: str
    choices: [never, later, when_needed]
    default: never
  tuned:
    description:
      - Whether tuned, where it runs or is enabled, is given a profile derived from the description.
      - With V(false) it is left alone and not looked at.
    type: bool
    default: true
extends_documentation_fragment:
  - nfv.vsphere_dpdk.attributes
attributes:
  check_mode:
    support: full
    details:
      - Refuses what it would refuse otherwise, such as a reboot without consent.
  diff_mode:
    support: full
    details:
      - Shows the settings that change, grouped by what they belong to.
  idempotent:
    support: full
notes:
  - Needs root, GRUB's packages or grubby, systemd, and nothing beyond Python's standard library.
  - Only one run at a time changes a guest. Another one fails with C(guest_locked).
seealso:
  - module: nfv.vsphere_dpdk.kernel_cmdline
  - module: nfv.vsphere_dpdk.hugepages
  - module: nfv.vsphere_dpdk.tuned_profile
  - module: nfv.vsphere_dpdk.vm_dataplane
"""

EXAMPLES = r"""
- name: Tune a guest, and leave the reboot to its operator
  nfv.vsphere_dpdk.guest_tuning:
    dataplane: "{{ nfv_dataplane }}"
    reboot: later
  register: result

- name: Tell what a reboot brings
  ansible.builtin.debug:
    var: result.pending

- name: See how a guest differs from its description
  nfv.vsphere_dpdk.guest_tuning:
    dataplane: "{{ nfv_dataplane }}"
    reboot: later
  check_mode: true
"""

RETURN = r"""
pending:
  description: The kernel arguments that are not in force before a reboot.
  returned: success
  type: list
  elements: str
  sample: ['isolcpus=managed_irq,domain,1', nohz_full=1]
reboot_required:
  description: Whether RV(pending) holds anything.
  returned: success
  type: bool
  sample: true
differences:
  description:
    - How the running guest differs from the description, in check mode before anything is changed.
    - After a change only settings that wait for a reboot.
  returned: success, or when the tuning is not in effect
  type: list
  elements: dict
  contains:
    setting:
      description: The setting.
      type: str
      sample: isolated CPUs
    asked:
      description: What the description asks for.
      type: raw
      sample: 2-3
    seen:
      description: What runs.
      type: raw
      sample: ''
    error_code:
      description: The error that it is when neither a change nor a reboot explains it.
      type: str
      sample: tuning_not_in_effect
    message:
      description: The difference as a sentence.
      type: str
      sample: 'isolated CPUs: 2-3 are asked for, and none are isolated'
kernel:
  description: Kernel arguments, as M(nfv.vsphere_dpdk.kernel_cmdline) returns them.
  returned: success
  type: dict
  sample: {arguments: {isolcpus: 'managed_irq,domain,2-3'}, configured: true, pending: [], reboot_required: false}
hugepages:
  description: C(pools) that were looked at, as M(nfv.vsphere_dpdk.hugepages) returns them.
  returned: success
  type: dict
  sample: {pools: [{size_kb: 2048, node: null, allocated: 512, free: 512}]}
mounts:
  description: C(page_sizes) that are mounted in addition to the default one.
  returned: success
  type: dict
  sample: {page_sizes: [1G]}
transparent_hugepages:
  description: The C(mode) in force.
  returned: success
  type: dict
  sample: {mode: never}
tuned:
  description: As M(nfv.vsphere_dpdk.tuned_profile) returns it, empty with O(tuned=false).
  returned: success
  type: dict
  sample: {in_charge: true, running: true, selected: nfv-vsphere-dpdk}
irqbalance:
  description: Whether it is C(installed), and its C(banned_cpus), null when none are set.
  returned: success
  type: dict
  sample: {installed: true, banned_cpus: 2-3}
error_code:
  description: Why it failed, one of V(reboot_consent_missing), V(tuning_not_in_effect), V(tuned_not_running),
    V(tuned_profile_replaced), V(description_invalid), V(bootloader_unsupported), V(kernel_argument_overruled),
    V(kernel_option_missing), V(cpus_missing), V(update_grub_failed), V(grubby_failed),
    V(kernel_arguments_record_invalid), V(hugepages_short), V(hugepage_size_unsupported), V(hugepages_failed),
    V(tuned_failed), V(tuned_record_invalid), V(unit_failed), V(several_errors), V(guest_locked), V(write_failed),
    V(guest_not_converged).
  returned: failure
  type: str
  sample: reboot_consent_missing
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.guest_tuning import run


def main() -> None:
    """Runs the module."""
    module = AnsibleModule(
        argument_spec={
            "dataplane": {"type": "dict", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "reboot": {"type": "str", "choices": ["never", "later", "when_needed"], "default": "never"},
            "tuned": {"type": "bool", "default": True},
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
