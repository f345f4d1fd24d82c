# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module host_topology_info does: reads the NUMA topology of hosts, and what VMs hold of it."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError, joined, listed
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.serialize import hosts_as_data
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Connection
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.faults import typed_errors
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.host.topology import read_topology

from ._vsphere_run import run_info

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.topology.model import HostTopology


def run(module: AnsibleModule) -> None:
    """Runs the module and exits."""
    run_info(module, gather_topology)


def gather_topology(params: t.Mapping[str, t.Any], connection: Connection) -> dict[str, t.Any]:
    """Returns the result of the module. Raises NfvError for a datacenter, cluster or host that does not exist."""
    with (
        Client.open(connection, closed_for_writes=True) as client,
        typed_errors(connection.hostname, "failed to read the topology of the hosts"),
    ):
        hosts = read_topology(client, params["datacenter"], params["cluster"])
    return {"hosts": hosts_as_data(_named(hosts, params["hosts"]))}


def _named(hosts: t.Sequence[HostTopology], names: t.Sequence[str]) -> list[HostTopology]:
    known = {host.name for host in hosts} | {host.moid for host in hosts}
    missing = [
        NfvError(
            ErrorCode.HOST_NOT_FOUND,
            name,
            f"no host has this name; the known hosts are: {listed((host.name for host in hosts), ', ') or 'none'}",
            "Correct hosts, cluster or datacenter",
        )
        for name in names
        if name not in known
    ]
    if missing:
        raise joined(missing, what="hosts")
    return [host for host in hosts if not names or host.name in names or host.moid in names]
