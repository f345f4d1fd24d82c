# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that the modules for installing DPDK share."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.build import Build
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.requirement import Requirement, oldest_dpdk
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.source import check_prefix


def dpdk_options() -> dict[str, t.Any]:
    """Options of the doc fragment ``dpdk``."""
    return {
        "minimum_version": {"type": "str", "default": "22.11"},
        "dataplane": {"type": "dict", "default": {}},
        "source_checksum": {"type": "str"},
        "prefix": {"type": "path", "default": "/opt/dpdk"},
        "drivers": {
            "type": "list",
            "elements": "str",
            "default": ["bus/pci", "bus/vdev", "mempool/ring", "net/vmxnet3"],
        },
        "apps": {"type": "list", "elements": "str", "default": ["test-pmd"]},
        "disabled_libraries": {"type": "list", "elements": "str", "default": []},
        "meson_options": {"type": "dict", "default": {}},
    }


def build_of(params: t.Mapping[str, t.Any], release: str) -> Build:
    """The build for a release that the options ask for. Raises NfvError(source_invalid)."""
    check_prefix(params["prefix"])
    return Build(
        source_checksum=params["source_checksum"],
        release=release,
        prefix=params["prefix"],
        drivers=tuple(params["drivers"]),
        apps=tuple(params["apps"]),
        disabled_libraries=tuple(params["disabled_libraries"]),
        meson_options={name: str(value) for name, value in params["meson_options"].items()},
    )


def requirement_of(params: t.Mapping[str, t.Any]) -> Requirement:
    """The oldest DPDK that the options accept."""
    return oldest_dpdk(params["minimum_version"], params["dataplane"], bool(params["source_checksum"]))
