# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module dpdk_package_record does: it records the packages that an installation adds."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.packages import plan_record
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.run import converge

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def run(module: AnsibleModule) -> None:
    """Ends the module with its result."""
    asked = module.params
    converge(
        module,
        lambda guest: plan_record(
            guest, asked["package_manager"], asked["packages"], asked["install_recommends"], asked["installed_before"]
        ),
    )
