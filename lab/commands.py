# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Running other programs, with one-line errors."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

from lab.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

DEBIAN_PACKAGES = {
    "dnsmasq": "dnsmasq-base",
    "ethtool": "ethtool",
    "ip": "iproute2",
    "mkfs.ext4": "e2fsprogs",
    "mmdebstrap": "mmdebstrap",
    "mount": "mount",
    "qemu-img": "qemu-utils",
    "qemu-system-x86_64": "qemu-system-x86",
    "sfdisk": "fdisk",
    "socat": "socat",
    "ssh": "openssh-client",
    "sysctl": "procps",
    "unshare": "util-linux",
}
"""The programs that the lab runs, and their Debian packages."""


def require_programs() -> None:
    """Raise ``program_missing`` with the packages to install unless every program is installed."""
    missing = sorted(package for program, package in DEBIAN_PACKAGES.items() if shutil.which(program) is None)
    if missing:
        raise LabError("program_missing", f"the lab needs more Debian packages: apt-get install {' '.join(missing)}")


def last_line(text: str) -> str:
    """Return the last line that is not blank."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "no output"


def run(
    command: Sequence[str | Path],
    *,
    error_code: str,
    attempted: str,
    timeout: float = 120,
    stdin: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> str:
    """Run a program to its end and return its standard output.

    ``timeout`` is in seconds. Raises LabError with ``error_code`` when the program is missing, fails or
    takes too long; the message starts with ``attempted`` and ends with the last line that the program printed.
    """
    arguments = [str(part) for part in command]
    try:
        done = subprocess.run(
            arguments, input=stdin, capture_output=True, text=True, timeout=timeout, env=environment, check=False
        )
    except FileNotFoundError as error:
        package = DEBIAN_PACKAGES.get(arguments[0], arguments[0])
        raise LabError("program_missing", f"{attempted}: {arguments[0]} not found; install {package}") from error
    except subprocess.TimeoutExpired as error:
        raise LabError(error_code, f"{attempted}: {arguments[0]} had not ended after {timeout:.0f} s") from error
    if done.returncode != 0:
        raise LabError(error_code, f"{attempted}: {last_line(done.stderr or done.stdout)}")
    return done.stdout


def run_logged(
    command: Sequence[str | Path],
    log: Path,
    *,
    error_code: str,
    attempted: str,
    timeout: float,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run a long program with its output appended to ``log``; raise LabError that names the log if it fails."""
    arguments = [str(part) for part in command]
    with log.open("a", encoding="utf-8") as output:
        try:
            done = subprocess.run(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=timeout,
                env=environment,
                check=False,
            )
        except FileNotFoundError as error:
            raise LabError("program_missing", f"{attempted}: {arguments[0]} not found") from error
        except subprocess.TimeoutExpired as error:
            raise LabError(error_code, f"{attempted}: not ended after {timeout:.0f} s, see {log}") from error
    if done.returncode != 0:
        raise LabError(error_code, f"{attempted}: {last_line(log.read_text(errors='replace'))} (all of it: {log})")
