# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter pgw_problems; documented in the YAML file beside this one."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw import shape
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.rules import problems
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.parse import parse_dataplane


def pgw_problems(plane: t.Any, description: t.Any = None) -> list[dict[str, str]]:
    """Every problem of {s5u, sgi, sessions}: first of keys, types and ranges, then of how they fit together.

    With a valid description, the adapters that the two ends name must be polled ones of it.
    """
    if not isinstance(plane, t.Mapping):
        raise AnsibleFilterError("pgw_problems takes a dictionary of s5u, sgi and sessions")
    variables = {f"pgw_{key}": plane.get(key) for key in ("s5u", "sgi", "sessions")}
    dataplane = None if description is None else parse_dataplane(description)[0]
    found = shape.pgw_problems(variables, dataplane) or problems(plane["s5u"], plane["sgi"], plane["sessions"])
    return [dataclasses.asdict(problem) for problem in found]


class FilterModule:
    """The filter of this file by name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"pgw_problems": pgw_problems}
