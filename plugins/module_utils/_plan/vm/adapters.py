# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans what is done to each of a VM's adapters."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

from .adapter_settings import ADAPTER_SETTINGS, changed_adapter_settings, desired_adapter, key_name
from .matching import match_adapters
from .model import (
    CONVERTIBLE,
    FIRST_ADAPTER_KEY,
    SRIOV,
    VMXNET3,
    WHOLE,
    AdapterAction,
    AdapterState,
    Change,
    Network,
    PlanOptions,
    Value,
    VmState,
)
from .networks import Networks, network_of

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Adapter

# Configuration maximum of a VM in vSphere 8.
MAX_ADAPTERS: t.Final = 10


@dataclasses.dataclass(frozen=True)
class AdapterPlan:
    """What is done to the adapters of one VM."""

    actions: tuple[AdapterAction, ...] = ()
    """What is done to each adapter that changes."""
    changes: tuple[Change, ...] = ()
    """The actions as reports show them."""
    warnings: tuple[str, ...] = ()
    """What is left as it is although it may be wrong, one sentence each."""
    keys: t.Mapping[str, str | None] = dataclasses.field(default_factory=dict)
    """Keys of extraConfig to write; None removes the key."""
    removals: tuple[AdapterState, ...] = ()
    """Adapters to remove."""
    errors: tuple[NfvError, ...] = ()
    """Why the description cannot be carried out."""
    networks: t.Mapping[str, Network] = dataclasses.field(default_factory=dict)
    """The port group of each described adapter, by the adapter's name; without those in errors."""


def plan_adapters(
    wanted: t.Sequence[Adapter],
    state: VmState,
    networks: Networks,
    options: PlanOptions = WHOLE,
) -> AdapterPlan:
    """Compares the described adapters with those of the VM. networks: all port groups by name.

    Errors are collected for port groups that are missing, not unique or not offered by the VM's host, adapters that
    cannot be converted, MAC addresses that vSphere reserves, and more adapters than a VM can have.
    """
    found = match_adapters(wanted, state.adapters)
    taken = {adapter.key for adapter in found.values()}
    unmanaged = [adapter for adapter in state.adapters if adapter.key not in taken]
    removals = tuple(unmanaged) if options.remove_unmanaged_adapters else ()
    errors = _too_many(wanted, state, found, removals)
    keys = _keys(wanted, state, found)
    errors += _mistaken(wanted, state, found, keys, unmanaged)
    steps = []
    chosen: dict[str, Network] = {}
    for adapter in wanted:
        current = found.get(adapter.name)
        try:
            chosen[adapter.name] = network = network_of(adapter, current, state, networks)
            steps.append(_plan_adapter(adapter, current, network, state, options, keys[adapter.name]))
        except NfvError as error:
            errors.append(error)
    # New adapters get the lowest free keys in the order given: replaced ones first, by their old keys, keeps the order.
    actions = sorted(
        (step.action for step in steps if step.action is not None), key=lambda action: (not action.current, action.key)
    )
    advanced = {key: value for step in steps for key, value in step.keys.items()}
    advanced.update(_keys_of_removed(removals, state))
    changes = [change for step in steps for change in step.changes]
    changes += [
        Change(f"adapters.{each.label}", _shown(each.type, each.network), None, _cold(state)) for each in removals
    ]
    return AdapterPlan(
        tuple(actions),
        tuple(changes),
        tuple(_warnings(wanted, found, () if removals else unmanaged)),
        advanced,
        removals,
        tuple(errors),
        chosen,
    )


@dataclasses.dataclass(frozen=True)
class _Step:
    """What one described adapter needs."""

    action: AdapterAction | None
    """What is done to the adapter, None when it stays as it is."""
    changes: tuple[Change, ...]
    """The action as reports show it."""
    keys: t.Mapping[str, str | None]
    """Keys of extraConfig to write; None removes the key."""


