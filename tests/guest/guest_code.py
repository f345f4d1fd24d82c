# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection's guest code in a guest without Ansible, which takes several times as long to start it there."""

from __future__ import annotations

import base64
import io
import typing as t
import zipfile
from pathlib import Path

from tests.support.playbook import ROOT

COLLECTION = "ansible_collections/nfv/vsphere_dpdk/plugins/module_utils"

_BRING = """
import base64, sys
with open("/run/nfv-guest-code.zip", "wb") as archive:
    archive.write(base64.b64decode({archive!r}))
sys.path.insert(0, "/run/nfv-guest-code.zip")
"""


def bring(modules: t.Iterable[str]) -> str:
    """The beginning of a Python program that imports these modules of _guest where there is no collection."""
    return _BRING.format(archive=_archive(modules))


def _archive(modules: t.Iterable[str]) -> str:
    """The guest's part of the collection as a zip file, in base64."""
    source = ROOT / "plugins/module_utils"
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in [source / "_errors.py", *(source / f"_guest/{name}.py" for name in ("__init__", *modules))]:
            archive.write(path, f"{COLLECTION}/{path.relative_to(source)}")
        for parent in (Path(COLLECTION), *Path(COLLECTION).parents):
            if parent.name:
                archive.writestr(f"{parent}/__init__.py", "")
    return base64.b64encode(kept.getvalue()).decode()
