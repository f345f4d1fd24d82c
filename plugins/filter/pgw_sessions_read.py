# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter pgw_sessions_read; documented in the YAML file beside this one."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.pgw_files import SUFFIXES, parse_sessions


def pgw_sessions_read(paths: t.Any) -> list[dict[str, t.Any]]:
    """The sessions of a file, of all files of a directory, or of several such paths, in the order of the names."""
    listed = [paths] if isinstance(paths, str) else paths
    if not isinstance(listed, (list, tuple)) or not all(isinstance(path, str) for path in listed):
        raise AnsibleFilterError("pgw_sessions_read takes a path or a list of paths")
    sessions: list[dict[str, t.Any]] = []
    try:
        for path in listed:
            for file in _files(Path(path)):
                sessions += parse_sessions(file.read_text(encoding="utf-8"), str(file))
    except OSError as error:
        raise AnsibleFilterError(f"[sessions_unreadable] {error.filename}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise AnsibleFilterError(f"[sessions_unreadable] {file}: is not UTF-8: {error}") from error
    except NfvError as error:
        raise AnsibleFilterError(str(error)) from error
    return sessions


def _files(path: Path) -> list[Path]:
    """The files of sessions at a path. Hidden files, which editors and git leave behind, are ignored."""
    if not path.is_dir():
        if path.suffix not in SUFFIXES:
            raise NfvError(ErrorCode.SESSIONS_UNREADABLE, str(path), f"must end with {', '.join(SUFFIXES)}")
        return [path]
    return sorted(file for file in path.iterdir() if file.suffix in SUFFIXES and not file.name.startswith("."))


class FilterModule:
    """The filter of this file by name."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        return {"pgw_sessions_read": pgw_sessions_read}
