# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters over the description of a guest's first boot; documented in the YAML files beside this one."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.guest.parse import parse_guest
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.filters import Filters, typed


def guest_problems(description: t.Any, path: str = "nfv_guest") -> list[dict[str, str]]:
    """Every problem of a description; an empty list when it is valid."""
    return [problem.as_data() for problem in parse_guest(description, path)[1]]


def vms_with_guest(vms: t.Iterable[t.Mapping[str, t.Any]], hostvars: t.Mapping[str, t.Any]) -> list[dict[str, t.Any]]:
    """Those of the VMs whose hosts have ``nfv_guest``, each with it as ``guest``."""
    described = ((vm, hostvars.get(vm["name"], {}).get("nfv_guest")) for vm in vms)
    return [{**vm, "guest": guest} for vm, guest in described if guest is not None]


class FilterModule:
    """The filters of this file by name."""

    def filters(self) -> Filters:
        return typed({"guest_problems": guest_problems, "vms_with_guest": vms_with_guest})
