# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts offer a port group is taken from vSphere, and is not guessed where vSphere does not report it."""

from __future__ import annotations

import typing as t

import pytest
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.inventory import _networks

HOST = (vim.HostSystem("host-1"), {"name": "esx-1"})
GROUP = vim.dvs.DistributedVirtualPortgroup("dvportgroup-1")


@pytest.mark.parametrize(
    ("managed", "properties", "hosts"),
    [
        (GROUP, {"host": [vim.HostSystem("host-1"), vim.HostSystem("host-2")]}, {"esx-1", "host-2"}),
        (GROUP, {"host": []}, set()),
        (GROUP, {}, None),
        (vim.Network("network-1"), {"host": [vim.HostSystem("host-1")]}, {"esx-1"}),
        (vim.Network("network-1"), {"host": []}, None),
    ],
)
def test_hosts_of_a_port_group(managed: t.Any, properties: dict[str, t.Any], hosts: set[str] | None) -> None:
    found = _networks([HOST, (managed, {"name": "PG", **properties})])
    ((network,),) = list(found.values())
    assert network.hosts == hosts
