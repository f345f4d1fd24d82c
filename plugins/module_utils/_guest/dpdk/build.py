# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The inputs of a build of DPDK, the files that it must contain, and its stamp."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree

# Finished builds on the build host, each named by the digest of its inputs.
CACHE = "/var/cache/nfv-vsphere-dpdk"
STAMP = ".nfv-vsphere-dpdk.json"
# Ends the name of the directory beside the prefix that role dpdk_install unpacks a build into. Nobody else's ends so.
NEXT = ".nfv-vsphere-dpdk-next"


@dataclasses.dataclass(frozen=True)
class Build:
    """A requested build. Equal digests mean equal builds."""

    source_checksum: str
    """Of the source, as source.identify() gives it."""
    release: str
    """The release that it is built on and runs on, such as ``debian 12``."""
    prefix: str
    """Directory that it is installed in, which holds nothing else."""
    drivers: tuple[str, ...]
    """DPDK's meson option enable_drivers: class/name, perhaps with wildcards."""
    apps: tuple[str, ...]
    """DPDK's meson option enable_apps."""
    disabled_libraries: tuple[str, ...] = ()
    """DPDK's meson option disable_libs."""
    meson_options: t.Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Further meson options; they override those that follow from the other fields."""

    @property
    def options(self) -> dict[str, str]:
        """meson's own options and DPDK's (meson_options.txt).

        The platform is generic: a VM moves between hosts, and what was built for one CPU may end with an illegal
        instruction on another.
        """
        return {
            "buildtype": "release",
            "strip": "true",
            "platform": "generic",
            "tests": "false",
            "enable_drivers": ",".join(self.drivers),
            "enable_apps": ",".join(self.apps),
            **({"disable_libs": ",".join(self.disabled_libraries)} if self.disabled_libraries else {}),
            **self.meson_options,
            "prefix": self.prefix,
            "libdir": "lib",
        }

    @property
    def inputs(self) -> dict[str, t.Any]:
        """Everything that the build depends on."""
        return {
            "source": self.source_checksum,
            "distribution": self.release,
            "prefix": self.prefix,
            "options": self.options,
        }

    @property
    def digest(self) -> str:
        """SHA-256 over the inputs."""
        return hashlib.sha256(json.dumps(self.inputs, sort_keys=True).encode()).hexdigest()

    @property
    def archive(self) -> str:
        """Where the build host keeps it."""
        return f"{CACHE}/dpdk-{self.digest[:16]}.tar.gz"

    @property
    def libraries(self) -> tuple[str, ...]:
        """Files that the named drivers must be: class/name is librte_class_name."""
        return tuple(f"librte_{driver.replace('/', '_')}.so" for driver in self.drivers if "*" not in driver)

    @property
    def programs(self) -> tuple[str, ...]:
        """Files that the named applications must be: test-pmd is dpdk-testpmd, others are dpdk-NAME."""
        return tuple("dpdk-testpmd" if app == "test-pmd" else f"dpdk-{app}" for app in self.apps if "*" not in app)


@dataclasses.dataclass(frozen=True)
class Stamp:
    """The file at a prefix that says what was built."""

    digest: str
    """Build.digest of the build."""
    version: str
    """DPDK's version."""
    programs: tuple[str, ...]
    """Names of its programs."""


def stamp_file(prefix: str) -> str:
    """Where a build's stamp is."""
    return f"{prefix}/{STAMP}"


def format_stamp(build: Build, version: str) -> str:
    """The stamp's text."""
    stamp = {"digest": build.digest, "version": version, "inputs": build.inputs, "programs": build.programs}
    return json.dumps(stamp, indent=4, sort_keys=True) + "\n"


def read_stamp(tree: Tree, prefix: str) -> Stamp | None:
    """The stamp at a prefix, None without a readable one."""
    try:
        stamp = json.loads(tree.text(stamp_file(prefix)) or "")
        return Stamp(str(stamp["digest"]), str(stamp["version"]), tuple(stamp["programs"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
