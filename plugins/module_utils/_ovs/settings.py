# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Open vSwitch's configuration from the options of the module ovs_dpdk. Pure."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import cpu_mask, parse_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

from .model import Bridge, BridgePort, SwitchConfiguration

# "flow": each flow sets the peer's address and TEID (ovs-vswitchd.conf.db(5), "Tunnel Options").
_NODES = 1024  # Linux on x86-64 has no more (CONFIG_NODES_SHIFT)
_TUNNEL_OPTIONS = (("key", "flow"), ("remote_ip", "flow"))


def described_switch(params: t.Mapping[str, t.Any]) -> SwitchConfiguration:
    """The configuration that the options ask for.

    Raises NfvError: value_malformed for a wrong CPU list, value_out_of_range for a NUMA node that cannot be.
    """
    bridges = tuple(
        Bridge(
            bridge["name"],
            bridge["fail_mode"],
            tuple(sorted((_port(port) for port in bridge["ports"]), key=lambda port: port.name)),
        )
        for bridge in params["bridges"]
    )
    settings = other_config(params["polling_cpus"], params["housekeeping_cpus"], params["hugepages"])
    return SwitchConfiguration({**settings, "dpdk-extra": allow_list(bridges)}, bridges)


def other_config(polling: str, housekeeping: str, hugepages: t.Sequence[t.Mapping[str, t.Any]]) -> dict[str, str]:
    """DPDK's settings but for the devices: cores from CPU lists, memory from hugepage pools.

    ``hugepages`` are pools of {size_kb, count, node}. DPDK allocates three quarters of them at once, in whole pages,
    and may take more later; the rest is for a second process such as dpdk-testpmd. With per-port memory, the buffers of
    a port are computed from its queues (OVS, "DPDK memory": at least 16384 buffers, about 50 MB at MTU 1500). Otherwise
    there are 262144 buffers, for which no small guest has room.
    """
    settings = {
        "dpdk-init": "true",
        "per-port-memory": "true",
        "pmd-cpu-mask": _mask("polling_cpus", polling),
        "dpdk-lcore-mask": _mask("housekeeping_cpus", housekeeping),
    }
    nodes = {pool.get("node") for pool in hugepages}
    if nodes == {None}:
        settings["dpdk-alloc-mem"] = str(sum(map(_share_mb, hugepages)))
    else:
        by_node = {node: sum(_share_mb(pool) for pool in hugepages if pool.get("node") == node) for node in nodes}
        last = max((node for node in nodes if node is not None), default=0)
        if not 0 <= last < _NODES:
            message = f"{last} is no NUMA node"
            raise NfvError(ErrorCode.VALUE_OUT_OF_RANGE, "hugepages.node", message, f"Give one from 0 to {_NODES - 1}.")
        settings["dpdk-socket-mem"] = ",".join(str(by_node.get(node, 0)) for node in range(last + 1))
    return settings


def allow_list(bridges: t.Iterable[Bridge]) -> str:
    """The EAL's -a arguments for the devices of the ports, so that DPDK never touches another device."""
    options = [dict(port.options) for bridge in bridges for port in bridge.ports if port.kind == "dpdk"]
    return " ".join(f"-a {option['dpdk-devargs']}" for option in options)


def _mask(option: str, cpus: str) -> str:
    numbers = parse_cpu_list(cpus)
    if not numbers:
        message = f"{cpus!r} is not a CPU list"
        raise NfvError(ErrorCode.VALUE_MALFORMED, option, message, 'Give one such as "1" or "2-3".')
    return cpu_mask(numbers)


def _share_mb(pool: t.Mapping[str, t.Any]) -> int:
    size_kb, count = int(pool["size_kb"]), int(pool["count"])
    return max(1, count * 3 // 4) * size_kb // 1024


def _port(port: t.Mapping[str, t.Any]) -> BridgePort:
    kind: str = port["type"]
    options: dict[str, str] = {}
    if kind == "dpdk":
        options = {"dpdk-devargs": port["pci_address"], "n_rxq": str(port["queues"])}
        rings = {"n_rxq_desc": port["rx_descriptors"], "n_txq_desc": port["tx_descriptors"]}
        options.update({key: str(size) for key, size in rings.items() if size is not None})
    elif kind == "gtpu":
        options = dict(_TUNNEL_OPTIONS)
    elif kind == "gtpu_signalling":
        # OVS leaves a message that is no G-PDU in its Ethernet frame, which a tunnel for IP packets does not take.
        kind, options = "gtpu", {**dict(_TUNNEL_OPTIONS), "packet_type": "ptap"}
    return BridgePort(port["name"], kind, port["number"], tuple(sorted(options.items())), port["mtu"])
