# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a comparison of VMs with their descriptions comes to: the report of the playbook drift."""

from __future__ import annotations

import typing as t

# Outcomes of a VM and of all of them. FAILED: it is not known, because something could not be compared.
NONE: t.Final = "none"
DRIFT: t.Final = "drift"
FAILED: t.Final = "failed"

Mapping = t.Mapping[str, t.Any]


def drift_report(vms: t.Mapping[str, Mapping], created: str, error: str | None = None) -> dict[str, t.Any]:
    """The report over VMs as vm_dataplane_info returns them, each compared with its description.

    created: ISO 8601; error: why nothing could be compared at all.
    A VM that is not there has drifted. One that cannot be compared fails the whole, whatever the others are.
    """
    reported = {name: _vm(vm) for name, vm in vms.items()}
    outcomes = {vm["outcome"] for vm in reported.values()}
    worst = next((each for each in (FAILED, DRIFT) if each in outcomes), NONE)
    return {
        "outcome": FAILED if error is not None or not reported else worst,
        "created": created,
        "error": error,
        "vms": reported,
        "lines": [line for name, vm in reported.items() for line in _lines(name, vm)],
    }


def _vm(vm: Mapping) -> dict[str, t.Any]:
    if not vm.get("present"):
        return {"outcome": DRIFT, "present": False, "differences": [], "error": None}
    error, differences = vm.get("error"), list(vm.get("differences") or ())
    outcome = FAILED if error is not None else DRIFT if differences else NONE
    return {
        "outcome": outcome,
        "present": True,
        "differences": differences,
        "error": None if error is None else str(error["message"]),
    }


def _lines(name: str, vm: Mapping) -> list[str]:
    """One line for each difference."""
    if not vm["present"]:
        return [f"{name}: is not there"]
    if vm["error"] is not None:
        return [f"{name}: cannot be compared: {vm['error']}"]
    return [
        f"{name}: {each['setting']} is {_shown(each['from'])}, described is {_shown(each['to'])}"
        f"{' (needs a power cycle)' if each['power_off_needed'] else ''}"
        for each in vm["differences"]
    ]


def _shown(value: t.Any) -> str:
    return "not set" if value is None or value == "" else str(value)