def _plan_adapter(
    wanted: Adapter, current: AdapterState | None, network: Network, state: VmState, options: PlanOptions, key: int
) -> _Step:
    path = f"adapters.{wanted.name}"
    settings = desired_adapter(wanted)
    kept = current if current is not None and current.type == VMXNET3 else None
    tuned = changed_adapter_settings(path, settings, kept, key, state.advanced)
    keys = _written_keys(tuned, settings, key, fresh=kept is None)
    fields = _written_fields(path, tuned)
    if current is None:
        address_type = "manual" if wanted.mac else "assigned"
        _refuse_reserved_mac(wanted, state)
        _refuse_unknown_label(wanted, state, key)
        action = AdapterAction("add", wanted.name, None, network, wanted.mac, address_type, key, fields)
        return _Step(action, (Change(path, None, _shown(VMXNET3, network.name), _cold(state)), *tuned), keys)
    changes = []
    if current.type != VMXNET3:
        _refuse_unconvertible(wanted, current, state, options)
        changes.append(Change(f"{path}.type", current.type, VMXNET3, True))
    if current.network != network.name or current.network_key not in (None, network.key):
        changes.append(Change(f"{path}.network", current.network, network.name, False))
    mac, address_type = current.mac, current.address_type
    if wanted.mac is not None and wanted.mac != current.mac:
        _refuse_reserved_mac(wanted, state)
        changes.append(Change(f"{path}.mac", current.mac, wanted.mac, True))
        mac, address_type = wanted.mac, "manual"
    operation = "replace" if current.type != VMXNET3 else "edit"
    # A kept address keeps its type: one that vCenter assigned may not be set as a manual one (below), and the server
    # honours it as assigned (API reference, VirtualEthernetCard.macAddress).
    action = AdapterAction(operation, wanted.name, current, network, mac, address_type, key, fields)
    return _Step(action if changes or fields else None, (*changes, *tuned), keys)


def _cold(state: VmState) -> bool:
    """Whether adapters come and go only while the VM is off (vSphere Networking, "SR-IOV, availability")."""
    return any(adapter.type == SRIOV for adapter in state.adapters)


def _refuse_unconvertible(wanted: Adapter, current: AdapterState, state: VmState, options: PlanOptions) -> None:
    if current.type in CONVERTIBLE or (current.type == SRIOV and options.replace_sriov_adapters):
        return
    remedy = "Remove it, or describe another adapter"
    if current.type == SRIOV:
        remedy = "Set replace_sriov_adapters to replace it by VMXNET3 (docs/sriov.md), or describe another adapter"
    raise NfvError(
        ErrorCode.ADAPTER_NOT_CONVERTIBLE,
        state.name,
        f"{current.label} ({wanted.name}) is of type {current.type}, which is not converted to VMXNET3",
        remedy,
    )


def _written_keys(
    tuned: t.Sequence[Change], settings: t.Mapping[str, Value], key: int, fresh: bool
) -> dict[str, str | None]:
    """The keys of extraConfig to write. fresh: with the old adapter vSphere may remove them, so all are written."""
    changed = {change.setting.rsplit(".", 1)[-1] for change in tuned}
    written: dict[str, str | None] = {}
    for setting in ADAPTER_SETTINGS:
        value = settings.get(setting.name)
        if setting.advanced_key is not None and (setting.name in changed or (fresh and value is not None)):
            written[key_name(setting, key)] = None if value is None else str(value)
    return written


def _written_fields(path: str, tuned: t.Sequence[Change]) -> dict[str, Value]:
    fields = {setting.name for setting in ADAPTER_SETTINGS if setting.field is not None}
    changed = {change.setting.removeprefix(f"{path}."): change.after for change in tuned}
    return {name: value for name, value in changed.items() if name in fields}


def _keys(wanted: t.Sequence[Adapter], state: VmState, found: t.Mapping[str, AdapterState]) -> dict[str, int]:
    """The device key of each described adapter: its own, or the lowest that is free for a new one."""
    used = {adapter.key for adapter in state.adapters}
    keys = {}
    for adapter in wanted:
        if adapter.name in found:
            keys[adapter.name] = found[adapter.name].key
            continue
        keys[adapter.name] = next(key for key in range(FIRST_ADAPTER_KEY, FIRST_ADAPTER_KEY + 1000) if key not in used)
        used.add(keys[adapter.name])
    return keys


def _keys_of_removed(removals: t.Sequence[AdapterState], state: VmState) -> dict[str, str | None]:
    """The keys of removed adapters, so that the next adapter in their place does not inherit them."""
    named = [key_name(setting, each.key) for each in removals for setting in ADAPTER_SETTINGS if setting.advanced_key]
    return {key: None for key in named if key in state.advanced}


def _too_many(
    wanted: t.Sequence[Adapter],
    state: VmState,
    found: t.Mapping[str, AdapterState],
    removals: t.Sequence[AdapterState],
) -> list[NfvError]:
    count = len(state.adapters) + len(wanted) - len(found) - len(removals)
    if count <= MAX_ADAPTERS or len(wanted) == len(found):
        return []
    return [
        NfvError(
            ErrorCode.ADAPTER_LIMIT_EXCEEDED,
            state.name,
            f"it would have {count} adapters with those that no description names; a VM takes at most {MAX_ADAPTERS}",
            "Set remove_unmanaged_adapters, or describe fewer",
        )
    ]


