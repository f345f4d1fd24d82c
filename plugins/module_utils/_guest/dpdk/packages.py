# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Installed packages, missing packages, and the record of the packages that this collection installed."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import Plan, WriteFile
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree

# One package a line. It is written before the installation, so that an interrupted run can be undone.
RECORD = "/etc/nfv-vsphere-dpdk/dpdk_install.packages"
# By package manager: commands that print "NAME installed VERSION" for each installed package.
QUERIES = {
    "apt": ("dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status} ${Version}\n"),
    "dnf": ("rpm", "--query", "--all", "--queryformat", "%{NAME} installed %{VERSION}-%{RELEASE}\n"),
}


def read_installed(guest: Guest, package_manager: str) -> dict[str, str]:
    """Name -> version of every installed package. Raises NfvError(packages_unreadable)."""
    command = QUERIES[package_manager]
    status, output, errors = guest.run(command)
    if status != 0:
        raise NfvError(
            ErrorCode.PACKAGES_UNREADABLE,
            command[0],
            f"ended with status {status}: {errors.strip() or 'no output'}",
            "Repair the package database.",
        )
    return parse_installed(output)


def parse_installed(output: str) -> dict[str, str]:
    """Name -> version. A package that was removed without its configuration does not count."""
    return dict(re.findall(r"^(\S+) installed (\S+)$", output, re.MULTILINE))


def missing_packages(wanted: t.Iterable[str], installed: t.Collection[str]) -> tuple[str, ...]:
    """The wanted names that no installed package has; ``*`` in a name stands for any characters."""
    return tuple(
        name
        for name in wanted
        if not any(re.fullmatch(re.escape(name).replace(r"\*", ".*"), package) for package in installed)
    )


def upstream_version(package_version: str) -> str:
    """DPDK's own version in a package's: 22.11.11 of 1:22.11.11-0+deb12u1."""
    return re.sub(r"[-~+].*$", "", re.sub(r"^[0-9]+:", "", package_version))


def read_record(tree: Tree) -> tuple[str, ...]:
    """The packages that earlier runs installed, sorted."""
    return tuple(sorted(set((tree.text(RECORD) or "").split())))


def plan_record(
    guest: Guest,
    package_manager: str,
    packages: t.Sequence[str],
    install_recommends: bool = True,
    installed_before: t.Collection[str] | None = None,
) -> Plan:
    """Plans the record of the packages that installing ``packages`` adds, dependencies included.

    apt lists them in advance. dnf cannot: before the installation only ``packages`` are recorded. Afterwards, with the
    names of the packages that were ``installed_before``, everything new is.

    Raises NfvError: packages_unreadable, packages_unavailable.
    """
    installed = read_installed(guest, package_manager)
    if package_manager == "apt":
        arriving: t.Collection[str] = _simulate(guest, packages, install_recommends)
    elif installed_before is None:
        arriving = packages
    else:
        arriving = set(installed) - set(installed_before)
    recorded = read_record(guest)
    record = sorted({*recorded, *arriving})
    return Plan(
        steps=() if record == list(recorded) else (WriteFile(RECORD, "".join(f"{name}\n" for name in record)),),
        before={"packages": list(recorded)},
        after={"packages": record},
        result={"packages": record, "installed": sorted(installed)},
    )


def _simulate(guest: Guest, packages: t.Sequence[str], install_recommends: bool) -> list[str]:
    """The packages that apt would add. Those that it would upgrade have their old version in brackets."""
    recommends = f"--option=APT::Install-Recommends={int(install_recommends)}"
    command = ("apt-get", "install", "--simulate", "--quiet=2", recommends, *packages)
    status, output, errors = guest.run(command)
    if status != 0:
        raise NfvError(
            ErrorCode.PACKAGES_UNAVAILABLE,
            " ".join(packages),
            f"apt cannot install them: {(errors or output).strip()}",
            "Correct their names, or give the guest a repository that has them.",
        )
    return re.findall(r"^Inst (\S+) \(", output, re.MULTILINE)
