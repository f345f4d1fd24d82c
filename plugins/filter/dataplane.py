# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters over the description of a data plane; documented in the YAML files beside this one."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import listed
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.features.judge import kept_problems
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.derive import derive
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.parse import parse_dataplane
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.filters import Filters, typed


def dataplane_problems(description: t.Any, path: str = "nfv_dataplane") -> list[dict[str, str]]:
    """Every problem of a description; an empty list when it is valid and blocks no feature that it must keep."""
    dataplane, problems = parse_dataplane(description, path)
    if dataplane is not None:
        problems = kept_problems(dataplane, path)
    return [problem.as_data() for problem in problems]


def dataplane_derived(description: t.Any, path: str = "nfv_dataplane") -> dict[str, t.Any]:
    """What follows from a valid description; raises AnsibleFilterError with the key path of every problem."""
    dataplane, problems = parse_dataplane(description, path)
    if dataplane is None:
        raise AnsibleFilterError(listed(problems))
    return derive(dataplane)


def polled_devices(devices: t.Iterable[t.Mapping[str, t.Any]], description: t.Any) -> list[t.Mapping[str, t.Any]]:
    """The devices of the adapters that a valid description puts under a poll-mode driver."""
    polled = {adapter["name"] for adapter in dataplane_derived(description)["pmd_adapters"]}
    return [device for device in devices if device["name"] in polled]


def problems_text(problems: t.Iterable[t.Mapping[str, str]], subject: str = "") -> str:
    """The problems as one line, each with its error code, the subject and its key path; of many, how many more."""
    prefix = f"{subject}: " if subject else ""
    return listed(f"[{each['error_code']}] {prefix}{each['path']} {each['message']}" for each in problems)


class FilterModule:
    """The filters of this file by name."""

    def filters(self) -> Filters:
        return typed(
            {
                "dataplane_problems": dataplane_problems,
                "dataplane_derived": dataplane_derived,
                "polled_devices": polled_devices,
                "problems_text": problems_text,
            }
        )
