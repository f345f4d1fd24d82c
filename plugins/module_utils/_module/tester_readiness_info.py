# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module tester_readiness_info does: it looks at a tester and judges what it sees."""

from __future__ import annotations

import ipaddress
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.mac_address import normal_mac
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.run import report
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.machine import ClockAsked
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.tester import (
    InterfaceAsked,
    Neighbour,
    TesterAsked,
    tester_rows,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.tester import read_tester

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.addresses import Runner


def run(module: AnsibleModule) -> None:
    """Ends the module with the rows."""
    report(module, lambda tester: gather(tester.run, module.params))


def gather(run: Runner, params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    """The module's result. Raises NfvError: address_invalid, mac_invalid."""
    asked = TesterAsked(
        params["name"],
        tuple(_interface(f"interfaces[{index}]", each) for index, each in enumerate(params["interfaces"])),
        params["cpus"],
        ClockAsked(params["controller_time"], params["clock_tolerance"], params["clock_latency"]),
    )
    return {"rows": [row.to_dict() for row in tester_rows(read_tester(run, asked.interfaces), asked)]}


def _interface(path: str, raw: t.Mapping[str, t.Any]) -> InterfaceAsked:
    address = raw["address"]
    return InterfaceAsked(
        raw["name"],
        None if not address else _ipv4(f"{path}.address", address),
        raw["mtu"],
        tuple(_neighbour(f"{path}.neighbours[{index}]", each) for index, each in enumerate(raw["neighbours"] or ())),
    )


def _neighbour(path: str, raw: t.Mapping[str, t.Any]) -> Neighbour:
    macs = raw["macs"]
    return Neighbour(
        _ipv4(f"{path}.address", raw["address"]),
        None if macs is None else tuple(_mac(f"{path}.macs", mac) for mac in macs),
        raw["must_answer"],
    )


def _ipv4(path: str, text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(text))
    except ValueError as error:
        raise NfvError(
            ErrorCode.ADDRESS_INVALID, path, f"{text} is no IPv4 address, so nothing was looked at", "Correct it."
        ) from error


def _mac(path: str, text: str) -> str:
    mac = normal_mac(text)
    if mac is None:
        raise NfvError(
            ErrorCode.MAC_INVALID, path, f"{text} is no MAC address, so nothing was looked at", "Correct it."
        )
    return mac
