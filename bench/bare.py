# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A script with nothing but pyVmomi, as the yardstick for the collection's engine."""

from __future__ import annotations

import concurrent.futures
import typing as t

from pyVim import connect as _connect
from pyVmomi import vim as _vim
from pyVmomi import vmodl as _vmodl

if t.TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Connection

# Without the types that pyVmomi ships: their classes are generated, and say nothing about how they are made.
connect: t.Any = _connect
vim: t.Any = _vim
vmodl: t.Any = _vmodl
Collector: t.Any = vmodl.query.PropertyCollector


class Bare:
    """A session of such a script, used as a context manager."""

    def __init__(self, connection: Connection, connections: int) -> None:
        self._service = connect.SmartConnect(
            host=connection.hostname,
            port=connection.port,
            user=connection.username,
            pwd=connection.password,
            sslContext=connection.tls_context(),
        )
        self._service._stub.poolSize = connections
        self.content = self._service.RetrieveContent()

    def __enter__(self) -> Bare:
        return self

    def __exit__(self, *_exception: object) -> None:
        connect.Disconnect(self._service)

    def retrieve(self, paths: Sequence[str], page: int) -> int:
        """Reads the properties of all VMs in pages; returns how many VMs there are."""
        view = self.content.viewManager.CreateContainerView(self.content.rootFolder, [vim.VirtualMachine], True)
        way = Collector.TraversalSpec(type=type(view), path="view", skip=False)
        wanted = Collector.FilterSpec(
            objectSet=[Collector.ObjectSpec(obj=view, skip=True, selectSet=[way])],
            propSet=[Collector.PropertySpec(type=vim.VirtualMachine, pathSet=list(paths))],
        )
        service = self.content.propertyCollector
        answer = service.RetrievePropertiesEx([wanted], Collector.RetrieveOptions(maxObjects=page))
        count = len(answer.objects)
        while answer.token:
            answer = service.ContinueRetrievePropertiesEx(answer.token)
            count += len(answer.objects)
        return count

    def reconfigure(self, specs: Iterable[tuple[str, t.Any]], threads: int) -> int:
        """Submits one ReconfigVM_Task per VM (moid and spec) from threads, and waits with one filter.

        Returns how many succeeded.
        """
        stub = self._service._stub
        with concurrent.futures.ThreadPoolExecutor(threads) as pool:
            tasks = list(pool.map(lambda pair: vim.VirtualMachine(pair[0], stub).ReconfigVM_Task(pair[1]), specs))
        states: dict[str, str] = {}
        service = self.content.propertyCollector
        followed = service.CreateFilter(
            Collector.FilterSpec(
                objectSet=[Collector.ObjectSpec(obj=task) for task in tasks],
                propSet=[Collector.PropertySpec(type=vim.Task, pathSet=["info.state"])],
            ),
            False,
        )
        version = ""
        while sum(state in ("success", "error") for state in states.values()) < len(tasks):
            update = service.WaitForUpdatesEx(version, Collector.WaitOptions(maxWaitSeconds=30))
            if update is None:
                continue
            version = update.version
            for changes in update.filterSet:
                for each in changes.objectSet:
                    for change in each.changeSet:
                        states[each.obj._moId] = change.val
        followed.DestroyPropertyFilter()
        return sum(state == "success" for state in states.values())
