#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a package manager failed."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dpdk_package_failure
short_description: Fail with the reason why a package manager failed
version_added: 1.0.0
description:
  - Always fails. For the C(rescue) of a block that installs packages - the modules of package managers often do not say
    which archive could not be reached.
  - Asks the package manager for the indexes of its archives once more, and names those that cannot be read.
author:
  - nfv.vsphere_dpdk contributors (@nfv)
options:
  package_manager:
    description: The package manager that failed.
    type: str
    choices: [apt, dnf]
    required: true
  attempted:
    description: What was attempted, such as the name of the task that failed.
    type: str
    required: true
  reason:
    description: The failed task's own message.
    type: str
    required: true
  error_code:
    description: The failed task's own error code, if it has one. It is kept when the archives can be read.
    type: str
attributes:
  check_mode:
    description: Refreshes the package manager's indexes, and changes nothing else.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
notes:
  - Needs root, and nothing beyond Python's standard library.
"""

EXAMPLES = r"""
- name: Install a package
  block:
    - name: Install it
      ansible.builtin.apt:
        name: dpdk
        update_cache: true
  rescue:
    - name: Say why
      nfv.vsphere_dpdk.dpdk_package_failure:
        package_manager: apt
        attempted: "{{ ansible_failed_task.name }}"
        reason: "{{ ansible_failed_result.msg }}"
"""

RETURN = r"""
error_code:
  description: V(packages_unreachable) when an archive cannot be read, else O(error_code) or V(package_manager_failed).
  returned: failure
  type: str
  sample: packages_unreachable
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.dpdk_package_failure import run


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "package_manager": {"type": "str", "choices": ["apt", "dnf"], "required": True},
            "attempted": {"type": "str", "required": True},
            "reason": {"type": "str", "required": True},
            "error_code": {"type": "str"},
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
