# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hardware virtualisation counts only where a kernel really boots."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from lab.accelerator import choose, trial_failure

if TYPE_CHECKING:
    from pathlib import Path

EMULATED = ("-accel", "tcg", "-cpu", "max")


def bzimage(code: bytes) -> bytes:
    """Return a kernel image of the old real-mode kind (Linux x86 boot protocol 2.00) that runs ``code``."""
    setup = bytearray(1024)
    setup[0x1F1] = 1
    struct.pack_into("<H", setup, 0x1FE, 0xAA55)
    setup[0x202 - 2 : 0x202] = b"\xeb\x3a"
    setup[0x202:0x206] = b"HdrS"
    struct.pack_into("<H", setup, 0x206, 0x0200)
    setup[0x23C : 0x23C + len(code)] = code
    return bytes(setup)


def test_no_device_is_no_virtualisation(tmp_path: Path) -> None:
    chosen = choose(tmp_path / "vmlinuz", tmp_path / "kvm")
    assert not chosen.kvm
    assert "is not there" in chosen.reason


def test_a_kernel_that_is_not_there_or_none_is_a_failure(tmp_path: Path) -> None:
    assert "failed" in (trial_failure(EMULATED, tmp_path / "vmlinuz", 10) or "")
    (tmp_path / "vmlinuz").write_bytes(b"no kernel")
    assert trial_failure(EMULATED, tmp_path / "vmlinuz", 3)


def test_a_machine_that_hangs_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "vmlinuz").write_bytes(bzimage(b"\xeb\xfe"))  # jmp $
    assert trial_failure(EMULATED, tmp_path / "vmlinuz", 3) == "had not booted Linux after 3 s"


def test_a_machine_that_resets_without_linux_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "vmlinuz").write_bytes(bzimage(b"\xb0\xfe\xe6\x64\xeb\xfe"))  # mov al,0xfe; out 0x64,al; jmp $
    assert trial_failure(EMULATED, tmp_path / "vmlinuz", 10) == "ended before Linux looked for its root file system"
