# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where a playbook's first checks run, and what becomes of its report when Ansible would run them nowhere."""

from __future__ import annotations

DOCUMENTATION = r"""
name: check_hosts
author: nfv.vsphere_dpdk contributors (@nfv)
version_added: 1.0.0
short_description: Make sure that a playbook's first checks run
description:
  - Gives the hosts of the play that holds a playbook's first checks, which needs none of the playbook's own hosts.
  - Ansible runs no task, and ends with status 0, when the inventory has no host, because a dynamic one failed with a
    warning, and C(--limit) leaves out the implicit localhost, too. It does evaluate the C(hosts) of every play. This
    lookup belongs there. It then fails with C(hosts_missing), and replaces C(run.json) and the other reports of an
    earlier run by ones that say V(failed).
  - Fails with C(checks_skipped) when C(--start-at-task) or C(--skip-tags) leave the checks out.
  - Does nothing when ansible-playbook only lists or checks the syntax.
options:
  _terms:
    description: The pattern of the playbook's hosts, for the message.
    type: list
    elements: str
    required: true
  report:
    description:
      - The report to replace beside C(run.json), C(drift.json), C(deploy.json) with C(deploy.html), C(readiness.json)
        with C(readiness.html), or C(comparison.json) with C(comparison.html). None unless given.
    type: str
    choices: [drift, deploy, readiness, comparison]
  names:
    description: The names of VMs that are expected; the report names each.
    type: list
    elements: str
    default: []
notes:
  - The report is in the directory that C(nfv_report_dir) names. There is no host whose variables count, so only an
    extra variable and C(group_vars/all) beside the inventory can set it. Otherwise it is C(reports) in the working
    directory.
"""

EXAMPLES = r"""
- name: Refuse an inventory without a VM
  hosts: "{{ query('nfv.vsphere_dpdk.check_hosts', 'pgw', report='drift') }}"
  gather_facts: false
  tasks:
    - name: Require a host
      ansible.builtin.assert:
        that: groups['pgw'] | default([]) | length > 0
        fail_msg: "[hosts_missing] the inventory has no host in pgw"
"""

RETURN = r"""
_raw:
  description: The patterns of hosts on which the checks run.
  type: list
  elements: str
  sample: [hosts_with_nfv_dataplane]
"""

import typing as t
from pathlib import Path

from ansible import context
from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.failed_report import failed_report
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.run_report.file import (
    default_directory,
    mark_failed,
    now,
    variables_of_all,
)

Variables = t.Mapping[str, t.Any]

# Options of ansible-playbook with which it runs nothing.
_NO_RUN: t.Final = ("listhosts", "listtags", "listtasks", "syntax")
# What --skip-tags takes that leaves out tasks with the tag "always", which the checks have.
_SKIPS_CHECKS: t.Final = frozenset({"always", "tagged"})


class LookupModule(LookupBase):  # type: ignore[misc] # Ansible has no types
    """See DOCUMENTATION."""

    def run(self, terms: list[str], variables: Variables | None = None, **kwargs: t.Any) -> list[str]:
        """The hosts of the play that holds the first checks. Raises AnsibleLookupError when none would run."""
        self.set_options(var_options=variables, direct=kwargs)
        known: Variables = variables or {}
        if any(context.CLIARGS.get(option) for option in _NO_RUN):
            return ["all", "localhost"]
        reason = _checks_skipped(known) or _hosts_missing(", ".join(terms), known)
        if reason is None:
            return ["all", "localhost"]
        directory = self._report_directory(known)
        mark_failed(directory, reason)
        kind = self.get_option("report")
        if kind is not None:
            for name, content in failed_report(kind, now(), reason, self.get_option("names")).items():
                (directory / name).write_text(content, encoding="utf-8")
        raise AnsibleLookupError(reason)

    def _report_directory(self, variables: Variables) -> Path:
        found = variables.get("nfv_report_dir")
        if found is None:
            found = variables_of_all(self._loader, variables.get("ansible_inventory_sources", ())).get("nfv_report_dir")
        return Path(self._templar.template(found)) if found else default_directory()


def _checks_skipped(variables: Variables) -> str | None:
    skipped = _SKIPS_CHECKS.intersection(variables.get("ansible_skip_tags", ()))
    if skipped:
        option = f"--skip-tags {','.join(sorted(skipped))}"
    elif context.CLIARGS.get("start_at_task"):
        option = "--start-at-task"
    else:
        return None
    return f"[{ErrorCode.CHECKS_SKIPPED}] {option} leaves out the playbook's first checks; run it without this option"


def _hosts_missing(pattern: str, variables: Variables) -> str | None:
    """Why no task would run, None when there is a host for one. The play's own hosts are all of --limit so far."""
    limit = variables.get("ansible_limit")
    if limit is None or variables.get("ansible_play_hosts_all"):
        return None
    return (
        f"[{ErrorCode.HOSTS_MISSING}] no host of {pattern} is in the inventory and in --limit {limit}, so nothing was"
        " looked at; look at what the inventory warned of, add the hosts, or correct the inventory's path"
    )
