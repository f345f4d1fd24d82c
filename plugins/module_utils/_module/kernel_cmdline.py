# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What kernel_cmdline does: it sets kernel arguments in the boot loader, which is one part of guest_tuning."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.boot.loader import plan
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.capabilities import require_capable
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.run import converge

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import Plan


def run(module: AnsibleModule) -> None:
    """Ends the module: the guest is as its options say, or the module fails."""
    converge(module, lambda guest: decide(guest, module.params["arguments"], module.params["state"]))


def decide(guest: Guest, arguments: t.Mapping[str, t.Any], state: str) -> Plan:
    """The plan. Raises NfvError: kernel_option_missing, and what loader.plan raises."""
    if state == "present":
        require_capable(guest, arguments.keys())
    return plan(guest, arguments, state)
