# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guest's distribution, and its packages for DPDK and for building DPDK."""

from __future__ import annotations

import dataclasses
import re

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree

OS_RELEASE = "/etc/os-release"


@dataclasses.dataclass(frozen=True)
class Family:
    """Distributions that share a package manager and the names of their packages."""

    package_manager: str
    """``apt`` or ``dnf``."""
    dpdk_packages: tuple[str, ...]
    """DPDK and the VMXNET3 driver; a name may hold the wildcard ``*``."""
    driver_directories: tuple[str, ...]
    """Where DPDK's packages put drivers; a search through all of /usr/lib takes long."""
    runtime_packages: tuple[str, ...]
    """What a DPDK built from source needs at run time, and what binds its adapters."""
    build_packages: tuple[str, ...]
    """What building DPDK needs."""


# Debian 12 (DPDK 22.11), Debian 13 (24.11), Ubuntu 24.04 (23.11; some of these are in its component universe).
# The VMXNET3 driver's package carries DPDK's ABI number. Package dpdk only recommends it, so it is named here.
DEBIAN = Family(
    package_manager="apt",
    dpdk_packages=("dpdk", "librte-net-vmxnet3-*"),
    driver_directories=("/usr/lib/x86_64-linux-gnu/dpdk",),
    runtime_packages=("libnuma1",),
    build_packages=(
        "gcc",
        "libc6-dev",
        "libnuma-dev",
        "meson",
        "ninja-build",
        "pkg-config",
        "python3-pyelftools",
        "tar",
        "xz-utils",
    ),
)
# RHEL and its rebuilds, Fedora. Their dpdk holds the drivers that its packagers chose, perhaps without VMXNET3.
# meson, ninja-build and numactl-devel are in the repositories CRB or CodeReady Builder.
REDHAT = Family(
    package_manager="dnf",
    dpdk_packages=("dpdk", "dpdk-tools"),
    driver_directories=("/usr/lib64/dpdk-pmds", "/usr/lib64/dpdk"),
    runtime_packages=("numactl-libs",),
    build_packages=(
        "gcc",
        "meson",
        "ninja-build",
        "numactl-devel",
        "pkgconf-pkg-config",
        "python3-pyelftools",
        "tar",
        "xz",
    ),
)
# By the names that os-release uses in ID and ID_LIKE.
FAMILIES = {"debian": DEBIAN, "ubuntu": DEBIAN, "rhel": REDHAT, "centos": REDHAT, "fedora": REDHAT}


@dataclasses.dataclass(frozen=True)
class Distribution:
    """A release of a distribution."""

    id: str
    """Such as ``debian``."""
    version: str
    """Such as ``12``; empty for a rolling release."""
    name: str
    """The name for people: ``Debian GNU/Linux 12 (bookworm)``."""
    family: Family
    """Its package manager and the names of its packages."""

    @property
    def release(self) -> str:
        """Distribution and version, such as ``debian 12``. A build runs on the release that it was built on."""
        return f"{self.id} {self.version}".rstrip()


def read_distribution(tree: Tree) -> Distribution:
    """The distribution that /etc/os-release names. Raises NfvError(distribution_unsupported)."""
    return parse_os_release(tree.text(OS_RELEASE) or "")


def parse_os_release(text: str) -> Distribution:
    """The distribution that an os-release(5) describes. Its ID_LIKE lists related ones, the closest first.

    Raises NfvError(distribution_unsupported).
    """
    fields: dict[str, str] = dict(re.findall(r"""^([A-Z_]+)=["']?([^"'\n]*)""", text, re.MULTILINE))
    identifier = fields.get("ID", "")
    for name in (identifier, *fields.get("ID_LIKE", "").split()):
        if name in FAMILIES:
            return Distribution(
                identifier, fields.get("VERSION_ID", ""), fields.get("PRETTY_NAME", identifier), FAMILIES[name]
            )
    raise NfvError(
        ErrorCode.DISTRIBUTION_UNSUPPORTED,
        identifier or OS_RELEASE,
        "its package names are not known" if identifier else "it names no distribution",
        "Use Debian, Ubuntu or the RHEL family.",
    )
