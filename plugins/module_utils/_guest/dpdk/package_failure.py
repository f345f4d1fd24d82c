# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why a package manager failed: which archives the guest cannot reach, in the package manager's own words."""

from __future__ import annotations

import re

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest

# By package manager: the command that reads every archive's index, in English, without patience.
REFRESH = {
    "apt": ("env", "LC_ALL=C", "apt-get", "update", "--option=Acquire::Retries=0"),
    "dnf": ("env", "LC_ALL=C", "dnf", "--quiet", "--setopt=retries=1", "makecache"),
}
_UNREACHABLE = {
    # "W: Failed to fetch URI  REASON", "E: ..." where apt gives up.
    "apt": re.compile(r"^[WE]: Failed to fetch (\S+ .*)$", re.MULTILINE),
    # librepo: "  - Curl error (7): ... for URI [...]"; dnf: "Failed to download metadata for repo 'baseos': ...".
    "dnf": re.compile(r"^ *(?:- (Curl error .*)|(?:Error: )?(Failed to download metadata .*))$", re.MULTILINE),
}
SHOWN = 3


def unreachable(package_manager: str, output: str) -> list[str]:
    """The archives that could not be read and why, one a line of the package manager's output."""
    found = _UNREACHABLE[package_manager].finditer(output)
    return sorted({re.sub(r"\s+", " ", next(filter(None, match.groups()))) for match in found})


def explain(guest: Guest, package_manager: str, attempted: str, reason: str, error_code: str | None = None) -> NfvError:
    """The error for a task that failed with ``reason``, after asking the package manager for its archives again.

    error_code: the task's own, if it has one; kept when the archives can be read.
    """
    _status, output, errors = guest.run(REFRESH[package_manager])
    missing = unreachable(package_manager, f"{output}\n{errors}")
    own_words = re.sub(r"^\[[a-z_]+\] ", "", reason.strip()).rstrip(":")
    told = f"{attempted}: {own_words}"
    if not missing:
        return NfvError(
            ErrorCode(error_code or ErrorCode.PACKAGE_MANAGER_FAILED),
            package_manager,
            told,
            "Its archives can be reached; repair what it names, and run again.",
        )
    more = f"; and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
    return NfvError(
        ErrorCode.PACKAGES_UNREACHABLE,
        package_manager,
        f"{told}; the guest cannot read {'; '.join(missing[:SHOWN])}{more}",
        "Give the guest a route, a proxy or a mirror, or a template that has the packages (build_image); run again.",
    )
