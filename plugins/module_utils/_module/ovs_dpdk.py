# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ovs_dpdk does: brings Open vSwitch with DPDK to its description."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.run import converge
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._ovs.model import SwitchConfiguration
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._ovs.observe import observe
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._ovs.plan import plan, require_dpdk
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._ovs.settings import described_switch

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import Plan


def run(module: AnsibleModule) -> None:
    """Ends the module: the switch is as its options say, or the module fails."""
    params = module.params

    def planned(guest: Guest) -> Plan:
        desired: SwitchConfiguration | None = described_switch(params) if params["state"] == "present" else None
        observed = observe(guest)
        if desired is not None and not module.check_mode:
            require_dpdk(observed)
        return plan(observed, desired, restart=params["restart"] == "when_needed")

    converge(module, planned)
