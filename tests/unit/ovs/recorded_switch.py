# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The configuration that the recorded guest has."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._ovs.model import Bridge, BridgePort, SwitchConfiguration
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._ovs.settings import allow_list, other_config

POOLS = [{"size_kb": 2048, "count": 256, "node": None}]


def dpdk(name: str, number: int, pci_address: str) -> BridgePort:
    return BridgePort(name, "dpdk", number, (("dpdk-devargs", pci_address), ("n_rxq", "1")))


BRIDGES = (
    Bridge("br-s5u", "secure", (dpdk("s5u", 1, "0000:00:05.0"),)),
    Bridge(
        "br-sgi",
        "secure",
        (BridgePort("gtpu", "gtpu", 2, (("key", "flow"), ("remote_ip", "flow"))), dpdk("sgi", 1, "0000:00:06.0")),
    ),
)
DESIRED = SwitchConfiguration({**other_config("1", "0", POOLS), "dpdk-extra": allow_list(BRIDGES)}, BRIDGES)
NOTHING = SwitchConfiguration({}, ())


def answering(status: int, output: str, errors: str) -> t.Callable[[t.Sequence[str]], tuple[int, str, str]]:
    """A runner that says the same to every command."""

    def run(argv: t.Sequence[str]) -> tuple[int, str, str]:
        return status, output, errors

    return run
