# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What evidence_archive does: writes one archive of evidence, and replaces nothing else."""

from __future__ import annotations

import os
import platform
import tempfile
import typing as t
from pathlib import Path

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.evidence.archive import pack
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.evidence.release import release

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def run(module: AnsibleModule) -> None:
    """Ends the module with the path of the archive."""
    options = module.params
    versions = {**options["versions"], "python": platform.python_version()}
    try:
        members = release(options["report"], options["hosts"], versions, options["secrets"], options["anonymous"])
        if not module.check_mode:
            _write(Path(options["path"]), pack(members))
    except NfvError as error:
        module.fail_json(msg=str(error), **error.result())
    module.exit_json(changed=True, path=options["path"], members=sorted(members))


def _write(path: Path, data: bytes) -> None:
    """Writes the file as a whole, for its owner alone. Raises NfvError (evidence_not_written)."""
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".evidence-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink()
            raise
    except OSError as error:
        raise NfvError(
            ErrorCode.EVIDENCE_NOT_WRITTEN,
            str(path),
            f"writing the archive of evidence failed: {error.strerror}",
            "Make the directory, or name another one in nfv_report_dir.",
        ) from error
