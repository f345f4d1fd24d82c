# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module guest_readiness_info does: it looks at a guest and judges what it sees."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError, listed
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.run import report
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.model import BindingPolicy
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.readiness import NeededPackages, read_guest
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.guest import GuestAsked, guest_rows
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.machine import ClockAsked
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.parse import parse_dataplane

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Dataplane


def run(module: AnsibleModule) -> None:
    """Ends the module with the rows."""
    # Ansible removes the directory when the module ends.
    report(module, lambda guest: gather(guest, module.params, module.tmpdir))


def gather(guest: Guest, params: t.Mapping[str, t.Any], scratch: str) -> dict[str, t.Any]:
    """The module's result. scratch: a directory for what archives answer. Raises NfvError: description_invalid."""
    dataplane = _dataplane(params["dataplane"])
    policy = BindingPolicy(params["driver"], params["allow_no_iommu"])
    needed = NeededPackages(tuple(params["packages"]), params["from_source"])
    asked = GuestAsked(
        params["name"],
        dataplane,
        frozenset(params["pending"]),
        ClockAsked(params["controller_time"], params["clock_tolerance"], params["clock_latency"]),
    )
    facts = read_guest(guest, dataplane, policy, needed, scratch)
    return {"rows": [row.to_dict() for row in guest_rows(facts, asked)]}


def _dataplane(raw: t.Mapping[str, t.Any] | None) -> Dataplane | None:
    if raw is None:
        return None
    dataplane, problems = parse_dataplane(raw, "dataplane")
    if dataplane is None:
        raise NfvError(ErrorCode.DESCRIPTION_INVALID, "dataplane", listed(problems), "Nothing was looked at.")
    return dataplane
