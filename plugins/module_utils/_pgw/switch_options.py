# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The switch that a PGW's user plane needs, as options of the module ovs_dpdk. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.userspace_drivers import USERSPACE_DRIVERS
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.derive import derive

from .runtime.flows import (
    DEVICE,
    HANDLER,
    HANDLER_PORT,
    SIGNALLING,
    SIGNALLING_PORT,
    TUNNEL,
    TUNNEL_PORT,
)
from .runtime.model import S5U_BRIDGE, SGI_BRIDGE

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Dataplane

Values = t.Mapping[str, t.Any]
# Options of either end that ovs_dpdk takes for a port.
_PORT_OPTIONS = ("mtu", "rx_descriptors", "tx_descriptors")


def switch_options(ends: t.Mapping[str, Values], dataplane: Dataplane, devices: t.Sequence[Values]) -> dict[str, t.Any]:
    """Cores, hugepages, bridges and ports for the ends ``s5u`` and ``sgi``, as pgw_sessions takes them.

    ``devices`` are adapters as dpdk_bind returns them. Raises NfvError ``adapter_not_bound`` for an end whose adapter
    is none of them.
    """
    derived = derive(dataplane)
    known = {device["name"]: device for device in devices}
    queues = {adapter["name"]: adapter["queues"] for adapter in derived["pmd_adapters"]}

    def device_port(end: str) -> dict[str, t.Any]:
        adapter = ends[end]["adapter"]
        if adapter not in known:
            raise _not_bound([adapter])
        return {
            "name": end,
            "number": DEVICE,
            "type": "dpdk",
            "pci_address": known[adapter]["pci_address"],
            "queues": queues.get(adapter, 1),
            **{key: ends[end].get(key) for key in _PORT_OPTIONS},
        }

    tunnel_ports = [
        {"name": TUNNEL_PORT, "number": TUNNEL, "type": "gtpu"},
        {"name": HANDLER_PORT, "number": HANDLER, "type": "internal"},
        {"name": SIGNALLING_PORT, "number": SIGNALLING, "type": "gtpu_signalling"},
    ]
    return {
        "polling_cpus": derived["polling_cpus"],
        "housekeeping_cpus": derived["housekeeping_cpus"],
        "hugepages": derived["hugepages"],
        "bridges": [
            {"name": S5U_BRIDGE, "ports": [device_port("s5u")]},
            {"name": SGI_BRIDGE, "ports": [device_port("sgi"), *tunnel_ports]},
        ],
    }


def require_bound(ends: t.Mapping[str, Values], devices: t.Sequence[Values]) -> None:
    """Raises NfvError ``adapter_not_bound`` unless the adapters of both ends have userspace drivers."""
    bound = {device["name"] for device in devices if device["driver"] in USERSPACE_DRIVERS}
    unbound = [ends[end]["adapter"] for end in ("s5u", "sgi") if ends[end]["adapter"] not in bound]
    if unbound:
        raise _not_bound(unbound)


def _not_bound(adapters: t.Sequence[str]) -> NfvError:
    return NfvError(
        ErrorCode.ADAPTER_NOT_BOUND,
        ", ".join(adapters),
        "must be bound to a userspace driver before Open vSwitch can use it",
        "Run the role nfv.vsphere_dpdk.dpdk_bind, which sets nfv_devices.",
    )
