# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares the described mode of the host's switch with the modes that the host reports.

A wrong mode is an error where it decides a setting of the VM, because the VM would hold cores or a node for nothing, or
lack them. Where it decides none, the VM is the same in either mode, and a warning tells.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

from .desired import desired_settings
from .networks import switch_mode_of, switch_of
from .settings import BY_NAME, in_scope, same

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Dataplane

    from .model import Network, Value, VmState

# The settings whose value follows from the mode.
DECIDED: t.Final = ("cpu.system_contexts", "numa.node_affinity")


def judge_switch_modes(
    state: VmState, dataplane: Dataplane, networks: t.Mapping[str, Network], wanted: t.Mapping[str, Value], scope: str
) -> tuple[list[NfvError], list[str]]:
    """Errors and warnings for each switch of polled adapters whose mode is not the described one.

    networks: the port groups by the names of the adapters; wanted: the settings of the VM within ``scope``. A mode that
    vSphere does not report is not compared.
    """
    errors, warnings = [], []
    for (switch, mode), names in _differing(state, dataplane, networks).items():
        found = (
            f"switch_mode is {dataplane.switch_mode}, but switch {switch} of adapter {', '.join(names)} runs in mode"
            f" {mode} on host {state.host}"
        )
        decided = _decided(state, dataplane, wanted, mode, scope)
        if decided:
            attempted = f"{found}, and the mode decides {' and '.join(decided)}"
            remedy = f"Set switch_mode to {mode}, or move the VM to a host in the described mode"
            errors.append(NfvError(ErrorCode.SWITCH_MODE_DIFFERS, state.name, attempted, remedy))
        else:
            warnings.append(f"{found}; no setting of this VM depends on the mode")
    return errors, warnings


def _differing(
    state: VmState, dataplane: Dataplane, networks: t.Mapping[str, Network]
) -> dict[tuple[str, str], list[str]]:
    """The names of the polled adapters by switch and mode, where the mode is not the described one."""
    found: dict[tuple[str, str], list[str]] = {}
    for adapter in dataplane.adapters:
        network = networks.get(adapter.name)
        mode = switch_mode_of(network, state) if network is not None and adapter.driver == "pmd" else None
        if network is not None and mode not in (None, dataplane.switch_mode):
            found.setdefault((switch_of(network, state) or network.name, str(mode)), []).append(adapter.name)
    return found


def _decided(
    state: VmState, dataplane: Dataplane, wanted: t.Mapping[str, Value], mode: str, scope: str
) -> tuple[str, ...]:
    """The settings that would be others in the given mode. What a description leaves to the VM stays as it is."""
    other = desired_settings(dataclasses.replace(dataplane, switch_mode=mode), state, None)
    kept = state.settings.get
    return tuple(
        name
        for name in DECIDED
        if in_scope(BY_NAME[name], scope) and not same(wanted.get(name, kept(name)), other.get(name, kept(name)))
    )
