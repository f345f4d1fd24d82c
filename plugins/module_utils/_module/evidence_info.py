# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What evidence_info does: reads an archive of evidence, of whomever it comes from, and judges its samples again."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.evidence.archive import MOST_BYTES, unpack
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.evidence.release import check

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def run(module: AnsibleModule) -> None:
    """Ends the module with what the archive's report says."""
    path = module.params["path"]
    try:
        members = unpack(_read(path), path)
        report = check(members, path)
    except NfvError as error:
        module.fail_json(msg=str(error), **error.result())
    module.exit_json(
        changed=False,
        outcome=report["outcome"],
        message=report["message"],
        created=report["created"],
        hosts={name: host["status"] for name, host in report["hosts"].items()},
        members=sorted(members),
    )


def _read(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise NfvError(
            ErrorCode.EVIDENCE_UNREADABLE, path, f"reading it failed: {error.strerror}", "Name an archive of evidence."
        ) from error
    if len(data) > MOST_BYTES:
        raise NfvError(ErrorCode.EVIDENCE_UNSAFE, path, f"it is larger than {MOST_BYTES} bytes")
    return data
