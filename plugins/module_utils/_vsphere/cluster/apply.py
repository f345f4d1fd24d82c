# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Carries out changes of clusters, and moves powered-off VMs to other hosts."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import joined
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.sdk import vim
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.tasks import call_all, wait_for_tasks

from .config_spec import cluster_spec

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.drs.model import ClusterChanges
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.tasks import Call

    from .read import Clusters, VmPosition


def relocate(client: Client, targets: t.Sequence[tuple[VmPosition, str]]) -> None:
    """Moves powered-off VMs, each to the host of the given moid. Raises NfvError for those that could not be moved."""
    calls: dict[str, Call] = {
        vm.managed._moId: (
            vm.managed.RelocateVM_Task,
            {"spec": vim.vm.RelocateSpec(host=client.managed(vim.HostSystem, host))},
        )
        for vm, host in targets
    }
    names = {vm.managed._moId: vm.name for vm, _host in targets}
    machines = {vm.managed._moId: vm.managed for vm, _host in targets}
    _run(client, calls, names, "failed to move the powered-off VM to its planned host", "VMs", machines)


def reconfigure(client: Client, clusters: Clusters, changes: t.Iterable[ClusterChanges]) -> None:
    """Reconfigures each cluster in one task. Raises NfvError for those that could not be reconfigured."""
    pending = {change.moid: change for change in changes}
    calls: dict[str, Call] = {
        moid: (
            clusters.objects[moid].ReconfigureComputeResource_Task,
            {"spec": cluster_spec(client, change, clusters.restart_entries), "modify": True},
        )
        for moid, change in pending.items()
    }
    names = {moid: change.cluster for moid, change in pending.items()}
    _run(client, calls, names, "failed to reconfigure its groups, rules and overrides", "clusters")


def _run(
    client: Client,
    calls: t.Mapping[str, Call],
    names: t.Mapping[str, str],
    attempted: str,
    what: str,
    machines: t.Mapping[str, t.Any] | None = None,
) -> None:
    """Starts all tasks and waits for them together. Raises NfvError for those that failed."""
    tasks, errors = call_all(client, calls, names, attempted)
    failed = [*errors.values(), *wait_for_tasks(client, tasks, names, attempted, machines).values()]
    if failed:
        raise joined(failed, what=what)
