# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads everything that installing DPDK depends on, and finds what makes an installed DPDK unusable."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest

from .build import CACHE, NEXT, Build, Stamp, read_stamp, stamp_file
from .distribution import Distribution, Family, read_distribution
from .packages import RECORD, missing_packages, read_installed, read_record, upstream_version
from .requirement import Requirement

VMXNET3_DRIVER = "librte_net_vmxnet3.so*"


@dataclasses.dataclass(frozen=True)
class Installed:
    """A DPDK that is installed."""

    version: str
    """DPDK's own version, such as ``22.11.11``."""
    origin: str
    """``packages`` or ``source``."""
    programs: str
    """Directory of its programs."""
    vmxnet3: bool
    """Whether it has the VMXNET3 poll-mode driver."""
    missing_libraries: tuple[str, ...] = ()
    """Shared libraries that programs built from source need and the guest lacks."""


@dataclasses.dataclass(frozen=True)
class Look:
    """What a guest has of DPDK."""

    distribution: Distribution
    """The distribution that it runs."""
    wanted: tuple[str, ...]
    """Packages to have."""
    missing: tuple[str, ...]
    """Those of them that are not installed."""
    recorded: tuple[str, ...]
    """Installed packages that earlier runs installed."""
    dpdk: Installed | None
    """The requested DPDK; None when it is missing or when the prefix holds a different build."""
    build: Build | None
    """The requested build; None for packages."""
    prefix_occupied: bool
    """Whether a build would replace files that this collection did not install."""
    leftovers: tuple[str, ...]
    """Files and directories that earlier installations of this collection left."""


def look(
    guest: Guest,
    packages: t.Sequence[str] | None,
    extra_packages: t.Sequence[str],
    prefix: str,
    build_for: t.Callable[[str], Build | None],
) -> Look:
    """Reads the guest.

    packages: None for those of the distribution; build_for: the build for a release, None for packages.
    Raises NfvError: distribution_unsupported, packages_unreadable, build_incomplete.
    """
    distribution = read_distribution(guest)
    family = distribution.family
    build = build_for(distribution.release)
    installed = read_installed(guest, family.package_manager)
    names = packages if packages is not None else family.runtime_packages if build else family.dpdk_packages
    wanted = tuple(dict.fromkeys([*names, *extra_packages]))
    stamp = read_stamp(guest, prefix)
    return Look(
        distribution=distribution,
        wanted=wanted,
        missing=missing_packages(wanted, installed),
        recorded=tuple(name for name in read_record(guest) if name in installed),
        dpdk=_dpdk_asked_for(guest, family, installed, build, stamp),
        build=build,
        prefix_occupied=build is not None and stamp is None and bool(guest.names(prefix)),
        leftovers=_leftovers(guest, prefix, stamp),
    )


def _dpdk_asked_for(
    guest: Guest, family: Family, installed: t.Mapping[str, str], build: Build | None, stamp: Stamp | None
) -> Installed | None:
    if build is None:
        return _from_packages(guest, family, installed)
    return _from_source(guest, build.prefix, stamp) if stamp and stamp.digest == build.digest else None


def read_dpdk(guest: Guest, prefix: str | None) -> Installed | None:
    """The DPDK that a build installed at a prefix, or that of the distribution's packages; None for none.

    Raises NfvError: distribution_unsupported, packages_unreadable, build_incomplete.
    """
    if prefix is not None:
        stamp = read_stamp(guest, prefix)
        return _from_source(guest, prefix, stamp) if stamp else None
    family = read_distribution(guest).family
    return _from_packages(guest, family, read_installed(guest, family.package_manager))


def _from_packages(guest: Guest, family: Family, installed: t.Mapping[str, str]) -> Installed | None:
    if "dpdk" not in installed:
        return None
    vmxnet3 = _has_driver(guest, family.driver_directories)
    return Installed(upstream_version(installed["dpdk"]), "packages", "/usr/bin", vmxnet3)


