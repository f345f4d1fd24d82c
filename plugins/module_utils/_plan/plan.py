# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan for one VM."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._errors import NfvError

from .adapters import match_adapters, plan_adapters
from .model import VMXNET3, AdapterState, ChangeSet, Network, VmState
from .settings import RELEASED, changed_settings, desired_settings

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Dataplane


def plan_vm(state: VmState, dataplane: Dataplane, networks: t.Mapping[str, t.Sequence[Network]]) -> ChangeSet:
    """What brings the VM to its description. networks: every port group by name. Raises NfvError for a refusal."""
    _refuse_template(state)
    changes = changed_settings(state.settings, desired_settings(dataplane, state))
    adapters = plan_adapters(dataplane.adapters, state, networks)
    return ChangeSet(
        state.name, state.moid, state.change_version, changes + adapters.changes, adapters.actions, adapters.warnings
    )


def plan_release(state: VmState) -> ChangeSet:
    """What makes the VM give back what a description lets it hold on its host; its size and adapters stay."""
    _refuse_template(state)
    changes = changed_settings(state.settings, RELEASED)
    return ChangeSet(state.name, state.moid, state.change_version, changes, ())


def predict(state: VmState, plan: ChangeSet) -> VmState:
    """The state after the plan, as far as vSphere does not decide it (keys and addresses of new adapters)."""
    settings = dict(state.settings)
    settings.update({change.setting: change.after for change in plan.settings})
    actions = {action.current.key: action for action in plan.adapter_actions if action.current is not None}
    adapters = [
        dataclasses.replace(
            adapter,
            type=VMXNET3,
            mac=actions[adapter.key].mac or "",
            address_type=actions[adapter.key].address_type,
            network=actions[adapter.key].network.name,
            network_key=actions[adapter.key].network.key,
        )
        if adapter.key in actions
        else adapter
        for adapter in state.adapters
    ]
    # 4000 is the key of a VM's first network adapter.
    key = max([adapter.key for adapter in adapters], default=3999)
    for action in plan.adapter_actions:
        if action.current is None:
            key += 1
            network = action.network
            adapters.append(
                AdapterState(
                    key, "", VMXNET3, action.mac or "", action.address_type, network.name, network.key, False, True
                )
            )
    return dataclasses.replace(state, settings=settings, adapters=tuple(adapters))


def adapter_facts(state: VmState, dataplane: Dataplane | None) -> list[dict[str, t.Any]]:
    """The VM's adapters as plain data, first those of the description in its order, with its names and drivers."""
    wanted = dataplane.adapters if dataplane is not None else ()
    found = match_adapters(wanted, state.adapters)
    facts = [_facts(found[adapter.name], adapter.name, adapter.driver) for adapter in wanted if adapter.name in found]
    taken = {adapter.key for adapter in found.values()}
    return facts + [_facts(adapter, None, None) for adapter in state.adapters if adapter.key not in taken]


def _facts(adapter: AdapterState, name: str | None, driver: str | None) -> dict[str, t.Any]:
    return {
        "name": name,
        "network": adapter.network,
        "label": adapter.label,
        "key": adapter.key,
        "type": adapter.type,
        "mac": adapter.mac,
        "driver": driver,
    }


def _refuse_template(state: VmState) -> None:
    if state.template:
        raise NfvError(
            "vm_is_template", state.name, "a template's hardware was to be changed", "Name a VM made from it instead"
        )
