# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Ansible as this checkout has it: programs beside the running Python, the collection as an installed copy."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from lab.commands import run

if TYPE_CHECKING:
    from lab.state import State

PROGRAMS = Path(sys.executable).parent


def environment(checkout: Path) -> dict[str, str]:
    """Return the environment for ansible-playbook: the checkout's settings and its installed collection."""
    return {
        **os.environ,
        # Where roles leave reports unless told otherwise.
        "PWD": str(checkout),
        "PATH": f"{PROGRAMS}:{os.environ.get('PATH', os.defpath)}",
        "ANSIBLE_CONFIG": str(checkout / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": str(checkout / ".cache" / "collections"),
        # ansible-core refuses other encodings.
        "LC_ALL": "C.UTF-8",
    }


def install_collection(state: State) -> None:
    """Install the collection from the checkout, as a user would have it."""
    run(
        [state.checkout / "scripts" / "install-collection"],
        error_code="collection_failed",
        attempted="Installing nfv.vsphere_dpdk from this checkout",
        environment=environment(state.checkout),
    )


def inventory_arguments(state: State) -> list[str]:
    """Return ansible's options for the deployment: the shipped example, then what only the running lab knows."""
    return ["-i", str(state.checkout / "examples" / "one_pgw" / "inventory"), "-i", str(state.inventory)]