def _mistaken(
    wanted: t.Sequence[Adapter],
    state: VmState,
    found: t.Mapping[str, AdapterState],
    keys: t.Mapping[str, int],
    unmanaged: t.Sequence[AdapterState],
) -> list[NfvError]:
    """The error for adapters that the next run would take for each other.

    A new adapter gets the lowest free key. Where that is below the key of another one on the same port group which only
    the port group identifies, the order of keys would then turn the two around.
    """
    new = AdapterState(0, "", VMXNET3, "", "", None, None, False, True)
    after = [
        dataclasses.replace(
            found.get(each.name, new),
            key=keys[each.name],
            label=label_of(keys[each.name]),
            type=VMXNET3,
            mac=each.mac or found.get(each.name, new).mac,
            network=each.network,
            switch=each.switch or found.get(each.name, new).switch,
        )
        for each in wanted
    ]
    again = match_adapters(wanted, [*after, *unmanaged])
    mistaken = [name for name, adapter in again.items() if adapter.key != keys[name]]
    if not mistaken:
        return []
    return [
        NfvError(
            ErrorCode.ADAPTER_AMBIGUOUS,
            state.name,
            f"adapters {', '.join(mistaken)} are told apart by their port group only, and the next run would mistake"
            " them: a new adapter comes before one that is there",
            "Give them a label or a mac",
        )
    ]


def _warnings(
    wanted: t.Sequence[Adapter], found: t.Mapping[str, AdapterState], unmanaged: t.Sequence[AdapterState]
) -> list[str]:
    warnings = [
        f"{adapter.label} ({adapter.network or 'no port group'}, {adapter.mac}) is in no description and left alone"
        for adapter in unmanaged
    ]
    warnings += [
        f"{found[adapter.name].label} ({adapter.name}) is not connected at power on; left so"
        for adapter in wanted
        if adapter.name in found and not found[adapter.name].start_connected
    ]
    return warnings


def _shown(kind: str, network: str | None) -> str:
    return f"{kind} on {network or 'no port group'}"


def label_of(key: int) -> str:
    """The label that vSphere gives a new adapter with this key."""
    return f"Network adapter {key - FIRST_ADAPTER_KEY + 1}"


def _refuse_unknown_label(wanted: Adapter, state: VmState, key: int) -> None:
    """vSphere labels adapters itself: a new one with another label would not be found again, and be added each time."""
    if wanted.label is not None and wanted.mac is None and wanted.label.lower() != label_of(key).lower():
        labels = ", ".join(adapter.label for adapter in state.adapters) or "none"
        raise NfvError(
            ErrorCode.LABEL_UNKNOWN,
            state.name,
            f"adapter {wanted.name} has label {wanted.label}; the VM has {labels}, a new one would be {label_of(key)}",
            "Correct the label, or leave it out",
        )


def _refuse_reserved_mac(wanted: Adapter, state: VmState) -> None:
    """vSphere Networking, "Static MAC addresses": of 00:50:56 only 00:00:00 to 3f:ff:ff may be set by hand."""
    if wanted.mac is not None and wanted.mac.startswith("00:50:56:") and int(wanted.mac[9:11], 16) > 0x3F:
        raise NfvError(
            ErrorCode.MAC_RESERVED,
            state.name,
            f"adapter {wanted.name} asks for {wanted.mac}, from the range that vSphere assigns itself",
            "Use 00:50:56:00:00:00 to 00:50:56:3f:ff:ff, or leave mac out",
        )


def release_adapters(wanted: t.Sequence[Adapter], state: VmState) -> AdapterPlan:
    """Puts vSphere's own settings back on the described adapters that are there."""
    actions: list[AdapterAction] = []
    changes: list[Change] = []
    keys: dict[str, str | None] = {}
    defaults = {setting.name: setting.default for setting in ADAPTER_SETTINGS}
    for name, adapter in match_adapters(wanted, state.adapters).items():
        path = f"adapters.{name}"
        kept = adapter if adapter.type == VMXNET3 else None
        tuned = changed_adapter_settings(path, defaults, kept, adapter.key, state.advanced)
        keys.update(_written_keys(tuned, defaults, adapter.key, fresh=False))
        fields = _written_fields(path, tuned)
        changes += tuned
        if fields:
            actions.append(_tuned_only(name, adapter, fields))
    return AdapterPlan(tuple(actions), tuple(changes), keys=keys)


def _tuned_only(name: str, adapter: AdapterState, fields: t.Mapping[str, Value]) -> AdapterAction:
    """An edit that leaves the adapter where it is."""
    network = Network(adapter.network or "", adapter.network_key or "", adapter.network_key or "")
    return AdapterAction("edit", name, adapter, network, adapter.mac, adapter.address_type, adapter.key, fields)
