# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the collection's guest code in a guest without Ansible, which would take several times as long."""

from __future__ import annotations

import base64
import io
import typing as t
import zipfile
from pathlib import Path

from tests.support.imports import ROOT, closure_of_source

COLLECTION = Path("ansible_collections/nfv/vsphere_dpdk")

_BRING = """
import base64, sys
with open("/run/nfv-guest-code.zip", "wb") as archive:
    archive.write(base64.b64decode({archive!r}))
sys.path.insert(0, "/run/nfv-guest-code.zip")
"""


def bring(program: str) -> str:
    """The program, preceded by code that brings along the collection's files that it imports."""
    return _BRING.format(archive=_archive(closure_of_source(program))) + program


def _archive(files: t.Iterable[Path]) -> str:
    """These files of the collection as a zip file, in base64."""
    kept = io.BytesIO()
    with zipfile.ZipFile(kept, "w", zipfile.ZIP_DEFLATED) as archive:
        brought = {COLLECTION / path.relative_to(ROOT): path.read_text() for path in files}
        packages = {parent / "__init__.py" for path in brought for parent in path.parents if parent.name}
        for path, source in {**dict.fromkeys(packages, ""), **brought}.items():
            archive.writestr(str(path), source)
    return base64.b64encode(kept.getvalue()).decode()
