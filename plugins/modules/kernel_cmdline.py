#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sets kernel arguments of a guest through a GRUB drop-in or grubby."""

from __future__ import annotations

DOCUMENTATION = r"""
module: kernel_cmdline
short_description: Set kernel arguments through a GRUB drop-in or grubby
version_added: 1.0.0
description:
  - On Debian and Ubuntu kernel arguments have one file of their own, C(/etc/default/grub.d/90-nfv-vsphere-dpdk.cfg).
    GRUB's menu is made anew (C(grub-mkconfig)) when that file changed or when no entry of the menu carries them.
  - The old menu or the new one is in place at any time, so that a guest that loses power meanwhile boots.
  - On the RHEL family, where grubby writes an entry for each kernel, all entries get them. What the machine had under
    the same keys is remembered in C(/etc/nfv-vsphere-dpdk/kernel-arguments.json) and given back by O(state=absent).
  - Compares the arguments with C(/proc/cmdline) and names those that need a reboot. Never reboots. Where a key occurs
    several times, as when another file of GRUB has it too, what the kernel obeys is compared.
  - An argument that the kernel would not obey after a reboot either, because another file of GRUB sets it or its
    variable, is refused with C(kernel_argument_overruled) before anything is changed, and the file is named.
  - An interrupted run is finished by the next one.
author:
  - nfv.vsphere_dpdk contributors (@nfv)
options:
  arguments:
    description:
      - Arguments in the order of the kernel's command line.
      - A value is a string or a number, null for an argument without a value, or a list for a key that occurs several
        times. Neighbouring keys with lists of the same length are interleaved, as V(hugepagesz) and V(hugepages) need.
      - With O(state=absent) they name the arguments to look for in the running kernel.
    type: dict
    default: {}
  state:
    description:
      - With V(present) the boot loader passes exactly O(arguments), and nothing else that this module set before.
      - V(absent) removes what this module set.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    description: Predicts without changing anything.
    support: full
  diff_mode:
    description: Shows the file before and after.
    support: full
notes:
  - Needs root, Debian's GRUB packages or grubby, and nothing beyond Python's standard library.
"""

EXAMPLES = r"""
- name: Isolate vCPU 1 at the next boot
  nfv.vsphere_dpdk.kernel_cmdline:
    arguments:
      isolcpus: managed_irq,domain,1
      nohz_full: "1"
      rcu_nocbs: "1"
  register: result

- name: Two sizes of hugepages
  nfv.vsphere_dpdk.kernel_cmdline:
    arguments:
      hugepagesz: [1G, 2M]
      hugepages: [2, 512]

- name: Tell what a reboot would bring
  ansible.builtin.debug:
    var: result.pending
"""

RETURN = r"""
arguments:
  description: The configured arguments, as on the kernel's command line.
  returned: success
  type: list
  elements: str
  sample: ['isolcpus=managed_irq,domain,1', nohz_full=1, rcu_nocbs=1]
running:
  description: The running kernel's whole command line.
  returned: success
  type: list
  elements: str
  sample: [BOOT_IMAGE=/boot/vmlinuz-6.1.0-40-amd64, quiet, 'isolcpus=managed_irq,domain,2-3']
configured:
  description: Whether the boot loader carries them; in check mode whether it does already.
  returned: success
  type: bool
  sample: true
pending:
  description:
    - With O(state=present) the arguments that the running kernel was not started with.
    - With O(state=absent) the arguments set by this module that it was started with and that a reboot takes away.
  returned: success
  type: list
  elements: str
  sample: ['isolcpus=managed_irq,domain,2-3']
reboot_required:
  description: Whether RV(pending) holds anything.
  returned: success
  type: bool
  sample: true
error_code:
  description: Why it failed, one of V(argument_invalid), V(bootloader_unsupported), V(kernel_argument_overruled),
    V(kernel_option_missing), V(update_grub_failed), V(grubby_failed), V(kernel_arguments_record_invalid),
    V(write_failed), V(guest_locked), V(guest_not_converged).
  returned: failure
  type: str
  sample: bootloader_unsupported
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.kernel_cmdline import run


def main() -> None:
    """Runs the module."""
    module = AnsibleModule(
        argument_spec={
            "arguments": {"type": "dict", "default": {}},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
