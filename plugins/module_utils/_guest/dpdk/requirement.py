# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The oldest DPDK that is accepted, and why."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

# DPDK's release notes: the VMXNET3 driver came with 1.8, and version 6 of the device with 22.07. That version has more
# than 16 queues and numbers of queues that are no powers of two.
OLDEST_WITH_VMXNET3 = "1.8"
OLDEST_WITH_DEVICE_6 = "22.07"
QUEUES_BEFORE_DEVICE_6 = (1, 2, 4, 8, 16)
# meson's option enable_apps came with 22.11.
OLDEST_TO_BUILD = "22.11"


@dataclasses.dataclass(frozen=True)
class Requirement:
    """The oldest version that is accepted."""

    version: str
    """As DPDK writes it, such as ``22.11``."""
    reason: str
    """What requires it, as the beginning of a clause: ``minimum_version asks for``."""

    def met_by(self, version: str) -> bool:
        """Whether a version is this one or a later one."""
        return _numbers(version) >= _numbers(self.version)

    def unmet(self, what: str) -> str:
        """The sentence that says a DPDK is too old; what: ``DPDK 20.11 is installed``."""
        return f"{what}, and {self.reason} {self.version} or later"


def oldest_dpdk(minimum_version: str, dataplane: t.Mapping[str, t.Any], from_source: bool) -> Requirement:
    """The newest of the versions that the caller, the description and a build from source require.

    Raises NfvError(description_invalid) where the description's adapters cannot be read.
    """
    queues = _queues(dataplane.get("adapters") or [])
    requirements = [Requirement(minimum_version, "minimum_version asks for")]
    if not set(queues) <= set(QUEUES_BEFORE_DEVICE_6):
        requirements.append(Requirement(OLDEST_WITH_DEVICE_6, f"adapters with {max(queues)} queues need"))
    if from_source:
        requirements.append(Requirement(OLDEST_TO_BUILD, "building it here needs"))
    requirements.append(Requirement(OLDEST_WITH_VMXNET3, "the VMXNET3 driver needs"))
    return max(requirements, key=lambda requirement: _numbers(requirement.version))


def _queues(adapters: t.Any) -> list[int]:
    """The adapters' numbers of queues. Callers need not have checked the description."""
    try:
        queues = [adapter.get("queues", 1) for adapter in adapters]
    except (TypeError, AttributeError):
        queues = [None]
    if all(isinstance(each, int) for each in queues):
        return queues
    raise NfvError(
        ErrorCode.DESCRIPTION_INVALID,
        "dataplane.adapters",
        "read how many queues the adapters have: this is no list of adapters with whole numbers of queues",
        "Check it with the filter dataplane_problems.",
    )


def _numbers(version: str) -> tuple[int, ...]:
    """(24, 11) of 24.11.0-rc1: a release candidate counts as its release, and 24.11.0 is 24.11."""
    match = re.match(r"[0-9]+(\.[0-9]+)*", version)
    numbers = [int(number) for number in match.group().split(".")] if match else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)
