# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that an application reads: checked, told apart from those of others, written and taken back.

The application's unit records which files and directories are ours, in a section that systemd ignores
(systemd.unit(5): sections whose names begin with ``X-``). Paths alone are recorded: anyone may read a unit, and a file
may hold a secret.
"""

from __future__ import annotations

import dataclasses
import os.path
import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import (
    RemoveDirectory,
    RemoveFile,
    Step,
    WriteFile,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree

_SECTION: t.Final = "[X-NFV]"
# A leading zero is asked for: YAML makes the number 420 of an unquoted 0644.
_MODE = re.compile(r"0[0-7]{3}")
# The kernel's, or gone after a boot.
_NOT_LASTING = ("/dev/", "/proc/", "/run/", "/sys/", "/var/run/")


@dataclasses.dataclass(frozen=True)
class ApplicationFile:
    """A file of the application, owned by root."""

    path: str
    """Absolute path."""
    content: str
    """All of its text."""
    mode: int
    """Permission bits."""


@dataclasses.dataclass(frozen=True)
class Owned:
    """What the application's unit records as ours."""

    files: tuple[str, ...] = ()
    """Paths of files."""
    directories: tuple[str, ...] = ()
    """Paths of directories that were made for them, each before those in it."""


def parse_files(options: t.Sequence[t.Mapping[str, t.Any]], unit_path: str) -> tuple[ApplicationFile, ...]:
    """The files asked for. Raises NfvError(file_invalid) for a path or a mode that no file can have."""
    files: list[ApplicationFile] = []
    for index, option in enumerate(options):
        path, mode = str(option["path"]), str(option["mode"])
        checks = (
            ("path", _is_path(path), "must be an absolute path without line breaks, '.' or '..'"),
            ("path", not path.startswith(_NOT_LASTING), "must be where a file outlasts a boot"),
            ("path", path != unit_path, "is the service's own unit"),
            ("path", path not in [file.path for file in files], "is given twice"),
            ("mode", bool(_MODE.fullmatch(mode)), "must be four octal digits in quotes, such as '0600'"),
        )
        for key, right, rule in checks:
            if not right:
                value = path if key == "path" else f"{path} with mode {mode}"
                raise NfvError(ErrorCode.FILE_INVALID, f"files[{index}].{key}", f"{value!r} cannot be used: it {rule}")
        files.append(ApplicationFile(path, str(option["content"]), int(mode, 8)))
    return tuple(files)


def _is_path(path: str) -> bool:
    return path.startswith("/") and path != "/" and path == os.path.normpath(path) and path.isprintable()


def read_owned(unit: str | None) -> Owned:
    """What a unit's text records; nothing without a unit."""
    entries = [line.partition("=")[::2] for line in (unit or "").partition(f"\n{_SECTION}\n")[2].splitlines()]
    return Owned(
        tuple(value for key, value in entries if key == "File"),
        tuple(value for key, value in entries if key == "Directory"),
    )


def record(owned: Owned) -> str:
    """The section of the unit; empty when nothing is ours."""
    lines = [f"File={path}" for path in owned.files] + [f"Directory={path}" for path in owned.directories]
    return (
        "\n".join(["", "# Written for this application, and removed with it.", _SECTION, *lines, ""]) if lines else ""
    )


def owned_with(tree: Tree, files: t.Sequence[ApplicationFile], before: Owned) -> Owned:
    """What is ours once the files are written; its directories are those that are missing or were made earlier."""
    parents = sorted({parent for file in files for parent in _parents(file.path)})
    made = tuple(parent for parent in parents if parent in before.directories or not tree.exists(parent))
    return Owned(tuple(file.path for file in files), made)


def _parents(path: str) -> list[str]:
    parts = path.split("/")[1:-1]
    return ["/" + "/".join(parts[: end + 1]) for end in range(len(parts))]


def refuse_files_of_others(tree: Tree, files: t.Sequence[ApplicationFile], owned: Owned) -> None:
    """Raises NfvError(file_foreign) for a path that has a file which this application did not write."""
    for file in files:
        if file.path not in owned.files and tree.exists(file.path):
            raise NfvError(
                ErrorCode.FILE_FOREIGN,
                file.path,
                "is there already and was not written for this application; nothing was changed",
                "Choose another path, and name it in the application's arguments, or move that file away.",
            )


def state_of(tree: Tree, file: ApplicationFile) -> str | None:
    """How the file is in the guest, without its content; None when it is not there."""
    if not tree.exists(file.path):
        return None
    content = "as given" if tree.text(file.path) == file.content else "another one"
    return f"mode {tree.mode(file.path) or 0:04o}, content {content}"


def wanted_state(file: ApplicationFile) -> str:
    """How state_of() describes the file when it is as asked for."""
    return f"mode {file.mode:04o}, content as given"


def write_steps(tree: Tree, files: t.Sequence[ApplicationFile]) -> list[Step]:
    """What writes the files that are not as asked for."""
    differing = [file for file in files if state_of(tree, file) != wanted_state(file)]
    return [WriteFile(file.path, file.content, file.mode) for file in differing]


def remove_steps(guest: Guest, owned: Owned, kept: Owned = Owned()) -> list[Step]:
    """What removes that which is ours and not kept; a directory stays while there is anything in it."""
    steps: list[Step] = [RemoveFile(path) for path in owned.files if path not in kept.files and guest.exists(path)]
    unused = [path for path in owned.directories if path not in kept.directories and guest.exists(path)]
    return steps + [RemoveDirectory(path) for path in reversed(unused)]
