# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration of Open vSwitch with DPDK, and the transaction that leads from one to another. Pure."""

from __future__ import annotations

import dataclasses
import typing as t

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
# ovs-vswitchd reads all other keys once, when it initialises DPDK.
LIVE_KEYS = ("pmd-cpu-mask",)
# Marks the bridges that this collection made. No other bridge is ever changed or removed.
OWNER_KEY = "nfv-vsphere-dpdk"


@dataclasses.dataclass(frozen=True)
class BridgePort:
    """A port of a bridge."""

    name: str
    """Name of port and interface."""
    kind: str
    """The interface's type in OVS."""
    number: int
    """OpenFlow port number."""
    options: tuple[tuple[str, str], ...]
    """The interface's options, sorted by name."""
    mtu: int | None = None
    """Largest IP packet in bytes; None for OVS' default, 1500."""

    def shown(self) -> dict[str, t.Any]:
        """The port as a diff shows it."""
        return {"type": self.kind, "number": self.number, "mtu": self.mtu, **dict(self.options)}


@dataclasses.dataclass(frozen=True)
class Bridge:
    """A bridge in the userspace datapath."""

    name: str
    """Name of the bridge."""
    fail_mode: str
    """``secure``, ``standalone``, or empty while not set."""
    ports: tuple[BridgePort, ...]
    """The ports, sorted by name."""
    owned: bool = True
    """Whether this collection made the bridge."""
    datapath: str = "netdev"
    """The bridge's datapath type."""

    def shown(self) -> dict[str, t.Any]:
        """The bridge as a diff shows it."""
        return {"fail_mode": self.fail_mode, "ports": {port.name: port.shown() for port in self.ports}}


@dataclasses.dataclass(frozen=True)
class SwitchConfiguration:
    """The part of the switch's configuration that this collection manages."""

    other_config: t.Mapping[str, str]
    """The settings among OWNED_KEYS that are set."""
    bridges: tuple[Bridge, ...]
    """All bridges, those of others included."""

    def bridge(self, name: str) -> Bridge | None:
        """The bridge of that name."""
        return next((bridge for bridge in self.bridges if bridge.name == name), None)

    def shown(self) -> dict[str, t.Any]:
        """The configuration as a diff shows it."""
        return {
            "other_config": dict(sorted(self.other_config.items())),
            "bridges": {bridge.name: bridge.shown() for bridge in self.bridges if bridge.owned},
        }


def transaction(current: SwitchConfiguration, desired: SwitchConfiguration) -> list[tuple[str, ...]]:
    """The commands of ovs-vsctl, for one transaction, that lead from current to desired.

    Raises NfvError ``bridge_not_ours`` if somebody else made a bridge of a desired name.
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
                "exists, and this collection did not make it",
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


def _port(port: BridgePort) -> list[tuple[str, ...]]:
    options = tuple(f"options:{key}={value}" for key, value in port.options)
    mtu = () if port.mtu is None else (f"mtu_request={port.mtu}",)
    return [
        ("clear", "Interface", port.name, "options"),
        ("clear", "Interface", port.name, "mtu_request"),
        ("set", "Interface", port.name, f"type={port.kind}", f"ofport_request={port.number}", *mtu, *options),
    ]


def needs_restart(current: t.Mapping[str, str], desired: t.Mapping[str, str]) -> list[str]:
    """The settings that differ and that ovs-vswitchd reads only when it starts."""
    keys = [key for key in OWNED_KEYS if key not in LIVE_KEYS]
    return [key for key in keys if current.get(key) != desired.get(key)]
