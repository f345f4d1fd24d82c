# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module dpdk_package_failure does: it fails, and says why a package manager did."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.package_failure import explain
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.run import report

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest


def run(module: AnsibleModule) -> None:
    """Ends the module with its failure."""
    asked = module.params

    def fail(guest: Guest) -> t.NoReturn:
        raise explain(guest, asked["package_manager"], asked["attempted"], asked["reason"], asked["error_code"])

    report(module, fail)
