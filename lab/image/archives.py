# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archives of the image's packages: those that this machine uses for Debian, and the way guests reach them."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from typing import TYPE_CHECKING

from lab.plan import PACKAGE_SERVER

if TYPE_CHECKING:
    from collections.abc import Iterable

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
"""Debian's own keys (package debian-archive-keyring), in the machine and in the image at the same place."""
TARGET_FORMAT = "$(ORIGIN)|$(CODENAME)|$(REPO_URI)|$(RELEASE)|$(COMPONENT)"
FORWARDED = ("Acquire::http::", "Acquire::https::", "Acquire::Check-", "Acquire::Retries")
"""apt settings of the machine that decide whether its archives can be reached and are accepted."""


def source_lines(targets: Iterable[str], suite: str) -> list[str]:
    """Return sources.list lines for Debian's own archives of a suite (pure).

    ``targets`` are lines in TARGET_FORMAT; third parties' archives and other releases are left out. Empty
    if the machine has none, so that mmdebstrap's defaults apply.
    """
    lines = []
    for target in targets:
        origin, codename, uri, release, component = target.strip().split("|")
        if origin == "Debian" and component == "main" and codename.split("-")[0] == suite:
            lines.append(f"deb [signed-by={KEYRING}] {uri} {release} {component}")
    return sorted(set(lines))


def forwarded_settings(dump: Iterable[str]) -> list[str]:
    """Return the lines of ``apt-config dump`` that the image's apt needs as well while it is built (pure)."""
    return [line.strip() for line in dump if line.startswith(FORWARDED) and not line.rstrip().endswith('"";')]


def behind_the_lab(sources: str) -> str:
    """Return a sources.list with every archive behind the lab's own server (pure): the scheme joins the path."""
    return re.sub(r"(?m)^(deb\b.* )(https?)://", rf"\1http://{PACKAGE_SERVER[0]}/\2/", sources)


def _lines(*command: str) -> list[str]:
    if shutil.which(command[0]) is None:
        return []
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()


def renamed(lines: Iterable[str], own: str, suite: str) -> list[str]:
    """Return the lines of one suite rewritten for another (pure): a Debian mirror has all suites."""
    return [re.sub(rf"\b{re.escape(own)}\b", suite, line) for line in lines]


def machine_sources(suite: str) -> list[str]:
    """Return Debian's archives for a suite where this machine's package lists come from, its own suite or not."""
    targets = _lines("apt-get", "indextargets", "--format", TARGET_FORMAT, "Identifier: Packages")
    own = platform.freedesktop_os_release().get("VERSION_CODENAME", suite)
    return source_lines(targets, suite) or renamed(source_lines(targets, own), own, suite)


def machine_settings() -> list[str]:
    """Return this machine's apt settings that building an image needs."""
    return forwarded_settings(_lines("apt-config", "dump"))