def _from_source(guest: Guest, prefix: str, stamp: Stamp) -> Installed:
    programs = f"{prefix}/bin"
    return Installed(
        version=stamp.version,
        origin="source",
        programs=programs,
        vmxnet3=_has_driver(guest, [f"{prefix}/lib/dpdk"]),
        missing_libraries=_missing_libraries(guest, [f"{programs}/{name}" for name in stamp.programs]),
    )


def _has_driver(guest: Guest, directories: t.Iterable[str]) -> bool:
    return any(any(guest.path(directory).rglob(VMXNET3_DRIVER)) for directory in directories)


def _missing_libraries(guest: Guest, programs: t.Sequence[str]) -> tuple[str, ...]:
    if not programs:
        return ()
    status, output, errors = guest.run(("ldd", *programs))
    if status != 0:
        raise NfvError(
            ErrorCode.BUILD_INCOMPLETE,
            " ".join(programs),
            f"ldd ended with status {status}: {(errors or output).strip()}",
            "Remove the prefix and build again.",
        )
    return tuple(dict.fromkeys(re.findall(r"(\S+) => not found", output)))


def _leftovers(guest: Guest, prefix: str, stamp: Stamp | None) -> tuple[str, ...]:
    places = (prefix,) if stamp is not None or guest.exists(stamp_file(prefix)) else ()
    return tuple(path for path in (*places, f"{prefix}{NEXT}", CACHE, RECORD) if guest.exists(path))


def problems(found: Look, requirement: Requirement) -> tuple[NfvError, ...]:
    """Why the installed DPDK cannot be used, or why none can be built.

    A DPDK that is still to be installed has no problems. Driver and libraries are checked only when no package is
    missing, since a missing package may provide them.
    """
    dpdk = found.dpdk
    if found.build is not None and found.prefix_occupied:
        return (_prefix_occupied(found.build.prefix),)
    if dpdk is None and (found.build or found.missing):
        return ()
    return defects(dpdk, requirement, complete=not found.missing)


def defects(dpdk: Installed | None, requirement: Requirement, complete: bool = True) -> tuple[NfvError, ...]:
    """Why a DPDK cannot be used. complete: check its driver and its libraries too."""
    if dpdk is None:
        return (_too_old("DPDK", "none is installed", requirement),)
    if not requirement.met_by(dpdk.version):
        return (_too_old(f"DPDK {dpdk.version}", "it is installed", requirement),)
    if not complete:
        return ()
    lacking = [] if dpdk.vmxnet3 else [_pmd_missing(dpdk)]
    return (*lacking, *([_libraries_missing(dpdk)] if dpdk.missing_libraries else []))


def _prefix_occupied(prefix: str) -> NfvError:
    return NfvError(
        ErrorCode.PREFIX_OCCUPIED,
        prefix,
        "it holds files that this collection did not install, which a build would replace; nothing was changed",
        "Name another prefix or move them away.",
    )


def _too_old(subject: str, what: str, requirement: Requirement) -> NfvError:
    return NfvError(
        ErrorCode.DPDK_VERSION_OLD,
        subject,
        requirement.unmet(what),
        "Use a newer release of the distribution, build a newer DPDK from source, or ask for less.",
    )


def _pmd_missing(dpdk: Installed) -> NfvError:
    return NfvError(
        ErrorCode.PMD_MISSING,
        f"DPDK {dpdk.version}",
        "it is installed without librte_net_vmxnet3, the poll-mode driver of VMXNET3 adapters",
        "Build it from source, or install the package that has the driver.",
    )


def _libraries_missing(dpdk: Installed) -> NfvError:
    return NfvError(
        ErrorCode.SHARED_LIBRARY_MISSING,
        dpdk.programs,
        f"its programs do not find {', '.join(dpdk.missing_libraries)}",
        "Name the packages that have them in extra_packages.",
    )
