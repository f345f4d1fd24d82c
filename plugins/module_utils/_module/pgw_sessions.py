# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pgw_sessions does: brings a PGW's user plane in a guest to its description."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError, listed
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.run import converge
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.check import problems
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.compare import compare, wait_for_neighbours
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.desired import Desired
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.observe import observe
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.plan import plan, remove, require_prerequisites
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.model import UserPlane

from ._commands import ask_with

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import Plan
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.observe import Ask

_DESCRIPTION = ("s5u", "sgi", "sessions", "path_management", "statistics", "verify_session")


def run(module: AnsibleModule) -> None:
    """Ends the module: the guest is as its options say, or the module fails."""

    def planned(guest: Guest) -> Plan:
        plane = described_plane(module.params) if module.params["state"] == "present" else None
        return decide(guest, ask_with(module), plane, foretell=bool(module.check_mode))

    converge(module, planned)


def described_plane(params: t.Mapping[str, t.Any]) -> UserPlane:
    """The user plane that the options describe. Raises NfvError ``pgw_invalid`` with the key path of every problem."""
    description = {key: params[key] for key in _DESCRIPTION}
    found = problems(description)
    if found:
        raise NfvError(ErrorCode.PGW_INVALID, found[0].path, listed(found), "Nothing was changed.")
    return UserPlane.of(**description)


def decide(guest: Guest, ask: Ask, plane: UserPlane | None, foretell: bool = False) -> Plan:
    """Plans the way to a user plane, or with ``plane`` None to none.

    With ``foretell``, earlier tasks may still have to install what sessions need. Otherwise raises NfvError
    ``ovs_missing``, ``bridge_missing`` or ``textfile_directory_missing``; both ways ``ovs_not_running``.
    """
    observed = observe(guest, ask)
    desired = Desired.of(plane, observed.sgi_mac, observed.carried.meters) if plane is not None else Desired()
    comparison = compare(guest, ask, observed, desired)
    if plane is None:
        return remove(observed, comparison)
    if not foretell:
        require_prerequisites(observed, comparison)
    if observed.active and not any(comparison.bundles.values()):
        observed = wait_for_neighbours(ask, observed, desired)
    return plan(observed, desired, comparison)
