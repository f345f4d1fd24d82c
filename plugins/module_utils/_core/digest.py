# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The digest of plain data."""

from __future__ import annotations

import hashlib
import json
import typing as t


def sha256(data: t.Any) -> str:
    """The digest of plain data, in canonical JSON, as ``sha256:`` and 64 digits."""
    text = json.dumps(_plain(data), sort_keys=True, separators=(",", ":"), default=str)
    return f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"


def _plain(data: t.Any) -> t.Any:
    """Python's own containers: those of Ansible's own have templates in them, which only reading them resolves."""
    if isinstance(data, t.Mapping):
        return {key: _plain(value) for key, value in data.items()}
    return [_plain(value) for value in data] if isinstance(data, (list, tuple)) else data
