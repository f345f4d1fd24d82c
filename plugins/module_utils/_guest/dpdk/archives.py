# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks the archives of a package manager, by its own means and settings (proxies, credentials), and changes nothing."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest

from .package_failure import unreachable

# Seconds that an archive may take to answer.
_PATIENCE = 15
LIST = ("env", "LC_ALL=C", "apt-get", "--print-uris", "update")
# apt's own downloader, which unlike apt-get update neither writes the lists nor runs hooks.
_FETCH = (
    *("env", "LC_ALL=C", "/usr/lib/apt/apt-helper", "--option=Acquire::Retries=0", "--option=APT::Sandbox::User=root"),
    *(f"--option=Acquire::{scheme}::Timeout={_PATIENCE}" for scheme in ("http", "https")),
    "download-file",
)
# "'http://archive.example/debian/dists/bookworm/InRelease' archive.example_..._InRelease 0"
_INDEX = re.compile(r"^'(\S+/)InRelease' ", re.MULTILINE)
# Plugins may rewrite the repositories' files; its cache and its log go elsewhere.
_REPOSITORIES = (
    *("env", "LC_ALL=C", "dnf", "--quiet", "--noplugins", "--setopt=retries=1", f"--setopt=timeout={_PATIENCE}"),
    *("--setopt=skip_if_unavailable=0",),
)


def read_archives(guest: Guest, package_manager: str, scratch: str) -> dict[str, str]:
    """The archives, each with why it does not answer; empty for one that does.

    scratch: a directory for what they answer, which the caller removes.

    Raises NfvError(package_manager_failed) when the package manager cannot tell.
    """
    return _apt(guest, scratch) if package_manager == "apt" else _dnf(guest, scratch)


def archives_of(output: str) -> list[str]:
    """The archives that apt-get --print-uris update lists, by the addresses of their releases' directories."""
    return list(dict.fromkeys(_INDEX.findall(output)))


def _apt(guest: Guest, scratch: str) -> dict[str, str]:
    status, output, errors = guest.run(LIST)
    if status != 0:
        raise _failed("apt-get", status, errors or output)
    archives = archives_of(output)
    silent = _silent(guest, archives, "InRelease", scratch)
    # An older archive has its signature in a file of its own.
    again = _silent(guest, list(silent), "Release", scratch)
    return {archive: silent[archive] if archive in again else "" for archive in archives}


def _silent(guest: Guest, archives: t.Sequence[str], index: str, scratch: str) -> dict[str, str]:
    """Those of the archives that do not give an index, with apt's reasons."""
    if not archives:
        return {}
    pairs = [part for number, one in enumerate(archives) for part in (f"{one}{index}", f"{scratch}/{index}.{number}")]
    status, output, errors = guest.run((*_FETCH, *pairs))
    reasons = dict(line.partition(" ")[::2] for line in unreachable("apt", f"{output}\n{errors}"))
    silent = {archive: reasons[f"{archive}{index}"] for archive in archives if f"{archive}{index}" in reasons}
    if status != 0 and not silent:
        raise _failed("apt-helper", status, errors or output)
    return silent


def _dnf(guest: Guest, scratch: str) -> dict[str, str]:
    aside = (f"--setopt=cachedir={scratch}/dnf", f"--setopt=logdir={scratch}")
    status, output, errors = guest.run((*_REPOSITORIES, *aside, "repolist"))
    if status != 0:
        raise _failed("dnf", status, errors or output)
    # "ID NAME" on each line, below a heading.
    lines = [line for line in output.splitlines() if line.strip() and not line.startswith("repo id")]
    repositories = [line.split()[0] for line in lines]
    if not repositories:
        return {}
    status, output, errors = guest.run((*_REPOSITORIES, *aside, "makecache"))
    silent = unreachable("dnf", f"{output}\n{errors}")
    if status != 0 and not silent:
        raise _failed("dnf", status, errors or output)
    return dict.fromkeys(repositories, "") if not silent else {"dnf": "; ".join(silent)}


def _failed(program: str, status: int, words: str) -> NfvError:
    return NfvError(
        ErrorCode.PACKAGE_MANAGER_FAILED,
        program,
        f"{program} ended with status {status}: {words.strip() or 'no output'}",
        "Repair what it names, and run this again.",
    )
