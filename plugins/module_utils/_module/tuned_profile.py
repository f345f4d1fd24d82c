# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tuned_profile does: it selects a profile of tuned, which is one part of guest_tuning."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.run import converge
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.isolation.tuned import ProfileRequest, plan

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def run(module: AnsibleModule) -> None:
    """Ends the module: the guest is as its options say, or the module fails."""
    asked = ProfileRequest(module.params["polling_cpus"], module.params["transparent_hugepages"])
    converge(module, lambda guest: plan(guest, asked, module.params["state"]))
