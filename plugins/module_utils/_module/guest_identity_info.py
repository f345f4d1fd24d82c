# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What guest_identity_info does: it refuses a machine that is not the VM that it was reached for."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.run import report
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.identity import require_machine

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree


def run(module: AnsibleModule) -> None:
    """Ends the module: the machine is the VM, or the module fails."""
    report(module, lambda guest: identify(guest, module.params))


def identify(guest: Tree, params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The module's result. Raises NfvError: guest_identity_differs, guest_identity_unknown."""
    return {"uuid": require_machine(guest, params["name"], params["uuid"], params["address"]).uuid}
