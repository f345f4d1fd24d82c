# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What VMware Tools report."""

from __future__ import annotations

from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.guest_address import GuestNic, GuestState
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.guest import guest_state


def test_what_the_guest_reports() -> None:
    nic = vim.vm.GuestInfo.NicInfo(macAddress="00:50:56:80:00:0A", ipAddress=["198.18.0.10"])
    assert guest_state(
        {
            "runtime.powerState": "poweredOn",
            "guest.toolsRunningStatus": "guestToolsRunning",
            "guest.ipAddress": "",
            "guest.net": [nic],
        }
    ) == GuestState("poweredOn", True, None, (GuestNic("00:50:56:80:00:0a", ("198.18.0.10",)),))
    assert guest_state({}) == GuestState("", False, None, ())
