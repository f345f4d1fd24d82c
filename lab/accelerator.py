# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hardware virtualisation: used where it works, else software emulation."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

TRIAL_SECONDS = 5.0


@dataclass(frozen=True)
class Accelerator:
    """How guests' processors are run, and why."""

    kvm: bool
    reason: str


def choose(device: Path = Path("/dev/kvm")) -> Accelerator:
    """Try hardware virtualisation for a moment: the device may be there and hang, or refuse.

    The trial machine runs its firmware, which needs a virtual processor that really runs; QEMU leaves by
    itself when the firmware has found nothing to boot and resets (-no-reboot with the boot menu's timeout).
    """
    if not device.exists():
        return Accelerator(kvm=False, reason=f"{device} is not there")
    if not os.access(device, os.R_OK | os.W_OK):
        return Accelerator(kvm=False, reason=f"{device} may not be used by this user")
    return _trial()


def _trial() -> Accelerator:
    command = [
        *("qemu-system-x86_64", "-no-user-config", "-nodefaults", "-display", "none", "-monitor", "none"),
        *("-machine", "q35", "-accel", "kvm", "-cpu", "host", "-m", "32M"),
        *("-boot", "reboot-timeout=0", "-no-reboot"),
    ]
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=TRIAL_SECONDS, check=False
        )
    except FileNotFoundError:
        return Accelerator(kvm=False, reason="qemu-system-x86_64 is not there")
    except subprocess.TimeoutExpired:
        return Accelerator(kvm=False, reason=f"a trial machine had not booted its firmware after {TRIAL_SECONDS:.0f} s")
    if done.returncode != 0:
        words = done.stderr.strip().splitlines() or ["no reason given"]
        return Accelerator(kvm=False, reason=f"a trial machine failed: {words[0]}")
    return Accelerator(kvm=True, reason="a trial machine booted its firmware")
