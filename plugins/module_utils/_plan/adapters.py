# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which adapter of a VM is which of its description, and what is done to each."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._errors import NfvError

from .model import VMXNET3, AdapterAction, AdapterState, Change, Network, VmState

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Adapter

# Emulated and paravirtual types that a VMXNET3 adapter can stand in for; passthrough is not given up silently.
CONVERTIBLE: t.Final = ("e1000", "e1000e", "vlance", "vmxnet", "vmxnet2")


@dataclasses.dataclass(frozen=True)
class AdapterPlan:
    """What the adapters of one VM need, as actions for vSphere and as changes for people."""

    actions: tuple[AdapterAction, ...]
    changes: tuple[Change, ...]
    warnings: tuple[str, ...]


def match_adapters(wanted: t.Sequence[Adapter], current: t.Sequence[AdapterState]) -> dict[str, AdapterState]:
    """Finds each described adapter among those of the VM; by name, those not found left out.

    A MAC address decides; without one it is the port group. Several adapters of one port group are taken in the order
    of their keys. The order of the lists alone never decides, so an adapter on another port group is never taken.
    """
    found: dict[str, AdapterState] = {}
    free = sorted(current, key=lambda adapter: adapter.key)
    for by_mac in (True, False):
        for adapter in wanted:
            if adapter.name in found:
                continue
            for candidate in free:
                if (candidate.mac == adapter.mac) if by_mac else (candidate.network == adapter.network):
                    found[adapter.name] = candidate
                    free.remove(candidate)
                    break
    return found


def plan_adapters(
    wanted: t.Sequence[Adapter], state: VmState, networks: t.Mapping[str, t.Sequence[Network]]
) -> AdapterPlan:
    """Compares described adapters with those of the VM; adapters that no description names are left alone.

    networks: every port group by name. Raises NfvError for a port group that is missing or not unique, an adapter
    that cannot be converted, and a MAC address that vSphere keeps for itself.
    """
    found = match_adapters(wanted, state.adapters)
    steps = [
        _plan_adapter(
            adapter, found.get(adapter.name), _network(adapter, found.get(adapter.name), state, networks), state
        )
        for adapter in wanted
    ]
    taken = {adapter.key for adapter in found.values()}
    warnings = [
        f"{adapter.label} ({adapter.network or 'no port group'}, {adapter.mac}) is in no description and left alone"
        for adapter in state.adapters
        if adapter.key not in taken
    ]
    warnings += [
        f"{found[adapter.name].label} ({adapter.name}) is not connected at power on; left so"
        for adapter in wanted
        if adapter.name in found and not found[adapter.name].start_connected
    ]
    # New adapters get the lowest free keys in the order given: replaced ones first, by their old keys, keeps the order.
    actions = sorted(
        (action for action, _changes in steps if action is not None),
        key=lambda action: (action.current is None, action.current.key if action.current else 0),
    )
    return AdapterPlan(
        tuple(actions), tuple(change for _action, changes in steps for change in changes), tuple(warnings)
    )


def _plan_adapter(
    wanted: Adapter, current: AdapterState | None, network: Network, state: VmState
) -> tuple[AdapterAction | None, tuple[Change, ...]]:
    path = f"adapters.{wanted.name}"
    if current is None:
        address_type = "manual" if wanted.mac else "assigned"
        _refuse_reserved_mac(wanted, state)
        action = AdapterAction("add", wanted.name, None, network, wanted.mac, address_type)
        return action, (Change(path, None, f"{VMXNET3} on {network.name}", False),)
    changes = []
    if current.type != VMXNET3:
        if current.type not in CONVERTIBLE:
            raise NfvError(
                "adapter_not_convertible",
                state.name,
                f"{current.label} ({wanted.name}) is of type {current.type}, which is not converted to VMXNET3",
                "Remove it, or describe another adapter",
            )
        changes.append(Change(f"{path}.type", current.type, VMXNET3, True))
    if current.network != network.name or current.network_key not in (None, network.key):
        changes.append(Change(f"{path}.network", current.network, network.name, False))
    mac, address_type = current.mac, current.address_type
    if wanted.mac is not None and wanted.mac != current.mac:
        _refuse_reserved_mac(wanted, state)
        changes.append(Change(f"{path}.mac", current.mac, wanted.mac, True))
        mac, address_type = wanted.mac, "manual"
    if not changes:
        return None, ()
    operation = "replace" if current.type != VMXNET3 else "edit"
    # A kept address keeps its type: one that vCenter assigned may not be set as a manual one (below), and the server
    # honours it as assigned (API reference, VirtualEthernetCard.macAddress).
    return AdapterAction(operation, wanted.name, current, network, mac, address_type), tuple(changes)


def _refuse_reserved_mac(wanted: Adapter, state: VmState) -> None:
    """vSphere Networking, "Static MAC addresses": of 00:50:56 only 00:00:00 to 3f:ff:ff may be set by hand."""
    if wanted.mac is not None and wanted.mac.startswith("00:50:56:") and int(wanted.mac[9:11], 16) > 0x3F:
        raise NfvError(
            "mac_reserved",
            state.name,
            f"adapter {wanted.name} asks for {wanted.mac}, from the range that vSphere assigns itself",
            "Use 00:50:56:00:00:00 to 00:50:56:3f:ff:ff, or leave mac out",
        )


def _network(
    wanted: Adapter, current: AdapterState | None, state: VmState, networks: t.Mapping[str, t.Sequence[Network]]
) -> Network:
    candidates = networks.get(wanted.network, ())
    if not candidates:
        raise NfvError(
            "network_not_found",
            state.name,
            f"port group {wanted.network} of adapter {wanted.name} was not found",
            "Create it, or correct the adapter's network",
        )
    if len(candidates) > 1:
        # The one that the adapter is on already is the one that is meant.
        kept = [network for network in candidates if current is not None and network.key == current.network_key]
        if len(kept) != 1:
            raise NfvError(
                "network_not_unique",
                state.name,
                f"{len(candidates)} port groups are called {wanted.network}, the network of adapter {wanted.name}",
                "Set datacenter, or rename them",
            )
        return kept[0]
    return candidates[0]
