# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as it is published, and what stands for Galaxy: no test downloads a collection."""

from __future__ import annotations

import json
import shutil
import subprocess
import tarfile
from importlib.util import find_spec
from pathlib import Path

from tests.support.playbook import BINARIES, ROOT


def build_collection(directory: Path) -> Path:
    """Return the collection's tarball, built from this checkout into an empty directory."""
    command = [BINARIES / "ansible-galaxy", "collection", "build", "--output-path", directory]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (built,) = directory.iterdir()
    return built


def copy_dependencies(tarball: Path, collections: Path) -> None:
    """Put the collections that the tarball depends on below a directory that Ansible searches, as Galaxy would.

    They are those of the Python package `ansible`. Raises OSError.
    """
    with tarfile.open(tarball) as opened:
        manifest = opened.extractfile("MANIFEST.json")
        assert manifest is not None
        dependencies = json.load(manifest)["collection_info"]["dependencies"]
    found = find_spec("ansible_collections")
    assert found is not None
    for name in dependencies:
        place = Path(*name.split("."))
        sources = [Path(each) / place for each in found.submodule_search_locations or ()]
        shutil.copytree(next(each for each in sources if each.is_dir()), collections / "ansible_collections" / place)
