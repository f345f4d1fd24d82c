# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter pgw_switch; documented in the YAML file beside this one."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import listed
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.switch_options import require_bound, switch_options
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.parse import parse_dataplane
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.filters import Filters, typed


def pgw_switch(
    ends: t.Mapping[str, t.Any], description: t.Any, devices: t.Sequence[t.Mapping[str, t.Any]], bound: bool = True
) -> dict[str, t.Any]:
    """The options of ovs_dpdk for the ends ``s5u`` and ``sgi``; with ``bound``, their adapters must be bound."""
    dataplane, problems = parse_dataplane(description)
    if dataplane is None or problems:
        raise AnsibleFilterError(listed(problems))
    if bound:
        require_bound(ends, devices)
    return switch_options(ends, dataplane, devices)


class FilterModule:
    """The filter of this file by name."""

    def filters(self) -> Filters:
        return typed({"pgw_switch": pgw_switch})
