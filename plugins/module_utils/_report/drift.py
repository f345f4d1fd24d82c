# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of the playbook drift: how VMs and their guests differ from their descriptions."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, listed

# Outcomes of a VM and of all of them. FAILED: something could not be compared, so nobody knows.
NONE: t.Final = "none"
FOUND: t.Final = "found"
FAILED: t.Final = "failed"

# What is compared: the virtual hardware (vm_dataplane_info), and the system in the guest (guest_dataplane_info).
VSPHERE: t.Final = "vsphere"
GUEST: t.Final = "guest"
SIDES: t.Final = (VSPHERE, GUEST)

Mapping = t.Mapping[str, t.Any]


@dataclasses.dataclass(frozen=True)
class DriftDifference:
    """One setting that is not as described."""

    side: str
    """VSPHERE or GUEST."""
    setting: str
    """The setting, such as ``cpu.count``."""
    described: t.Any
    """What the description asks for; None when it asks for nothing."""
    found: t.Any
    """What there is; None when there is nothing."""
    message: str
    """The difference in one sentence."""


@dataclasses.dataclass(frozen=True)
class Failure:
    """A side of a VM that could not be compared."""

    side: str
    """VSPHERE or GUEST."""
    message: str
    """Why."""


@dataclasses.dataclass(frozen=True)
class VmDrift:
    """One VM."""

    outcome: str
    """NONE, FOUND or FAILED; FAILED outweighs FOUND."""
    differences: tuple[DriftDifference, ...]
    """What is not as described, on all sides that could be compared."""
    failures: tuple[Failure, ...]
    """The sides that could not be compared."""


@dataclasses.dataclass(frozen=True)
class DriftReport:
    """The report."""

    outcome: str
    """The worst outcome of any VM; FAILED also when there is no VM."""
    created: str
    """When the VMs were compared, in ISO 8601."""
    sides: tuple[str, ...]
    """The sides that were compared."""
    message: str
    """The outcome in one line, with its error code unless it is NONE."""
    lines: tuple[str, ...]
    """One line for each difference and each failure, with the VM and the side."""
    vms: t.Mapping[str, VmDrift]
    """Each VM by name."""


def drift_report(
    sides: t.Mapping[str, t.Mapping[str, Mapping]],
    names: t.Sequence[str],
    created: str,
    error: str | None = None,
    expected: t.Sequence[str] = (),
) -> DriftReport:
    """The report on these VMs.

    sides: for each side that must be compared, a result for each VM's name: with VSPHERE what vm_dataplane_info returns
    for it, with GUEST what guest_dataplane_info returned (its failure, too). A VM without a result fails.
    names: the VMs; created: ISO 8601; error: why nothing could be compared at all.
    expected: names of VMs that must be among these. One that is not has drifted where vCenter has no such VM, and fails
    otherwise.
    """
    vms = {name: _vm({side: results.get(name) for side, results in sides.items()}) for name in names}
    vms.update({name: _unlisted(sides.get(VSPHERE, {}).get(name)) for name in expected if name not in vms})
    lines = (f"{name} ({side}): {text}" for name, vm in vms.items() for side, text in _messages(vm))
    outcomes = {vm.outcome for vm in vms.values()}
    worst = next((each for each in (FAILED, FOUND) if each in outcomes), NONE)
    outcome = FAILED if error or not names or not sides else worst
    return DriftReport(outcome, created, tuple(sides), error or _message(outcome, vms), tuple(lines), vms)


def _unlisted(vsphere: Mapping | None) -> VmDrift:
    """A VM that is expected, and is no host of the run. vsphere: what vCenter says of it, if it was asked."""
    if vsphere is not None and vsphere.get("present") is False:
        text = f"[{ErrorCode.EXPECTED_VM_MISSING}] it is expected, and neither inventory nor vCenter has it"
        return VmDrift(FOUND, (DriftDifference(VSPHERE, "present", True, False, text),), ())
    seen = "vCenter was not asked for it" if vsphere is None else "vCenter has it"
    text = (
        f"[{ErrorCode.EXPECTED_VM_MISSING}] it is expected, and inventory and --limit leave it out, so that it was not"
        f" compared; {seen}. Add it to the inventory, or look at what the inventory warned of"
    )
    return VmDrift(FAILED, (), (Failure(VSPHERE, text),))


def _messages(vm: VmDrift) -> t.Iterator[tuple[str, str]]:
    """Side and message of each failure and difference of a VM."""
    yield from ((each.side, each.message) for each in vm.failures)
    yield from ((each.side, each.message) for each in vm.differences)


def _message(outcome: str, vms: t.Mapping[str, VmDrift]) -> str:
    if outcome == NONE:
        return "nothing differs"
    if not vms:
        return f"[{ErrorCode.DRIFT_UNKNOWN}] nothing was compared"
    names = [name for name, vm in vms.items() if vm.outcome == outcome]
    some = f"{len(names)} of {len(vms)} VMs"
    if outcome == FOUND:
        count = sum(len(vm.differences) for vm in vms.values())
        return f"[{ErrorCode.DRIFT_FOUND}] {some} are not as described: {listed(names, ', ')}; {count} differences"
    reasons = (f"{name} ({each.side}): {each.message}" for name in names for each in vms[name].failures)
    return f"[{ErrorCode.DRIFT_UNKNOWN}] {some} could not be compared: {listed(reasons)}"


def _vm(results: t.Mapping[str, Mapping | None]) -> VmDrift:
    vsphere = results.get(VSPHERE)
    if vsphere is not None and vsphere.get("present") is False:
        # Whatever its guest should be, there is none.
        missing = DriftDifference(VSPHERE, "present", True, False, "the VM does not exist")
        return VmDrift(FOUND, (missing,), ())
    differences: list[DriftDifference] = []
    failures = []
    for side, result in results.items():
        problem = _failure(side, result)
        if problem is not None:
            failures.append(Failure(side, problem))
        elif result is not None:
            differences += _DIFFERENCES[side](result["differences"])
    outcome = FAILED if failures else FOUND if differences else NONE
    return VmDrift(outcome, tuple(differences), tuple(failures))


def _failure(side: str, result: Mapping | None) -> str | None:
    """Why the side could not be compared; None when it was."""
    if result is None:
        return "was not compared"
    if result.get("skipped"):
        return f"[{ErrorCode.GUEST_ADDRESS_MISSING}] the VM is off, or VMware Tools report no address of its guest"
    error = result.get("error")
    if error is not None:
        return str(error["message"])
    if result.get("unreachable") or result.get("failed") or result.get("differences") is None:
        return str(result.get("msg") or f"the {side} side gave no result")
    return None


def _vsphere_differences(differences: t.Iterable[Mapping]) -> list[DriftDifference]:
    return [
        DriftDifference(
            VSPHERE,
            each["setting"],
            each["to"],
            each["from"],
            f"{each['setting']} is {_shown(each['from'])}, described as {_shown(each['to'])}"
            f"{' (needs a power cycle)' if each['power_off_needed'] else ''}",
        )
        for each in differences
    ]


def _guest_differences(differences: t.Iterable[Mapping]) -> list[DriftDifference]:
    return [
        DriftDifference(GUEST, each["setting"], each["asked"], each["seen"], each["message"]) for each in differences
    ]


_DIFFERENCES: t.Final = {VSPHERE: _vsphere_differences, GUEST: _guest_differences}


def _shown(value: t.Any) -> str:
    return "not set" if value is None or value == "" else str(value)
