# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The collection as Ansible finds it: an installed copy, as a user has it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from lab.state import State

SHIPPED = ("galaxy.yml", "README.md", "LICENSES", "meta", "playbooks", "plugins", "roles")


def install_collection(state: State) -> Path:
    """Copy the collection's shipped content; return the directory for ANSIBLE_COLLECTIONS_PATH."""
    base = state.checkout / ".cache" / "collections"
    place = base / "ansible_collections" / "nfv" / "vsphere_dpdk"
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    for name in SHIPPED:
        source = state.checkout / name
        if source.is_dir():
            shutil.copytree(source, place / name, ignore=shutil.ignore_patterns("__pycache__"))
        elif source.exists():
            shutil.copyfile(source, place / name)
    return base
