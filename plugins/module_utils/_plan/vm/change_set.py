# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The change set that brings one VM to its description, or gives back what it holds."""

from __future__ import annotations

import dataclasses
import fnmatch
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError, joined
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import ADAPTERS, ALL, HUGEPAGES

from .adapter_settings import adapter_values
from .adapters import AdapterPlan, label_of, plan_adapters, release_adapters
from .desired import desired_settings
from .matching import match_adapters
from .model import (
    HARDWARE_VERSION,
    SRIOV,
    VMXNET3,
    WHOLE,
    AdapterAction,
    AdapterState,
    Change,
    ChangeSet,
    Network,
    PlanOptions,
    VmState,
)
from .preconditions import (
    hardware_needs,
    notes,
    only_in_scope,
    refused_adapters,
    refused_api,
    refused_by_host,
    refused_hardware,
    refused_reservations,
    refused_sizes,
    refused_udp_rss,
)
from .settings import CONFLICTS, changed_settings, released_settings
from .switch_modes import judge_switch_modes

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Dataplane


def plan_vm(
    state: VmState,
    dataplane: Dataplane,
    networks: t.Mapping[str, t.Sequence[Network]],
    options: PlanOptions = WHOLE,
) -> ChangeSet:
    """The changes that bring the VM to its description. networks: all port groups by name.

    Raises NfvError with every reason why that is impossible.
    """
    _refuse_template(state)
    current = state.settings.get(HARDWARE_VERSION)
    hardware = current if isinstance(current, int) else None
    if options.upgrade_hardware and hardware is not None:
        hardware = max(hardware, dataplane.hardware_version or 0)
    wanted = only_in_scope(desired_settings(dataplane, state, hardware), options.scope)
    adapters = _plan_adapters(state, dataplane, networks, options)
    errors = list(adapters.errors)
    needs = hardware_needs(dataplane, wanted, state, options.scope)
    needed = max(needs.values(), default=0)
    if isinstance(current, int) and needed > current:
        if options.upgrade_hardware:
            wanted[HARDWARE_VERSION] = hardware = needed
        else:
            errors.append(refused_hardware(state, needs, current))
    changes = changed_settings(state.settings, wanted) + adapters.changes
    final = {**state.settings, **wanted}
    errors += refused_sizes(state, dataplane, options.scope)
    errors += refused_api(state, changes)
    errors += refused_reservations(state, final, dataplane.adapters, _left_sriov(state, adapters))
    errors += refused_by_host(state, dataplane, wanted)
    unsuitable: list[str] = []
    if options.scope in (ALL, ADAPTERS):
        errors += refused_adapters(state, dataplane, adapters.networks, final)
        errors += refused_udp_rss(state, dataplane)
        refused, unsuitable = judge_switch_modes(state, dataplane, adapters.networks, wanted, options.scope)
        errors += refused
    if errors:
        raise _all_of(state, errors)
    warnings = (*adapters.warnings, *unsuitable, *notes(dataplane, hardware, options.scope), *conflicts(state))
    return _change_set(state, changes, adapters, warnings)


def plan_release(state: VmState, dataplane: Dataplane | None = None, options: PlanOptions = WHOLE) -> ChangeSet:
    """The changes that give back what the VM holds on its host; its size and adapters stay.

    dataplane: the adapters that it describes go back to vSphere's defaults.
    Raises NfvError for a memory reservation that another setting of the VM still needs.
    """
    _refuse_template(state)
    released = released_settings(options.scope)
    passthrough = [adapter.label for adapter in state.adapters if adapter.type == SRIOV]
    errors = refused_reservations(state, {**state.settings, **released}, passthrough=passthrough)
    if errors and options.scope in (ALL, HUGEPAGES):
        raise _all_of(state, errors)
    changes = changed_settings(state.settings, released)
    adapters = AdapterPlan()
    if dataplane is not None and options.scope in (ALL, ADAPTERS):
        adapters = release_adapters(dataplane.adapters, state)
    return _change_set(state, changes + adapters.changes, adapters, ())


