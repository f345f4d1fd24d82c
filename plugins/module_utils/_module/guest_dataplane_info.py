# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module guest_dataplane_info does: it compares a whole guest with its description."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest import tuning
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.boot import loader
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dataplane import (
    adapter_differences,
    application_differences,
    dpdk_differences,
    find_adapters,
    read_application,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.look import read_dpdk
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.requirement import oldest_dpdk
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.run import report
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.identity import require_machine
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.model import BindingPolicy
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.read import read_guest_adapters

from .dpdk_bind import read_adapters
from .guest_tuning import read_tuning

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.tuning import Tuning

_INCAPABLE: t.Final = frozenset(
    {
        ErrorCode.HUGEPAGES_SHORT,
        ErrorCode.HUGEPAGE_SIZE_UNSUPPORTED,
        ErrorCode.CPUS_MISSING,
        ErrorCode.KERNEL_OPTION_MISSING,
        ErrorCode.SEVERAL_ERRORS,
    }
)


def run(module: AnsibleModule) -> None:
    """Ends the module with its result."""

    def read(guest: Guest) -> dict[str, t.Any]:
        result = gather(guest, module.params)
        for warning in result.pop("warnings"):
            module.warn(warning)
        return result

    report(module, read)


def gather(guest: Guest, params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The module's result and its warnings.

    Raises NfvError when something cannot be compared: guest_identity_differs, guest_identity_unknown,
    description_invalid, adapter_invalid, distribution_unsupported, packages_unreadable, bootloader_unsupported,
    iproute_failed, and for a damaged record.
    """
    if params["vm"] is not None:
        require_machine(guest, params["vm"]["name"], params["vm"]["uuid"], params["vm"]["address"])
    asked = read_tuning(params)
    adapters = read_adapters(params["adapters"])
    policy = BindingPolicy(
        params["driver"], params["allow_no_iommu"], params["allow_other_devices"], params["allow_in_use"]
    )
    current = read_guest_adapters(guest)
    found = find_adapters(guest, adapters, current)
    dpdk = read_dpdk(guest, params["prefix"])
    requirement = oldest_dpdk(params["minimum_version"], params["dataplane"], from_source=False)
    service = params["application"]
    application = read_application(guest, service["service"], found) if service else None
    differences, pending, warnings = _tuning(guest, asked)
    others = [*dpdk_differences(dpdk, requirement), *adapter_differences(adapters, found, current, policy)]
    if application is not None:
        polled = [seen for adapter, seen in zip(adapters, found) if adapter.driver == "pmd"]
        others += application_differences(application, service["program"], polled)
    return {
        "pending": list(pending),
        "reboot_required": bool(pending),
        "dpdk": None if dpdk is None else dataclasses.asdict(dpdk),
        "adapters": [dataclasses.asdict(adapter) for adapter in found],
        "application": None if application is None else dataclasses.asdict(application),
        "differences": [*differences, *(difference.as_data() for difference in others)],
        "warnings": warnings,
    }


def _tuning(guest: Guest, asked: Tuning) -> tuple[list[dict[str, t.Any]], tuple[str, ...], tuple[str, ...]]:
    """Differences, the kernel arguments that wait for a reboot, and warnings."""
    try:
        plan = tuning.plan(guest, asked, reboot=tuning.LATER)
    except NfvError as error:
        if error.error_code is ErrorCode.KERNEL_ARGUMENT_OVERRULED:
            asked_for = list(asked.kernel_arguments)
            message = f"{error.subject}: {error.attempted}"
            overruled = tuning.GuestDifference("kernel arguments", asked_for, [], error.error_code, message)
            return [overruled.as_data()], (), ()
        if error.error_code not in _INCAPABLE:
            raise
        # There is no plan for what the guest cannot hold or do. It is among the differences anyway.
        kernel = loader.plan(guest, asked.kernel_arguments, tuning.PRESENT)
        differences = [difference.as_data() for difference in tuning.compare(guest, asked)]
        return differences, tuning.pending_arguments({"kernel": kernel}, asked), (str(error),)
    return list(plan.result["differences"]), tuple(plan.result["pending"]), plan.warnings
