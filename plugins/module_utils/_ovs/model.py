# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Open vSwitch with DPDK: what a switch should be, and the one transaction that makes it so. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import cpu_mask, parse_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

# The keys of Open_vSwitch.other_config that this collection sets (ovs-vswitchd.conf.db(5), "DPDK configuration").
OWNED_KEYS = (
    "dpdk-alloc-mem",
    "dpdk-extra",
    "dpdk-init",
    "dpdk-lcore-mask",
    "dpdk-socket-mem",
    "per-port-memory",
    "pmd-cpu-mask",
)
# All the others are read once, when ovs-vswitchd initialises DPDK.
LIVE_KEYS = ("pmd-cpu-mask",)
# Put on bridges that this collection made: no other bridge is ever changed or removed.
OWNER_KEY = "nfv-vsphere-dpdk"


@dataclasses.dataclass(frozen=True)
class Port:
    """A port of a bridge; number is its OpenFlow port number, mtu in bytes of IP packet (None: 1500)."""

    name: str
    kind: str
    number: int
    options: tuple[tuple[str, str], ...]
    mtu: int | None = None

    def shown(self) -> dict[str, t.Any]:
        """The port as it stands in a diff."""
        return {"type": self.kind, "number": self.number, "mtu": self.mtu, **dict(self.options)}


@dataclasses.dataclass(frozen=True)
class Bridge:
    """A userspace (netdev) bridge; owned tells whether this collection made it."""

    name: str
    fail_mode: str
    ports: tuple[Port, ...]
    owned: bool = True
    datapath: str = "netdev"

    def shown(self) -> dict[str, t.Any]:
        """The bridge as it stands in a diff."""
        return {"fail_mode": self.fail_mode, "ports": {port.name: port.shown() for port in self.ports}}


@dataclasses.dataclass(frozen=True)
class Switch:
    """The part of the switch's configuration that this collection looks after."""

    other_config: t.Mapping[str, str]
    bridges: tuple[Bridge, ...]

    def bridge(self, name: str) -> Bridge | None:
        """The bridge of that name."""
        return next((bridge for bridge in self.bridges if bridge.name == name), None)

    def shown(self) -> dict[str, t.Any]:
        """The switch as it stands in a diff."""
        return {
            "other_config": dict(sorted(self.other_config.items())),
            "bridges": {bridge.name: bridge.shown() for bridge in self.bridges if bridge.owned},
        }


def other_config(polling: str, housekeeping: str, hugepages: t.Sequence[t.Mapping[str, t.Any]]) -> dict[str, str]:
    """DPDK's settings without the devices: cores from CPU lists, memory from hugepage pools.

    hugepages: pools of {size_kb, count, node}. DPDK gets three quarters of them at once, in whole pages, and may take
    more later; the rest is for a second process such as dpdk-testpmd. With per-port memory a port's pool of
    buffers is computed from its queues (OVS, "DPDK memory": at least 16384 buffers, about 50 MB at MTU 1500)
    instead of 262144 buffers at once, which no small guest has room for.
    """
    settings = {"dpdk-init": "true", "per-port-memory": "true"}
    settings["pmd-cpu-mask"] = _mask("polling_cpus", polling)
    settings["dpdk-lcore-mask"] = _mask("housekeeping_cpus", housekeeping)
    nodes = {pool.get("node") for pool in hugepages}
    if nodes == {None}:
        settings["dpdk-alloc-mem"] = str(sum(_share_mb(pool) for pool in hugepages))
    else:
        by_node = {node: sum(_share_mb(pool) for pool in hugepages if pool.get("node") == node) for node in nodes}
        last = max((node for node in nodes if node is not None), default=0)
        settings["dpdk-socket-mem"] = ",".join(str(by_node.get(node, 0)) for node in range(last + 1))
    return settings


