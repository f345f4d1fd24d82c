# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds the port group of a described adapter. Several may share its name: NSX gives a segment one on every switch."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import STANDARD

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Adapter

    from .model import AdapterState, Network, VmState

Networks = t.Mapping[str, t.Sequence["Network"]]


def network_of(wanted: Adapter, current: AdapterState | None, state: VmState, networks: Networks) -> Network:
    """The port group that is meant: on the described switch, and offered by the VM's host.

    Of several, the one that the adapter is on already. current: the adapter, None when it does not exist yet; networks:
    all port groups by name.

    Raises NfvError: network_not_found, network_not_on_host, network_not_unique.
    """
    named = networks.get(wanted.network, ())
    on_switch = [each for each in named if wanted.switch in (None, switch_of(each, state))]
    if not on_switch:
        raise _not_found(wanted, state, named)
    offered = [each for each in on_switch if _offers(state, each)]
    if not offered:
        raise _not_on_host(wanted, state, on_switch)
    if len(offered) > 1:
        offered = [each for each in offered if current is not None and each.key == current.network_key] or offered
    if len(offered) > 1:
        place = f"host {state.host} offers" if state.host else "there are, for a VM without a host,"
        raise NfvError(
            ErrorCode.NETWORK_NOT_UNIQUE,
            state.name,
            f"{place} {len(offered)} port groups called {wanted.network}, the network of adapter {wanted.name}: on"
            f" {_switches(offered, state)}",
            "Set the adapter's switch, set datacenter, or rename them",
        )
    return offered[0]


def switch_of(network: Network, state: VmState) -> str | None:
    """The name of the port group's switch, on the VM's host where it is a standard switch; None when unknown."""
    if network.switch_uuid is not None or network.opaque_type is not None:
        return network.switch
    return state.host_facts.standard_switches.get(network.name)


def switch_mode_of(network: Network, state: VmState) -> str | None:
    """The mode of the port group's switch on the VM's host, one of SWITCH_MODES; None when vSphere does not report it.

    A standard switch has no other mode than the standard one.
    """
    if network.switch_uuid is not None:
        return state.host_facts.switch_modes.get(network.switch_uuid)
    return STANDARD if network.opaque_type is None else None


def _offers(state: VmState, network: Network) -> bool:
    return state.host is None or network.hosts is None or state.host in network.hosts


def _switches(networks: t.Iterable[Network], state: VmState) -> str:
    return " and ".join(sorted(switch_of(each, state) or "a switch without a known name" for each in networks))


def _not_found(wanted: Adapter, state: VmState, named: t.Sequence[Network]) -> NfvError:
    if not named:
        return NfvError(
            ErrorCode.NETWORK_NOT_FOUND,
            state.name,
            f"port group {wanted.network} of adapter {wanted.name} was not found",
            "Create it, or correct the adapter's network",
        )
    return NfvError(
        ErrorCode.NETWORK_NOT_FOUND,
        state.name,
        f"port group {wanted.network} of adapter {wanted.name} was not found on switch {wanted.switch}; it is on"
        f" {_switches(named, state)}",
        "Correct the adapter's switch, or leave it out",
    )


def _not_on_host(wanted: Adapter, state: VmState, found: t.Sequence[Network]) -> NfvError:
    hosts = sorted({host for each in found for host in each.hosts or ()})
    shown = ", ".join(hosts[:5]) + (f" and {len(hosts) - 5} more" if len(hosts) > 5 else "")
    return NfvError(
        ErrorCode.NETWORK_NOT_ON_HOST,
        state.name,
        f"port group {wanted.network} of adapter {wanted.name} is on {_switches(found, state)}, of which host"
        f" {state.host} is no member",
        f"Add the host to the switch, move the VM to a host that is a member ({shown or 'there is none'}), or correct"
        " the adapter's network or switch",
    )
