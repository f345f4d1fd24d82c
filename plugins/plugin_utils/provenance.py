# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report was made from: the commit of the inventory."""

from __future__ import annotations

import subprocess
import typing as t
from pathlib import Path


def inventory_commit(sources: t.Iterable[str]) -> str | None:
    """The commit of the Git repository that the first inventory source lies in; None without one, or without Git."""
    for source in sources:
        path = Path(source)
        if not path.exists():
            continue
        command = ["git", "-C", str(path if path.is_dir() else path.parent), "rev-parse", "HEAD"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
        except (OSError, subprocess.TimeoutExpired):
            return None
        return done.stdout.strip() or None
    return None
