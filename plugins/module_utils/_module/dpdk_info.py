# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What dpdk_info does: a guest's adapters, drivers, memory and CPUs as they run."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.run import report
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.read import read_info

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def run(module: AnsibleModule) -> None:
    """Ends the module with what the guest shows."""
    report(module, read_info)