def _mask(name: str, cpus: str) -> str:
    """The mask of a CPU list that names at least one CPU."""
    numbers = parse_cpu_list(cpus)
    if not numbers:
        raise NfvError(ErrorCode.VALUE_MALFORMED, name, f"{cpus!r} is not a CPU list", 'Give one such as "1" or "2-3".')
    return cpu_mask(numbers)


def _share_mb(pool: t.Mapping[str, t.Any]) -> int:
    size_kb, count = int(pool["size_kb"]), int(pool["count"])
    return max(1, count * 3 // 4) * size_kb // 1024


def allow_list(bridges: t.Iterable[Bridge]) -> str:
    """The EAL's -a arguments for exactly the devices of our ports: DPDK then never touches another one."""
    options = [dict(port.options) for bridge in bridges for port in bridge.ports if port.kind == "dpdk"]
    return " ".join(f"-a {option['dpdk-devargs']}" for option in options)


def transaction(current: Switch, desired: Switch) -> list[tuple[str, ...]]:
    """The ovs-vsctl commands, all for one transaction, that lead from current to desired; none when they agree.

    Raises NfvError ``bridge_not_ours`` when a bridge of that name was made by somebody else.
    """
    commands = _settings(current.other_config, desired.other_config)
    for bridge in current.bridges:
        if bridge.owned and desired.bridge(bridge.name) is None:
            commands.append(("del-br", bridge.name))
    for bridge in desired.bridges:
        known = current.bridge(bridge.name)
        if known is not None and not known.owned:
            raise NfvError(
                ErrorCode.BRIDGE_NOT_OURS,
                bridge.name,
                "exists and was not made by this collection, so it is left alone",
                f"Choose another name, or remove it: ovs-vsctl del-br {bridge.name}.",
            )
        commands += _bridge(known, bridge)
    return commands


def _settings(current: t.Mapping[str, str], desired: t.Mapping[str, str]) -> list[tuple[str, ...]]:
    gone = [key for key in OWNED_KEYS if key in current and key not in desired]
    new = [key for key in OWNED_KEYS if key in desired and current.get(key) != desired[key]]
    commands = [("remove", "Open_vSwitch", ".", "other_config", key) for key in gone]
    return commands + [("set", "Open_vSwitch", ".", f"other_config:{key}={desired[key]}") for key in new]


def _bridge(current: Bridge | None, desired: Bridge) -> list[tuple[str, ...]]:
    commands: list[tuple[str, ...]] = []
    if current is None:
        commands.append(("add-br", desired.name))
        current = Bridge(desired.name, "", ())
    if (current.fail_mode, current.datapath) != (desired.fail_mode, desired.datapath):
        settings = (f"datapath_type={desired.datapath}", f"fail_mode={desired.fail_mode}")
        commands.append(("set", "Bridge", desired.name, *settings, f"external_ids:{OWNER_KEY}=true"))
    known = {port.name: port for port in current.ports}
    wanted = {port.name for port in desired.ports}
    commands += [("del-port", desired.name, name) for name in known if name not in wanted]
    for port in desired.ports:
        if port.name not in known:
            commands.append(("add-port", desired.name, port.name))
        if known.get(port.name) != port:
            commands += _port(port)
    return commands


def _port(port: Port) -> list[tuple[str, ...]]:
    options = tuple(f"options:{key}={value}" for key, value in port.options)
    mtu = () if port.mtu is None else (f"mtu_request={port.mtu}",)
    return [
        ("clear", "Interface", port.name, "options"),
        ("clear", "Interface", port.name, "mtu_request"),
        ("set", "Interface", port.name, f"type={port.kind}", f"ofport_request={port.number}", *mtu, *options),
    ]


def needs_restart(current: t.Mapping[str, str], desired: t.Mapping[str, str]) -> list[str]:
    """The settings that differ and that a running ovs-vswitchd with DPDK takes up only when it starts again."""
    keys = [key for key in OWNED_KEYS if key not in LIVE_KEYS]
    return [key for key in keys if current.get(key) != desired.get(key)]
