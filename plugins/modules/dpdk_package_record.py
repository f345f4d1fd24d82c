#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The record of the packages that installing DPDK adds."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dpdk_package_record
short_description: Record the packages that an installation adds
version_added: 1.0.0
description:
  - Adds to C(/etc/nfv-vsphere-dpdk/dpdk_install.packages) the packages that an installation is going to add,
    dependencies included. Role C(dpdk_install) removes exactly these.
  - It runs before the installation, so that an interrupted one can be undone.
  - apt lists dependencies in advance. dnf cannot; run the module again after dnf, with O(installed_before).
author:
  - nfv.vsphere_dpdk contributors (@nfv)
options:
  packages:
    description: The packages that are about to be installed.
    type: list
    elements: str
    required: true
  package_manager:
    description: The package manager that installs them.
    type: str
    choices: [apt, dnf]
    required: true
  install_recommends:
    description: Whether apt installs recommended packages too.
    type: bool
    default: true
  installed_before:
    description:
      - The packages that were installed before, as RV(installed) of the first run.
      - Needed by V(dnf) alone, after the installation.
    type: list
    elements: str
attributes:
  check_mode:
    description: Predicts without writing.
    support: full
  diff_mode:
    description: Shows the record before and after.
    support: full
notes:
  - Needs root, and nothing beyond Python's standard library.
"""

EXAMPLES = r"""
- name: Record what is going to be installed
  nfv.vsphere_dpdk.dpdk_package_record:
    packages: "{{ look.packages.missing }}"
    package_manager: apt

- name: Install it
  ansible.builtin.apt:
    name: "{{ look.packages.missing }}"
"""

RETURN = r"""
packages:
  description: All packages on record.
  returned: success
  type: list
  elements: str
  sample: [dpdk]
installed:
  description: The names of all installed packages.
  returned: success
  type: list
  elements: str
  sample: [adduser, apt, dpdk]
error_code:
  description: Why it failed, one of V(packages_unavailable), V(packages_unreadable), V(write_failed),
    V(guest_not_converged).
  returned: failure
  type: str
  sample: packages_unavailable
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.dpdk_package_record import run


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "packages": {"type": "list", "elements": "str", "required": True},
            "package_manager": {"type": "str", "choices": ["apt", "dnf"], "required": True},
            "install_recommends": {"type": "bool", "default": True},
            "installed_before": {"type": "list", "elements": "str"},
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
