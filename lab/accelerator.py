# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hardware virtualisation: used where it works, else software emulation."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lab.commands import last_line

if TYPE_CHECKING:
    from collections.abc import Sequence

TRIAL_SECONDS = 12.0
"""With working hardware virtualisation, Linux looks for its root file system after 2 s."""
ROOTLESS = "Unable to mount root fs"
"""The panic message of a Linux kernel without a root file system (init/do_mounts.c)."""


@dataclass(frozen=True)
class Accelerator:
    """How the guests' CPUs are run."""

    kvm: bool
    """Whether hardware virtualisation is used."""
    reason: str
    """Why, or why not."""


def choose(kernel: Path, device: Path = Path("/dev/kvm")) -> Accelerator:
    """Try hardware virtualisation by booting the guests' Linux kernel.

    The device may exist and refuse, or run the firmware and hang in Linux.
    """
    if not device.exists():
        return Accelerator(kvm=False, reason=f"{device} is not there")
    if not os.access(device, os.R_OK | os.W_OK):
        return Accelerator(kvm=False, reason=f"{device} may not be used by this user")
    failure = trial_failure(("-accel", "kvm", "-cpu", "host"), kernel, TRIAL_SECONDS)
    if failure:
        return Accelerator(kvm=False, reason=f"{device} is there, but a trial machine {failure}")
    return Accelerator(kvm=True, reason="a trial machine booted Linux")


def trial_failure(processor: Sequence[str], kernel: Path, seconds: float) -> str | None:
    """Boot a kernel without a disk; return what went wrong, None if it got as far as its root file system.

    A kernel that finds no root file system panics, panic=-1 makes that a reset, and -no-reboot makes QEMU end.
    """
    command = [
        *("qemu-system-x86_64", "-no-user-config", "-nodefaults", "-display", "none", "-monitor", "none"),
        *("-machine", "q35", *processor, "-smp", "2", "-m", "256M", "-no-reboot", "-serial", "stdio"),
        *("-kernel", str(kernel), "-append", "console=ttyS0 quiet panic=-1"),
    ]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except FileNotFoundError:
        return "could not be started: qemu-system-x86_64 is not there"
    except subprocess.TimeoutExpired:
        return f"had not booted Linux after {seconds:.0f} s"
    if done.returncode != 0:
        return f"failed: {last_line(done.stderr)}"
    return None if ROOTLESS in done.stdout else "ended before Linux looked for its root file system"
