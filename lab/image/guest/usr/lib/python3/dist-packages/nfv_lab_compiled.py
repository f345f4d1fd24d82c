# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keeps the compiled code of what Python imports from zip files, which it forgets otherwise.

Ansible brings each task's modules in a zip file, and Python compiles some fifty of them anew: more than half of what a
task costs an emulated guest. Code is kept by name, size and CRC of its source, so that a changed source is compiled.
Part of the lab's images only; ``nfv_lab_compiled.pth`` beside this file has Python load it. It imports nothing that
Python has not loaded by then.
"""

from __future__ import annotations

import marshal
import os
import zipimport

MYPY = False
if MYPY:
    from types import CodeType

KEPT = os.environ.get("NFV_LAB_COMPILED", "/var/cache/nfv-lab-compiled")
SIZE, CRC = 3, 7
"""Positions in an entry of zipimport's table of contents (Lib/zipimport.py: _read_directory)."""
SUFFIXES = {f"{os.sep}__init__.py": True, ".py": False}
"""Of a module's file, and whether it is a package; in zipimport's order."""

_compile = zipimport._get_module_code  # type: ignore[attr-defined]


def _kept(importer, fullname):  # type: ignore[no-untyped-def]
    """Return (code, whether it is a package, path) of a module in a zip file, as zipimport does."""
    files = importer._get_files() if hasattr(importer, "_get_files") else importer._files
    path = zipimport._get_module_path(importer, fullname)  # type: ignore[attr-defined]
    suffix = next((suffix for suffix in SUFFIXES if path + suffix in files), None)
    if suffix is None:
        return _compile(importer, fullname)
    entry = files[path + suffix]
    place = f"{KEPT}/{fullname}-{entry[SIZE]}-{entry[CRC] & 0xFFFFFFFF:08x}"
    code = _read(place)
    if code is not None:
        return code, SUFFIXES[suffix], entry[0]
    found = _compile(importer, fullname)
    _write(place, found[0])
    return found


def _read(place: str) -> CodeType | None:
    """Return the code that is kept there; None when there is none, or something else."""
    try:
        with open(place, "rb") as kept:  # noqa: PTH123 - pathlib would have to be loaded
            code = marshal.loads(kept.read())  # noqa: S302 - root alone writes there
    except (OSError, EOFError, ValueError, TypeError):
        return None
    return code if isinstance(code, type(_compile.__code__)) else None


def _write(place: str, code: CodeType) -> None:
    """Write whole or not at all; who may not write there goes without."""
    temporary = f"{place}.{os.getpid()}"
    try:
        with open(temporary, "wb") as kept:  # noqa: PTH123
            kept.write(marshal.dumps(code))
        os.rename(temporary, place)  # noqa: PTH104
    except OSError:
        pass


zipimport._get_module_code = _kept  # type: ignore[attr-defined]
