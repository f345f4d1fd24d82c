# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module dpdk_install_info does: it reads everything that installing DPDK depends on."""

from __future__ import annotations

import dataclasses
import hashlib
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.build import Build
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.distribution import Distribution
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.look import Look, look, problems
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.run import report

from ._dpdk_options import build_of, dpdk_options, requirement_of

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

__all__ = ["dpdk_options", "run"]


def run(module: AnsibleModule) -> None:
    """Ends the module with its result."""
    report(module, lambda guest: gather(guest, module.params))


def gather(guest: Guest, params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The module's result. Raises NfvError: build_host_differs, and whatever look() raises."""
    found = look(
        guest,
        params["packages"],
        params["extra_packages"],
        params["prefix"],
        lambda release: build_of(params, release) if params["source_checksum"] else None,
    )
    if params["required_release"] not in (None, found.distribution.release):
        raise _differs(found.distribution, params["required_release"])
    return {
        "distribution": _distribution(found.distribution),
        "packages": {"wanted": found.wanted, "missing": found.missing, "recorded": found.recorded},
        "dpdk": None if found.dpdk is None else dataclasses.asdict(found.dpdk),
        "build": None if found.build is None else _build(guest, found, found.build, params["build_host"]),
        "problems": [str(problem) for problem in problems(found, requirement_of(params))],
        "leftovers": found.leftovers,
    }


def _differs(distribution: Distribution, release: str) -> NfvError:
    return NfvError(
        ErrorCode.BUILD_HOST_DIFFERS,
        distribution.name,
        f"programs built here do not run on {release}, which has another C library",
        "Build on the guest's own release.",
    )


def _distribution(distribution: Distribution) -> dict[str, str]:
    return {
        "name": distribution.name,
        "release": distribution.release,
        "package_manager": distribution.family.package_manager,
    }


def _build(guest: Guest, found: Look, build: Build, build_host: str) -> dict[str, t.Any]:
    return {
        "digest": build.digest,
        "archive": build.archive,
        "cached": guest.exists(build.archive),
        "packages": found.distribution.family.build_packages,
        "group": f"nfv_dpdk_{hashlib.sha256(f'{build_host} {build.digest}'.encode()).hexdigest()[:16]}",
    }
