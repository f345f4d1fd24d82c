# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module dpdk_build does: it builds DPDK from source and keeps the finished build as an archive."""

from __future__ import annotations

import shutil
import tempfile
import typing as t
from pathlib import Path

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.build import (
    STAMP,
    Build,
    format_stamp,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.distribution import read_distribution
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.requirement import Requirement
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.source import VERSION_CONTROL
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree

from ._dpdk_options import build_of, dpdk_options, requirement_of

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

__all__ = ["dpdk_options", "run"]

LAST_LINES = 15
# argv, working directory, further environment -> status and both outputs
Runner = t.Callable[[t.Sequence[str], Path, t.Mapping[str, str]], tuple[int, str, str]]


def run(module: AnsibleModule) -> None:
    """Ends the module with its result."""

    def command(argv: t.Sequence[str], directory: Path, environment: t.Mapping[str, str]) -> tuple[int, str, str]:
        try:
            status, output, errors = module.run_command(
                list(argv),
                cwd=str(directory),
                environ_update=dict(environment),
                expand_user_and_vars=False,
                handle_exceptions=False,
            )
        except OSError as error:
            return 127, "", str(error)
        return status, output, errors

    try:
        build = build_of(module.params, read_distribution(Tree()).release)
        archive = Path(build.archive)
        changed = not archive.exists()
        if changed and not module.check_mode:
            with tempfile.TemporaryDirectory(prefix="dpdk-build-", dir="/var/tmp") as workshop:
                source, requirement = Path(module.params["source"]), requirement_of(module.params)
                make(build, source, requirement, archive, Path(workshop), command)
    except NfvError as error:
        module.fail_json(msg=str(error), **error.result())
    module.exit_json(changed=changed, archive=build.archive, digest=build.digest)


def make(build: Build, source: Path, requirement: Requirement, archive: Path, workshop: Path, command: Runner) -> None:
    """Builds in the empty directory workshop and puts the finished build into its archive.

    source: a tarball or a tree. Raises NfvError: source_missing, dpdk_version_old, build_failed, build_incomplete,
    write_failed.
    """
    tree = _bring(source, workshop / "source", command)
    try:
        version = (tree / "VERSION").read_text(encoding="utf-8").strip()
    except OSError as error:
        raise NfvError(
            ErrorCode.SOURCE_MISSING, str(source), "it has no file VERSION, so it is not a source of DPDK"
        ) from error
    if not requirement.met_by(version):
        raise NfvError(ErrorCode.DPDK_VERSION_OLD, str(source), requirement.unmet(f"it is DPDK {version}"))
    options = [f"-D{name}={value}" for name, value in sorted(build.options.items())]
    stage = workshop / "stage"
    for argv in (
        ["meson", "setup", "build", str(tree), *options],
        ["ninja", "-C", "build"],
        ["meson", "install", "-C", "build", "--no-rebuild", "--quiet"],
    ):
        _run(argv, workshop, {"DESTDIR": str(stage)}, command)
    root = stage / build.prefix.lstrip("/")
    _check_complete(build, root)
    try:
        (root / STAMP).write_text(format_stamp(build, version), encoding="utf-8")
        (root / STAMP).chmod(0o644)
        _pack(root, archive, workshop, command)
    except OSError as error:
        raise NfvError(
            ErrorCode.WRITE_FAILED,
            str(archive),
            f"the build could not be kept: {error.strerror}",
            "Check the file system and the rights.",
        ) from error


def _bring(source: Path, destination: Path, command: Runner) -> Path:
    """Copies a tree, or unpacks a tarball that may have a top-level directory; returns the tree."""
    if source.is_dir():
        shutil.copytree(source, destination, symlinks=True, ignore=shutil.ignore_patterns(*VERSION_CONTROL))
        return destination
    destination.mkdir()
    argv = ["tar", "--extract", "--no-same-owner", "--file", str(source), "--directory", str(destination)]
    status, output, errors = command(argv, destination, {})
    if status != 0:
        raise NfvError(ErrorCode.SOURCE_MISSING, str(source), f"tar cannot unpack it: {_last_lines(output, errors)}")
    entries = list(destination.iterdir())
    alone = len(entries) == 1 and entries[0].is_dir()
    return entries[0] if alone else destination


def _run(argv: t.Sequence[str], directory: Path, environment: t.Mapping[str, str], command: Runner) -> None:
    status, output, errors = command(argv, directory, environment)
    if status != 0:
        raise NfvError(
            ErrorCode.BUILD_FAILED,
            " ".join(argv[:2]),
            f"it ended with status {status}; its last output: {_last_lines(output, errors)}",
        )


def _last_lines(output: str, errors: str) -> str:
    return " / ".join([*output.splitlines(), *errors.splitlines()][-LAST_LINES:])


def _check_complete(build: Build, root: Path) -> None:
    there = {path.name for path in root.rglob("*")}
    missing = [name for name in (*build.libraries, *build.programs) if name not in there]
    if missing:
        raise NfvError(
            ErrorCode.BUILD_INCOMPLETE,
            build.prefix,
            f"the build has no {', '.join(missing)}: meson leaves out whatever lacks a dependency",
            "Correct drivers and apps, or take the library that they need out of disabled_libraries.",
        )


def _pack(root: Path, archive: Path, workshop: Path, command: Runner) -> None:
    """Writes the archive under a temporary name and renames it when it is complete."""
    archive.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    unfinished = archive.with_name(f".{archive.name}.{workshop.name}")
    try:
        _run(
            ["tar", "--create", "--gzip", f"--file={unfinished}", "--owner=0", "--group=0", f"--directory={root}", "."],
            workshop,
            {},
            command,
        )
        unfinished.chmod(0o644)
        unfinished.replace(archive)
    finally:
        if unfinished.exists():
            unfinished.unlink()
