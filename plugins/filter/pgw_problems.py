# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter pgw_problems; documented in the YAML file beside this one."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.check import problems
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.parse import parse_dataplane
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.filters import Filters, typed


def pgw_problems(plane: t.Any, description: t.Any = None) -> list[dict[str, str]]:
    """Every problem of a user plane; with a valid description, the ends must name polled adapters of it."""
    if not isinstance(plane, t.Mapping):
        raise AnsibleFilterError("pgw_problems takes a dictionary of s5u, sgi and sessions")
    dataplane = None if description is None else parse_dataplane(description)[0]
    return [problem.as_data() for problem in problems(plane, dataplane)]


class FilterModule:
    """The filter of this file by name."""

    def filters(self) -> Filters:
        return typed({"pgw_problems": pgw_problems})
