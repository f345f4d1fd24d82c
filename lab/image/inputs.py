# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a golden image is made from, and the hash that names it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


@dataclass(frozen=True)
class Release:
    """A Debian release for golden images."""

    name: str
    """Name of the image, as a template in vCenter gives it."""
    suite: str
    """Its code name, as in sources.list."""
    packages: tuple[str, ...] = ()
    """What guests of this release have beyond packages.txt."""


DEBIAN_12 = Release("debian-12", "bookworm")
# With tuned, enabled by its package: role guest_tuning meets it in one release and not in the other.
DEBIAN_13 = Release("debian-13", "trixie", packages=("tuned", "suricata"))
RELEASES = {release.name: release for release in (DEBIAN_12, DEBIAN_13)}
KERNEL_NAME = f"{DEBIAN_12.name}.vmlinuz"
"""Debian 12's kernel, stored beside its image, for the trial of hardware virtualisation."""
SIZE_BYTES = 4 * 1024**3
"""Size of the virtual disk; only written blocks take space."""


@dataclass(frozen=True)
class ImageInputs:
    """The files that go into an image, under names that do not depend on the checkout's path."""

    files: Mapping[str, bytes]
    """Content by name; the name of an executable file ends with ``*``."""

    @property
    def digest(self) -> str:
        """SHA-256 over names and contents, 16 hexadecimal digits."""
        total = hashlib.sha256()
        for name, content in sorted(self.files.items()):
            total.update(f"{name}\0{len(content)}\0".encode())
            total.update(content)
        return total.hexdigest()[:16]


def read_packages(text: str) -> list[str]:
    """Return the package names of a package list: one a line, # starts a comment."""
    lines = (line.split("#", 1)[0].strip() for line in text.splitlines())
    return [line for line in lines if line]


def collect(checkout: Path, keys: Iterable[Path], release: Release = DEBIAN_12) -> ImageInputs:
    """Read the inputs: the release, the image's sources, the install role, its variables and playbook, public keys."""
    plugins = checkout / "plugins"
    roots = (
        checkout / "lab" / "image",
        checkout / "roles" / "dpdk_install",
        plugins / "modules" / "dpdk_install_info.py",
        plugins / "modules" / "dpdk_package_record.py",
        plugins / "modules" / "dpdk_package_failure.py",
        plugins / "module_utils" / "_guest" / "dpdk",
        checkout / "playbooks" / "build_image.yml",
        checkout / "lab" / "inventory" / "group_vars" / "all" / "dpdk_install.yml",
    )
    files = {_name(path, checkout): path.read_bytes() for root in roots for path in _files(root)}
    files["suite"] = release.suite.encode()
    files["packages"] = " ".join(release.packages).encode()
    return ImageInputs({**files, **{f"key {key.name}": key.read_bytes() for key in keys}})


def _files(root: Path) -> Iterable[Path]:
    if root.is_file():
        return [root]
    return [path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts]


def _name(path: Path, checkout: Path) -> str:
    executable = path.stat().st_mode & 0o100
    return f"{path.relative_to(checkout)}{'*' if executable else ''}"
