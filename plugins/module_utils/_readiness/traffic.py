# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What applications send on their adapters, where the descriptions of VMs do not say it."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, Problem
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.text import shown
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.reader import Section

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Adapter, Dataplane

# The addresses that an application uses: the adapter's own; another one that it gives the adapter; those of machines
# behind it, as a bridge or an inline IPS does.
OWN: t.Final = "own"
CHANGED: t.Final = "changed"
FOREIGN: t.Final = "foreign"
MACS: t.Final = (OWN, CHANGED, FOREIGN)

# IPv4's smallest MTU (RFC 791), and the largest of a vSphere switch (vSphere Networking, "Jumbo Frames").
MIN_MTU: t.Final = 68
MAX_MTU: t.Final = 9190
# IEEE 802.1Q; 0 is no VLAN and 4095 is reserved.
MIN_VLAN: t.Final = 1
MAX_VLAN: t.Final = 4094


@dataclasses.dataclass(frozen=True)
class Traffic:
    """What one adapter sends and receives."""

    macs: str = OWN
    """Whose MAC addresses, one of MACS."""
    mtu: int = 1500
    """The largest packet in bytes, without its Ethernet header."""
    vlans: tuple[int, ...] = ()
    """VLANs that the guest tags itself; empty when it sends untagged frames."""


@dataclasses.dataclass(frozen=True)
class NetworkUse:
    """One adapter of one VM on a port group."""

    vm: str
    """Name of the VM."""
    adapter: Adapter
    """The adapter as described."""
    traffic: Traffic
    """What is sent over it."""


def read_traffic(
    raw: t.Mapping[str, t.Any], dataplanes: t.Mapping[str, Dataplane]
) -> tuple[dict[str, dict[str, Traffic]], list[Problem]]:
    """Traffic by VM and adapter, and every problem found.

    raw: for each VM's name, a dictionary of adapters with keys ``macs``, ``mtu`` and ``vlans``.
    """
    problems: list[Problem] = []
    found: dict[str, dict[str, Traffic]] = {}
    for vm, adapters in raw.items():
        path = f"traffic.{vm}"
        if not isinstance(adapters, t.Mapping):
            text = f"must be a dictionary of adapters, not {shown(adapters)}"
            problems.append(Problem(path, text, ErrorCode.VALUE_TYPE_WRONG))
            continue
        known = {adapter.name for adapter in dataplanes[vm].adapters} if vm in dataplanes else set()
        for name, entry in adapters.items():
            if name not in known:
                text = f"the description of {vm} has no adapter of this name, only {', '.join(sorted(known)) or 'none'}"
                problems.append(Problem(f"{path}.{name}", text, ErrorCode.ADAPTER_UNKNOWN))
                continue
            traffic = _read(entry, f"{path}.{name}", problems)
            if traffic is not None:
                found.setdefault(vm, {})[name] = traffic
    return found, problems


def _read(raw: t.Any, path: str, problems: list[Problem]) -> Traffic | None:
    section = Section.read(raw, path, problems, (), ("macs", "mtu", "vlans"))
    if section is None:
        return None
    macs = section.choice("macs", MACS, OWN)
    mtu = section.integer("mtu", MIN_MTU, MAX_MTU, 1500)
    entries = section.items("vlans")
    vlans = [Section("", {path: value}, problems).integer(path, MIN_VLAN, MAX_VLAN) for path, value in entries]
    if macs is None or mtu is None:
        return None
    return Traffic(macs, mtu, tuple(vlan for vlan in vlans if vlan is not None))


def uses_of_networks(
    dataplanes: t.Mapping[str, Dataplane], traffic: t.Mapping[str, t.Mapping[str, Traffic]]
) -> dict[tuple[str, str | None], list[NetworkUse]]:
    """The adapters on each port group, by its name and the switch that the descriptions name (None: any)."""
    uses: dict[tuple[str, str | None], list[NetworkUse]] = {}
    for vm, dataplane in dataplanes.items():
        for adapter in dataplane.adapters:
            use = NetworkUse(vm, adapter, traffic.get(vm, {}).get(adapter.name, Traffic()))
            uses.setdefault((adapter.network, adapter.switch), []).append(use)
    return uses
