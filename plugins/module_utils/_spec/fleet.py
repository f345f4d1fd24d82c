# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""VMs with their descriptions as playbooks hold them: lists of ``{name, dataplane}``, not yet checked."""

from __future__ import annotations

import typing as t

Vm = t.Mapping[str, t.Any]

# Keys of a description's section ``placement`` that ask for a host or a node instead of leaving it to the cluster.
_PLACE_KEYS: t.Final = ("hosts", "keep_apart_from", "keep_together_with", "numa")


def asks_for_place(vm: Vm) -> bool:
    """Whether the VM's host and NUMA node must be planned."""
    placement = _placement(vm)
    return any(key in placement for key in _PLACE_KEYS)


def must_keep_features(vm: Vm) -> bool:
    """Whether the description names features of vSphere that the VM must not lose."""
    return bool(_placement(vm).get("must_keep"))


def networks(vms: t.Iterable[Vm]) -> list[str]:
    """The port groups that the VMs' adapters are described in, each once, in the order of the descriptions."""
    adapters = (adapter for vm in vms for adapter in vm["dataplane"].get("adapters") or ())
    return list(dict.fromkeys(adapter["network"] for adapter in adapters))


def _placement(vm: Vm) -> t.Mapping[str, t.Any]:
    return vm["dataplane"].get("placement") or {}
