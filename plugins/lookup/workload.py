# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role that a host runs as its workload: what is wrong with it, and which entry points it has."""

from __future__ import annotations

DOCUMENTATION = r"""
name: workload
author: nfv.vsphere_dpdk contributors (@nfv)
version_added: 1.0.0
short_description: Find the role that a host runs as its workload
description:
  - Reads C(nfv_workload) of a host and looks for its role among the installed collections. The role is not run.
  - docs/workloads.md in the collection's repository says what a role must offer to be a workload.
options:
  _terms:
    description: The workload of one host, C(nfv_workload). A dictionary with the key C(role); empty for none.
    type: list
    elements: dict
    required: true
"""

EXAMPLES = r"""
- name: Refuse a workload that is not there
  ansible.builtin.assert:
    that: workload.problems == []
    fail_msg: "{{ workload.problems | nfv.vsphere_dpdk.problems_text(inventory_hostname) }}"
  vars:
    workload: "{{ lookup('nfv.vsphere_dpdk.workload', nfv_workload | default({})) }}"
"""

RETURN = r"""
_raw:
  description: One dictionary for each workload.
  type: list
  elements: dict
  contains:
    role:
      description: The role's full name, empty when none is given.
      type: str
      sample: nfv.vsphere_dpdk.pgw
    entry_points:
      description: The names of the role's files of tasks, without their endings; none when there is no such role.
      type: list
      elements: str
      sample: [main, absent]
    problems:
      description: Why the role cannot be run, as the filter P(nfv.vsphere_dpdk.problems_text#filter) takes it.
      type: list
      elements: dict
      sample: []
"""

import importlib
import typing as t
from pathlib import Path

from ansible.plugins.lookup import LookupBase

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.workload import (
    entry_point_problems,
    parse_workload,
)


class LookupModule(LookupBase):  # type: ignore[misc] # Ansible has no types
    """See DOCUMENTATION."""

    def run(self, terms: list[t.Any], variables: t.Any = None, **kwargs: t.Any) -> list[dict[str, t.Any]]:
        """One dictionary for each workload, with what is wrong with it."""
        self.set_options(var_options=variables, direct=kwargs)
        return [_look(term) for term in terms]


def _look(description: t.Any) -> dict[str, t.Any]:
    role, problems = parse_workload(description)
    entry_points: list[str] = []
    if role is not None and not problems:
        found = _entry_points(role)
        entry_points = sorted(found or ())
        problems = entry_point_problems(role, found)
    return {"role": role or "", "entry_points": entry_points, "problems": [each.as_data() for each in problems]}


def _entry_points(role: str) -> frozenset[str] | None:
    """The names of the role's files of tasks, None when no installed collection has the role."""
    namespace, collection, name = role.split(".")
    try:
        package = importlib.import_module(f"ansible_collections.{namespace}.{collection}")
    except ImportError:
        return None
    for path in package.__path__:
        directory = Path(path) / "roles" / name
        if directory.is_dir():
            files = (directory / "tasks").glob("*")
            return frozenset(file.stem for file in files if file.suffix in (".yml", ".yaml"))
    return None
