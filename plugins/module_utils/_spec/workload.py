# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The workload of a host, ``nfv_workload``: the role that runs its network function (docs/workloads.md)."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, Problem

from .reader import Section

PATH: t.Final = "nfv_workload"
# Brings the application up and takes it back, by nfv_workload_state.
MAIN: t.Final = "main"
# Leaves the fact nfv_application, from variables alone.
APPLICATION: t.Final = "application"
# namespace.collection.role, each a Python identifier (Ansible's collection loader).
_ROLE: t.Final = r"[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*){2}"
_EXAMPLES: t.Final = "{role: nfv.vsphere_dpdk.pgw}, {role: nfv.vsphere_dpdk.vnf}, or a role of your own"


def parse_workload(description: t.Any) -> tuple[str | None, list[Problem]]:
    """The full name of the workload's role, None when it is not given as it should be, and every problem."""
    if description is None or description == {}:
        return None, [Problem(PATH, f"must say what the host runs: {_EXAMPLES}", ErrorCode.WORKLOAD_MISSING)]
    problems: list[Problem] = []
    section = Section.read(description, PATH, problems, ("role",))
    role = section.text("role", _ROLE, "a role's full name, such as acme.vnf.firewall") if section else None
    return role, problems


def entry_point_problems(role: str, entry_points: t.Collection[str] | None) -> list[Problem]:
    """Why a role cannot be a workload. entry_points: its files of tasks without endings, None when there is no role."""
    path = f"{PATH}.role"
    if entry_points is None:
        collection = role.rpartition(".")[0]
        message = f"{role} is in no installed collection; install {collection} with ansible-galaxy, or correct the name"
        return [Problem(path, message, ErrorCode.WORKLOAD_NOT_FOUND)]
    return [
        Problem(path, f"{role} has no tasks/{name}.yml, see docs/workloads.md", ErrorCode.WORKLOAD_INCOMPLETE)
        for name in (MAIN, APPLICATION)
        if name not in entry_points
    ]
