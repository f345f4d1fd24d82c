# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the adapters of a description among those of a VM."""

from __future__ import annotations

import typing as t

from .model import CONVERTIBLE, VMXNET3, AdapterState

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Adapter


def match_adapters(wanted: t.Sequence[Adapter], current: t.Sequence[AdapterState]) -> dict[str, AdapterState]:
    """The VM's adapters by the name of the described adapter; adapters that do not exist yet are left out.

    The MAC address decides, then the label, otherwise the port group. The place in a list never decides, so an adapter
    on another port group is never taken by mistake.
    """
    found: dict[str, AdapterState] = {}
    free = sorted(current, key=lambda adapter: adapter.key)
    for fits in (_has_mac, _has_label):
        for adapter in wanted:
            candidate = next((each for each in free if fits(adapter, each)), None)
            if adapter.name not in found and candidate is not None:
                found[adapter.name] = candidate
                free.remove(candidate)
    by_network = [adapter for adapter in wanted if adapter.label is None]
    for on_switch in (True, False):
        for network, switch in _port_groups(by_network, on_switch):
            named = [each for each in by_network if each.network == network and each.name not in found]
            if on_switch:
                named = [each for each in named if each.switch == switch]
            candidates = [each for each in free if each.network == network and switch in (None, each.switch)]
            for adapter, candidate in zip(named, _chosen(candidates, len(named))):
                found[adapter.name] = candidate
                free.remove(candidate)
    return found


def _has_mac(adapter: Adapter, candidate: AdapterState) -> bool:
    return candidate.mac == adapter.mac


def _has_label(adapter: Adapter, candidate: AdapterState) -> bool:
    return adapter.label is not None and candidate.label.lower() == adapter.label.lower()


def _port_groups(wanted: t.Sequence[Adapter], on_switch: bool) -> list[tuple[str, str | None]]:
    """The port groups of the described adapters: those that name their switch, or all by their names alone."""
    if on_switch:
        return list(dict.fromkeys((each.network, each.switch) for each in wanted if each.switch is not None))
    return list(dict.fromkeys((each.network, None) for each in wanted))


def _chosen(candidates: t.Sequence[AdapterState], count: int) -> list[AdapterState]:
    """The best of the adapters on one port group, in the order of their device keys.

    VMXNET3 adapters come before those that are converted, and these before SR-IOV adapters. The order is that of the
    keys all the same: it stays as it is when an adapter is converted.
    """
    ranked = sorted(candidates, key=lambda each: (_rank(each), each.key))
    return sorted(ranked[:count], key=lambda each: each.key)


def _rank(adapter: AdapterState) -> int:
    if adapter.type == VMXNET3:
        return 0
    return 1 if adapter.type in CONVERTIBLE else 2
