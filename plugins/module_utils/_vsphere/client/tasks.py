# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes many calls at a time, and waits for all of their tasks with one long poll."""

from __future__ import annotations

import concurrent.futures
import contextlib
import time
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError

from .client import CONNECTIONS
from .faults import BROKEN, CallLostError, from_fault, typed_errors
from .sdk import vim, vmodl

if t.TYPE_CHECKING:
    from .client import Client, Properties

# The longest wait of one WaitForUpdatesEx in seconds, well below the client's timeout for an answer.
POLL_SECONDS = 30
# Seconds after which a task that has not ended is reported as task_unfinished.
TASK_SECONDS = 600

_ENDED: t.Final = ("success", "error")

# A method that changes something, with its arguments or a function that returns them when the call is due.
Call = tuple[t.Callable[..., t.Any], t.Union[t.Mapping[str, t.Any], t.Callable[[], t.Mapping[str, t.Any]]]]


class _Watch:
    """Properties that are followed by a property collector of their own; a poll that failed can be repeated."""

    def __init__(self, client: Client, kind: t.Any, objects: t.Sequence[t.Any], paths: t.Sequence[str]) -> None:
        collector = vmodl.query.PropertyCollector
        self._service = client.content.propertyCollector
        self._spec = collector.FilterSpec(
            objectSet=[collector.ObjectSpec(obj=each) for each in objects],
            propSet=[collector.PropertySpec(type=kind, pathSet=list(paths))],
        )
        self._collector: t.Any = None
        self._version = ""
        self.seen: dict[str, Properties] = {each._moId: {} for each in objects}

    def poll(self, seconds: float) -> None:
        """Waits for updates, at most the given seconds, and stores them in ``seen``."""
        try:
            if self._collector is None:
                self._collector, self._version = self._service.CreatePropertyCollector(), ""
                self._collector.CreateFilter(spec=self._spec, partialUpdates=False)
            wait = vmodl.query.PropertyCollector.WaitOptions(maxWaitSeconds=max(1, min(POLL_SECONDS, round(seconds))))
            update = self._collector.WaitForUpdatesEx(version=self._version, options=wait)
        except Exception:
            self.close()  # it ended with the session, or its state is unknown
            raise
        if update is not None:
            self._version = update.version
            self._note(update)

    def _note(self, update: t.Any) -> None:
        for changes in update.filterSet:
            for each in changes.objectSet:
                for change in each.changeSet:
                    self.seen[each.obj._moId][change.name] = change.val

    def close(self) -> None:
        """Destroys the collector with its filter, if the connection still works."""
        left, self._collector = self._collector, None
        if left is not None:
            with contextlib.suppress(vmodl.MethodFault, *BROKEN):
                left.DestroyPropertyCollector()


def watch(
    client: Client,
    kind: t.Any,
    objects: t.Sequence[t.Any],
    paths: t.Sequence[str],
    done: t.Callable[[str, Properties], bool],
    seconds: float,
) -> dict[str, Properties]:
    """Follows properties of objects of one type until ``done(moid, properties)`` holds for each, or the time is up.

    Returns the properties seen last, by moid.
    """
    if not objects:
        return {}
    watched = _Watch(client, kind, objects, paths)
    pending = set(watched.seen)
    deadline = time.monotonic() + seconds
    try:
        while pending:
            left = deadline - time.monotonic()
            if left <= 0:
                break
            client.read(lambda left=left: watched.poll(left))  # type: ignore[misc]
            pending = {moid for moid in pending if not done(moid, watched.seen[moid])}
    finally:
        watched.close()
    return watched.seen


def call_all(
    client: Client, calls: t.Mapping[str, Call], names: t.Mapping[str, str], attempted: str
) -> tuple[dict[str, t.Any], dict[str, NfvError]]:
    """Makes all calls, CONNECTIONS at a time.

    names: the objects' names for errors, by the keys of ``calls``; attempted: see ``from_fault``.

    Returns the answers and the errors by the same keys.
    """

    def one(key: str) -> t.Any:
        method, arguments = calls[key]
        try:
            with typed_errors(names[key], attempted):
                return client.write(method, **(arguments() if callable(arguments) else arguments))
        except CallLostError as error:
            return CallLostError(names[key], error.error, attempted)
        except NfvError as error:
            return error

    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as threads:
        answers = dict(zip(calls, threads.map(one, calls)))
    errors = {key: answer for key, answer in answers.items() if isinstance(answer, NfvError)}
    return {key: answer for key, answer in answers.items() if key not in errors}, errors


def wait_for_tasks(
    client: Client,
    tasks: t.Mapping[str, t.Any],
    names: t.Mapping[str, str],
    attempted: str,
    seconds: float = TASK_SECONDS,
) -> dict[str, NfvError]:
    """Waits for all tasks together; returns the errors of those that failed or have not ended.

    tasks, names: the tasks (vim.Task) and the names of their objects by any key, which the errors have, too.
    """
    states = watch(
        client,
        vim.Task,
        list(tasks.values()),
        ("info.state", "info.error"),
        lambda _moid, properties: properties.get("info.state") in _ENDED,
        seconds,
    )
    failed: dict[str, NfvError] = {}
    for key, task in tasks.items():
        properties = states[task._moId]
        if properties.get("info.state") == "success":
            continue
        fault = properties.get("info.error")
        if fault is None:
            fault = vim.fault.Timedout(msg=f"task {task._moId} has not ended after {seconds:.0f} seconds")
        failed[key] = from_fault(fault, names[key], attempted)
    return failed


def settle(client: Client, machines: t.Sequence[t.Any], seconds: float = TASK_SECONDS) -> None:
    """Waits until no task runs on the given VMs, whoever started it."""
    with contextlib.suppress(vmodl.fault.ManagedObjectNotFound):  # the next read of the VM reports that it is gone
        found = client.of_objects(vim.VirtualMachine, machines, ["recentTask"])
        tasks = {task._moId: task for _vm, properties in found for task in properties.get("recentTask", ())}
        watch(
            client,
            vim.Task,
            list(tasks.values()),
            ("info.state",),
            lambda _moid, properties: properties.get("info.state") in _ENDED,
            seconds,
        )