def conflicts(state: VmState) -> tuple[str, ...]:
    """A warning for each of the VM's advanced keys that works against a polled data plane."""
    return tuple(
        f"{key} is {value}: {why}; left as it is"
        for key, value in sorted(state.advanced.items())
        for pattern, why in CONFLICTS.items()
        if fnmatch.fnmatchcase(key.lower(), pattern.lower())
    )


def _plan_adapters(
    state: VmState, dataplane: Dataplane, networks: t.Mapping[str, t.Sequence[Network]], options: PlanOptions
) -> AdapterPlan:
    if options.scope not in (ALL, ADAPTERS):
        return AdapterPlan()
    return plan_adapters(dataplane.adapters, state, networks, options)


def _left_sriov(state: VmState, plan: AdapterPlan) -> list[str]:
    """The labels of the SR-IOV adapters that the VM keeps."""
    gone = {action.key for action in plan.actions} | {adapter.key for adapter in plan.removals}
    return [adapter.label for adapter in state.adapters if adapter.type == SRIOV and adapter.key not in gone]


def _change_set(
    state: VmState, changes: tuple[Change, ...], adapters: AdapterPlan, warnings: tuple[str, ...]
) -> ChangeSet:
    return ChangeSet(
        state.name,
        state.moid,
        state.change_version,
        changes,
        adapters.actions,
        warnings,
        adapters.keys,
        adapters.removals,
    )


def _all_of(state: VmState, errors: t.Sequence[NfvError]) -> NfvError:
    """One error for all of them; the details have each one."""
    return joined(errors, {"problems": [error.result() for error in errors]}, f"problems of {state.name}")


def predict(state: VmState, plan: ChangeSet) -> VmState:
    """The VM after the plan, except for what vSphere decides itself, such as addresses of new adapters."""
    settings = {**state.settings, **{change.setting: change.after for change in plan.settings}}
    advanced = {key: value for key, value in state.advanced.items() if plan.adapter_keys.get(key, value) is not None}
    advanced.update({key: value for key, value in plan.adapter_keys.items() if value is not None})
    actions = {action.key: action for action in plan.adapter_actions}
    removed = {adapter.key for adapter in plan.removals}
    adapters = [
        _predicted(adapter, actions[adapter.key]) if adapter.key in actions else adapter
        for adapter in state.adapters
        if adapter.key not in removed
    ]
    adapters += [
        _predicted(AdapterState(action.key, label_of(action.key), VMXNET3, "", "", None, None, False, True), action)
        for action in plan.adapter_actions
        if action.current is None
    ]
    ordered = sorted(adapters, key=lambda adapter: adapter.key)
    return dataclasses.replace(state, settings=settings, advanced=advanced, adapters=tuple(ordered))


def _predicted(adapter: AdapterState, action: AdapterAction) -> AdapterState:
    return dataclasses.replace(
        adapter,
        type=VMXNET3,
        mac=action.mac or "",
        address_type=action.address_type,
        network=action.network.name,
        network_key=action.network.key,
        switch=action.network.switch,
        fields={**adapter.fields, **action.fields},
    )


def adapter_facts(state: VmState, dataplane: Dataplane | None) -> list[dict[str, t.Any]]:
    """The VM's adapters as plain data: first the described ones, with name and driver, then all others."""
    wanted = dataplane.adapters if dataplane is not None else ()
    found = match_adapters(wanted, state.adapters)
    facts = [
        _facts(state, found[adapter.name], adapter.name, adapter.driver) for adapter in wanted if adapter.name in found
    ]
    taken = {adapter.key for adapter in found.values()}
    return facts + [_facts(state, adapter, None, None) for adapter in state.adapters if adapter.key not in taken]


def _facts(state: VmState, adapter: AdapterState, name: str | None, driver: str | None) -> dict[str, t.Any]:
    return {
        "name": name,
        "network": adapter.network,
        "label": adapter.label,
        "key": adapter.key,
        "type": adapter.type,
        "mac": adapter.mac,
        "driver": driver,
        "connected": adapter.connected,
        "settings": adapter_values(adapter, state.advanced),
    }


def _refuse_template(state: VmState) -> None:
    if state.template:
        raise NfvError(
            ErrorCode.VM_IS_TEMPLATE,
            state.name,
            "it is a template, and a template's hardware is never changed",
            "Name a VM made from it instead",
        )
