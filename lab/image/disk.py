# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Turns a root file system into a bootable disk, without mounting anything."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from lab.commands import run
from lab.errors import LabError
from lab.image.inputs import SIZE_BYTES

if TYPE_CHECKING:
    from pathlib import Path

SECTOR = 512
FIRST_SECTOR = 2048
"""The partition starts at 1 MiB; GRUB's core image lies in the gap behind the MBR."""
BOOT_CODE_BYTES = 440
"""Boot code of an MBR; the disk's signature and the partition table follow."""
GRUB_MODULES = ("biosdisk", "part_msdos", "ext2")
FEATURES_OFF = "^orphan_file,^metadata_csum_seed"
"""ext4 features of newer e2fsprogs that Debian 12's GRUB 2.06 cannot read."""


def kernel_arguments(grub_defaults: str) -> str:
    """Return the kernel arguments that /etc/default/grub gives, in update-grub's order (pure)."""
    found = dict(re.findall(r'^(GRUB_CMDLINE_LINUX(?:_DEFAULT)?)="(.*)"$', grub_defaults, re.MULTILINE))
    words = (found.get("GRUB_CMDLINE_LINUX", ""), found.get("GRUB_CMDLINE_LINUX_DEFAULT", ""))
    return " ".join(word for word in words if word)


def first_menu(arguments: str) -> str:
    """Return the grub.cfg of the first boot (pure); the guest's own update-grub replaces it.

    update-grub cannot run here: it asks the kernel which device the root directory is on.
    """
    return (
        "serial --speed=115200\nterminal_input serial\nterminal_output serial\nset timeout=0\n"
        "search --no-floppy --label root --set=root\n"
        f"menuentry Debian {{\n linux /vmlinuz root=LABEL=root ro {arguments}\n initrd /initrd.img\n}}\n"
    )


def make(root: Path, raw: Path, qcow2: Path) -> None:
    """Write the disk image ``qcow2`` from the root file system; ``raw`` is a temporary file."""
    core = _prepare_grub(root)
    with raw.open("wb") as disk:
        disk.truncate(SIZE_BYTES)
    _run(["sfdisk", "--quiet", raw], "Partitioning the golden image", f"label: dos\n{FIRST_SECTOR},,L,*\n")
    offset = FIRST_SECTOR * SECTOR
    options = f"offset={offset},lazy_itable_init=0,lazy_journal_init=0,nodiscard"
    _run(
        [
            *("mkfs.ext4", "-q", "-F", "-L", "root", "-O", FEATURES_OFF, "-E", options, "-d", root, raw),
            f"{(SIZE_BYTES - offset) // 1024}k",
        ],
        "Making the golden image's file system",
    )
    _write_boot_code(raw, (root / "usr/lib/grub/i386-pc/boot.img").read_bytes(), core)
    _run(["qemu-img", "convert", "-O", "qcow2", raw, qcow2], "Converting the golden image")
    raw.unlink()


def _prepare_grub(root: Path) -> bytes:
    """Put GRUB's modules and first menu into the root file system; return its core image."""
    modules = root / "usr/lib/grub/i386-pc"
    place = root / "boot/grub"
    shutil.copytree(modules, place / "i386-pc", ignore=shutil.ignore_patterns("*.img"), dirs_exist_ok=True)
    (place / "grub.cfg").write_text(first_menu(kernel_arguments((root / "etc/default/grub").read_text())))
    core = root / "boot/grub/i386-pc/core.img"
    _run(
        [
            *("chroot", root, "grub-mkimage", "-O", "i386-pc", "-p", "(hd0,msdos1)/boot/grub"),
            *("-o", "/boot/grub/i386-pc/core.img", *GRUB_MODULES),
        ],
        "Making GRUB's core image",
    )
    return core.read_bytes()


def _write_boot_code(raw: Path, boot: bytes, core: bytes) -> None:
    if len(core) > (FIRST_SECTOR - 1) * SECTOR:
        raise LabError("image_failed", f"GRUB's core image ({len(core)} bytes) does not fit before the partition")
    with raw.open("r+b") as disk:
        disk.write(boot[:BOOT_CODE_BYTES])
        disk.seek(SECTOR)
        disk.write(core)


def _run(command: list[str | Path], attempted: str, stdin: str | None = None) -> None:
    run(command, error_code="image_failed", attempted=attempted, timeout=600, stdin=stdin)
