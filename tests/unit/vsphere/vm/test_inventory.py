# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading an inventory: nothing that nobody asks for, and nothing guessed that vSphere does not report."""

from __future__ import annotations

import typing as t

import pytest
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.inventory import (
    _networks,
    read_names,
)

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


class Asked:
    """A client of a vCenter with one VM, which notes what it is asked for."""

    def __init__(self) -> None:
        self.kinds: list[dict[t.Any, tuple[str, ...]]] = []

    def in_view(self, kinds: t.Mapping[t.Any, t.Sequence[str]], _root: t.Any) -> list[t.Any]:
        self.kinds.append({kind: tuple(paths) for kind, paths in kinds.items()})
        return [(vim.VirtualMachine("vm-1"), {"name": "pgw-1", "config.uuid": "4211-AB"})]


@pytest.mark.parametrize(
    ("with_uuids", "paths", "by", "wanted"),
    [
        (False, ("name",), "name", "pgw-1"),
        (True, ("name", "config.uuid", "config.instanceUuid"), "uuid", "4211-ab"),
    ],
)
def test_a_lookup_reads_what_identifies_vms_and_nothing_else(
    with_uuids: bool, paths: tuple[str, ...], by: str, wanted: str
) -> None:
    client: t.Any = Asked()
    inventory = read_names(client, None, with_uuids)
    assert client.kinds == [{vim.VirtualMachine: paths}]
    assert [each._moId for each in inventory.vms_by[by][wanted]] == ["vm-1"]
