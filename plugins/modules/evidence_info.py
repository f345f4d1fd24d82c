#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks an archive of evidence."""

from __future__ import annotations

DOCUMENTATION = r"""
module: evidence_info
short_description: Check an archive of evidence and judge its samples again
version_added: 1.0.0
author: nfv.vsphere_dpdk contributors (@nfv)
description:
  - Reads an archive of M(nfv.vsphere_dpdk.evidence_archive) in memory and unpacks nothing to disk. Refuses everything
    but plain members of known names, what is missing, extra or has another hash than the manifest says, and what grows
    too large.
  - Then judges the samples again, and fails when the report says anything else.
  - A manifest shows damage and not forgery, because whoever changes samples can write a new one, too. Where that
    matters, sign the archive with a tool of your own, and check the signature first.
attributes:
  check_mode:
    support: full
    description: Changes nothing in any mode.
  diff_mode:
    support: none
    description: Changes nothing that could be shown.
options:
  path:
    description: The archive.
    type: path
    required: true
"""

EXAMPLES = r"""
- name: Check the evidence
  nfv.vsphere_dpdk.evidence_info:
    path: reports/evidence-20260101T000000Z.tar.gz
"""

RETURN = r"""
outcome:
  description: The report's outcome, V(proved), V(running), V(skipped) or V(failed), which the samples confirm.
  returned: success
  type: str
  sample: proved
message:
  description: The same in one line.
  returned: success
  type: str
  sample: 1 of 1 hosts are proved to poll and forward
created:
  description: When the report was made, in ISO 8601.
  returned: success
  type: str
  sample: '2026-01-01T00:00:00Z'
hosts:
  description: The status of each host by name.
  returned: success
  type: dict
  sample: {pgw-1: proved}
members:
  description: The archive's members without the manifest.
  returned: success
  type: list
  elements: str
  sample: [hosts/00000.json, report.json, versions.json]
error_code:
  description: >-
    The kind of failure, one of V(evidence_unreadable), V(evidence_unsafe), V(evidence_damaged) and
    V(evidence_contradicts).
  returned: failure
  type: str
  sample: evidence_damaged
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.evidence_info import run


def main() -> None:
    """Runs the module."""
    module = AnsibleModule(argument_spec={"path": {"type": "path", "required": True}}, supports_check_mode=True)
    run(module)


if __name__ == "__main__":
    main()
