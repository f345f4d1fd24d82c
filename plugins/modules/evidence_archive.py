#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes an archive of evidence."""

from __future__ import annotations

DOCUMENTATION = r"""
module: evidence_archive
short_description: Write what a verification observed and concluded into one archive
version_added: 1.0.0
author: nfv.vsphere_dpdk contributors (@nfv)
description:
  - Writes a C(.tar.gz) with the report, versions, and of each host the inventory's facts, settings, samples and counts,
    and a SHA-256 manifest as C(sha256sum) checks it. The same content makes the same tar file.
  - Judges the samples again before it writes, and refuses a report that says anything else.
  - Runs on the controller. Role C(dpdk_verify) calls it with C(nfv_evidence=true).
attributes:
  check_mode:
    support: full
    description: Checks the content and writes nothing.
  diff_mode:
    support: none
    description: An archive has no lines to compare.
options:
  path:
    description: The archive. Its directory must exist; it is written as a whole, and only its owner may read it.
    type: path
    required: true
  report:
    description: The report of P(nfv.vsphere_dpdk.poll_mode_report#filter).
    type: dict
    required: true
  hosts:
    description:
      - By name of each host C(inventory), C(settings), C(options), C(expected) and C(observed), or C(status=skipped).
      - Other keys are left out, and so are values of keys that look like a secret's.
    type: dict
    required: true
  versions:
    description: Versions of software by name.
    type: dict
    default: {}
  secrets:
    description: Values that must be in no member. The module fails if one is.
    type: list
    elements: str
    default: []
  anonymous:
    description:
      - Whether names of hosts, networks, clusters and sessions, addresses and IMSIs are replaced by pseudonyms.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Keep the evidence
  nfv.vsphere_dpdk.evidence_archive:
    path: reports/evidence-20260101T000000Z.tar.gz
    report: "{{ report }}"
    hosts: "{{ evidence }}"
    anonymous: true
  delegate_to: localhost
"""

RETURN = r"""
path:
  description: The archive.
  returned: success
  type: str
  sample: reports/evidence-20260101T000000Z.tar.gz
members:
  description: Its members without the manifest.
  returned: success
  type: list
  elements: str
  sample: [hosts/00000.json, report.json, versions.json]
error_code:
  description: The kind of failure, one of V(evidence_unclean), V(evidence_contradicts) and V(evidence_not_written).
  returned: failure
  type: str
  sample: evidence_unclean
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.evidence_archive import run


def main() -> None:
    """Runs the module."""
    module = AnsibleModule(
        argument_spec={
            "path": {"type": "path", "required": True},
            "report": {"type": "dict", "required": True},
            "hosts": {"type": "dict", "required": True},
            "versions": {"type": "dict", "default": {}},
            "secrets": {"type": "list", "elements": "str", "default": [], "no_log": True},
            "anonymous": {"type": "bool", "default": False},
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
