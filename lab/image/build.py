# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Builds the golden image: mmdebstrap, the install role over a chroot connection, a disk with GRUB."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.commands import run, run_logged
from lab.errors import LabError
from lab.image import archives, disk
from lab.image.inputs import DEBIAN_12, RELEASES, Release, collect, read_packages
from lab.pki import ensure_pki, write_secret
from lab.tools import PROGRAMS, environment, install_collection

if TYPE_CHECKING:
    from lab.pki import Pki
    from lab.state import State

Say = Callable[[str], None]
HOST_KEY = "etc/ssh/ssh_host_ed25519_key"
IMAGES_KEPT = 2
LEFT_OUT = ("/usr/share/man/*", "/usr/share/locale/*", "/usr/share/doc/*", "/usr/share/info/*")


@dataclass(frozen=True)
class Image:
    """A golden image."""

    name: str
    """Name of the release."""
    path: Path
    """qcow2 file, backing file of the guests' disks."""
    built_seconds: float
    """Duration of the build in seconds; 0 if it was cached."""


def ensure(state: State, say: Say, release: Release = DEBIAN_12) -> Image:
    """Return a release's image for the current inputs, building it if there is none."""
    pki = ensure_pki(state.pki)
    inputs = collect(state.checkout, (pki.ssh_public_key, pki.host_public_key), release)
    path = state.images / f"{inputs.digest}.qcow2"
    seconds = 0.0
    kernel = path.with_suffix(".vmlinuz")
    if not (path.exists() and kernel.exists()):
        say(f"building the golden image {release.name} ({inputs.digest}): about 4 minutes")
        started = time.monotonic()
        _build(state, path, pki, say, release)
        seconds = time.monotonic() - started
        if not any(state.machines.iterdir()):
            _forget_old(state)
    _name_it(state.images / f"{release.name}.qcow2", path)
    _name_it(state.images / f"{release.name}.vmlinuz", kernel)
    return Image(release.name, path, seconds)


def _name_it(name: Path, path: Path) -> None:
    """Atomically make a name a symbolic link to a file of the same directory."""
    temporary = name.with_name(f"{name.name}.new")
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(path.name)
    temporary.replace(name)


def _forget_old(state: State) -> None:
    """Remove all but the newest images, which serve a reverted change. No machine's disk may need an older one."""
    named = {link.resolve() for link in state.images.glob("*.qcow2") if link.is_symlink()}
    images = sorted(state.images.glob("????????????????.qcow2"), key=lambda image: image.stat().st_mtime)
    for image in [image for image in images if image not in named][: -IMAGES_KEPT * len(RELEASES)]:
        for path in state.images.glob(f"{image.stem}.*"):
            path.unlink()


def _build(state: State, path: Path, pki: Pki, say: Say, release: Release) -> None:
    if os.geteuid() != 0:
        raise LabError("not_root", "building the golden image needs root: run this command as root")
    workshop = state.root / "cache" / "build"
    root = workshop / "root"
    log = path.with_suffix(".log")
    shutil.rmtree(workshop, ignore_errors=True)
    workshop.mkdir(parents=True)
    log.write_text("")
    say("  Debian's packages into a root file system (mmdebstrap): about 90 s")
    _bootstrap(state.checkout / "lab" / "image", root, log, release)
    _place_keys(root, pki)
    say("  role nfv.vsphere_dpdk.dpdk_install over a chroot connection: about 90 s")
    _install_role(state, workshop, root, log)
    _clean(root)
    say("  disk with GRUB: about 30 s")
    disk.make(root, workshop / "disk.raw", workshop / "disk.qcow2")
    shutil.copyfile((root / "vmlinuz").resolve(), path.with_suffix(".vmlinuz"))
    (workshop / "disk.qcow2").replace(path)
    shutil.rmtree(workshop)


def _bootstrap(sources: Path, root: Path, log: Path, release: Release) -> None:
    packages = [*read_packages((sources / "packages.txt").read_text()), *release.packages]
    command: list[str | Path] = ["mmdebstrap", "--variant=minbase", f"--include={','.join(packages)}"]
    command += [f"--aptopt={setting}" for setting in archives.machine_settings()]
    command += [f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT]
    command += [
        f"--essential-hook=sync-in '{sources / 'guest'}' /",
        f"--customize-hook={sources / 'finish.sh'}",
        # The install role runs later and needs the package lists.
        "--skip=cleanup/apt/lists",
        release.suite,
        root,
        *archives.machine_sources(release.suite),
    ]
    run_logged(
        command, log, error_code="image_failed", attempted="Installing Debian for the golden image", timeout=1200
    )


def _place_keys(root: Path, pki: Pki) -> None:
    """Authorise the lab's ssh key, and install the host key that the lab verifies."""
    directory = root / "home/nfv/.ssh"
    directory.mkdir(mode=0o700)
    shutil.copyfile(pki.ssh_public_key, directory / "authorized_keys")
    owner = (root / "home/nfv").stat()
    for path in (directory, directory / "authorized_keys"):
        os.chown(path, owner.st_uid, owner.st_gid)
    write_secret(root / HOST_KEY, pki.host_key.read_bytes())
    shutil.copyfile(pki.host_public_key, root / f"{HOST_KEY}.pub")


def _install_role(state: State, workshop: Path, root: Path, log: Path) -> None:
    inventory = workshop / "inventory.yml"
    inventory.write_text(
        "image:\n  hosts:\n    golden:\n"
        "      ansible_connection: community.general.chroot\n"
        f"      ansible_host: {root}\n"
        "      ansible_python_interpreter: /usr/bin/python3\n"
    )
    install_collection(state)
    shutil.copyfile("/etc/resolv.conf", root / "etc/resolv.conf")
    # The playbook runs in a mount namespace of its own, so that no mount is left behind, however it ends.
    script = (
        'set -eu; root=$1; shift; mount -t proc proc "$root/proc"; mount -t sysfs -o ro sysfs "$root/sys";'
        ' mount --rbind /dev "$root/dev"; exec "$@"'
    )
    run_logged(
        [
            *("unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh", root),
            *(
                PROGRAMS / "ansible-playbook",
                "-i",
                state.checkout / "lab/inventory",
                "-i",
                inventory,
                "nfv.vsphere_dpdk.build_image",
            ),
        ],
        log,
        error_code="image_failed",
        attempted="Applying role nfv.vsphere_dpdk.dpdk_install to the golden image",
        timeout=1200,
        environment=environment(state.checkout),
    )


def _clean(root: Path) -> None:
    """Remove what only the build needs, and leave what the lab's guests need instead."""
    for name in ("etc/resolv.conf", "etc/apt/apt.conf.d/99mmdebstrap"):
        (root / name).unlink(missing_ok=True)
    run(
        ["chroot", root, "apt-get", "clean"],
        error_code="image_failed",
        attempted="Removing downloaded packages from the golden image",
    )
    for leftover in (root / "var/lib/apt/lists").glob("*_*"):
        leftover.unlink()
    # Debian's archives as the lab's guests reach them.
    sources = root / "etc/apt/sources.list"
    sources.write_text(archives.behind_the_lab(sources.read_text()))
