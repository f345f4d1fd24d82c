# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A root file system in which DPDK is built at this machine's own speed, with a source of DPDK in it.

``python -m lab.image.builder`` makes it and says where it is.
"""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

from lab.commands import run_logged
from lab.errors import LabError
from lab.image import archives
from lab.image.inputs import DEBIAN_12, Release
from lab.lifecycle import require_root
from lab.state import find_state

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lab.state import State

SOURCE = "usr/src/dpdk.orig.tar.xz"
"""The release's DPDK as its authors made it, checked by apt against Debian's signatures."""
# What Ansible needs; the install role installs what the build needs.
PACKAGES = ("python3", "python3-apt")


def ensure(state: State, release: Release = DEBIAN_12) -> Path:
    """Return the root file system, making it if there is none (about 30 s)."""
    require_root()
    root = state.root / "cache" / f"builder-{release.name}"
    if not (root / SOURCE).exists():
        with state.locked("builder"):
            _make(root, release, root.with_suffix(".log"))
    return root


def _make(root: Path, release: Release, log: Path) -> None:
    shutil.rmtree(root, ignore_errors=True)
    log.write_text("")
    sources = archives.machine_sources(release.suite)
    command: list[str | Path] = ["mmdebstrap", "--variant=minbase", f"--include={','.join(PACKAGES)}"]
    command += [f"--aptopt={setting}" for setting in archives.machine_settings()]
    command += [
        # The role installs packages later and needs apt's settings and package lists.
        "--skip=cleanup/apt/lists,cleanup/apt,cleanup/tmp",
        "--customize-hook=cp /etc/resolv.conf $1/etc/resolv.conf",
        '--customize-hook=chroot "$1" sh -c "cd /usr/src && apt-get source --download-only dpdk"',
        f'--customize-hook=mv "$1"/usr/src/dpdk_*.orig.tar.xz "$1/{SOURCE}"',
        release.suite,
        root,
        *sources,
        *source_code(sources),
    ]
    run_logged(
        command, log, error_code="builder_failed", attempted="Making the root file system of builds", timeout=900
    )


def source_code(lines: Iterable[str]) -> list[str]:
    """Return the lines of the archives' source code (pure): of a stable release, whose sources stay where they are."""
    return [line.replace("deb ", "deb-src ", 1) for line in lines if "-security" not in line]


if __name__ == "__main__":
    try:
        print(ensure(find_state()))
    except LabError as error:
        sys.exit(str(error))
