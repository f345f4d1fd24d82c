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
from .properties import CarriedProperties
from .question import QUESTION, question_of
from .sdk import vim, vmodl

if t.TYPE_CHECKING:
    from .client import Client, Properties
    from .question import Question

# The longest wait of one WaitForUpdatesEx in seconds, well below the client's timeout for an answer.
POLL_SECONDS = 30
# Seconds after which a task that has not ended is reported as task_unfinished.
TASK_SECONDS = 600

# Calls after which progress is told.
BATCH: t.Final = 250

_ENDED: t.Final = ("success", "error")

# A method that changes something, with its arguments or a function that returns them when the call is due.
Call = tuple[t.Callable[..., t.Any], t.Union[t.Mapping[str, t.Any], t.Callable[[], t.Mapping[str, t.Any]]]]


# Properties by moid, as they were seen last.
Seen = dict[str, "Properties"]


class _Watch:
    """Properties that are followed by a property collector of their own; a poll that failed can be repeated."""

    def __init__(
        self, client: Client, objects: t.Sequence[t.Any], kinds: t.Mapping[t.Any, t.Sequence[str]], may_be_gone: bool
    ) -> None:
        collector = vmodl.query.PropertyCollector
        self._service = client.content.propertyCollector
        self._spec = collector.FilterSpec(
            objectSet=[collector.ObjectSpec(obj=each) for each in objects],
            propSet=[collector.PropertySpec(type=kind, pathSet=list(paths)) for kind, paths in kinds.items()],
            reportMissingObjectsInResults=may_be_gone,
        )
        self._collector: t.Any = None
        self._version = ""
        # Whether vCenter has more to say at once: it answers in parts of 100 objects.
        self.truncated = False
        self.seen: dict[str, Properties] = {each._moId: CarriedProperties(each, {}) for each in objects}

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
        self.truncated = update is not None and bool(update.truncated)
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
    objects: t.Sequence[t.Any],
    kinds: t.Mapping[t.Any, t.Sequence[str]],
    done: t.Callable[[Seen], t.Collection[str]],
    seconds: float,
    may_be_gone: bool = False,
) -> Seen:
    """Follows properties of objects until ``done`` names all of them by moid, or the time is up.

    kinds: the property paths by vim type; done: is given the properties seen last, by moid, after each whole answer.
    may_be_gone: whether an object may no longer be there; nothing is seen of it.

    Returns the properties seen last, by moid.
    """
    if not objects:
        return {}
    watched = _Watch(client, objects, kinds, may_be_gone)
    deadline = time.monotonic() + seconds
    try:
        while watched.truncated or not set(watched.seen) <= set(done(watched.seen)):
            left = deadline - time.monotonic()
            if left <= 0:
                break
            client.read(lambda left=left: watched.poll(left))  # type: ignore[misc]
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

    answers: dict[str, t.Any] = {}
    with concurrent.futures.ThreadPoolExecutor(CONNECTIONS) as threads:
        for key, answer in zip(calls, threads.map(one, calls)):
            answers[key] = answer
            if len(answers) % BATCH == 0 or len(answers) == len(calls):
                client.progress("calls made", len(answers), len(calls))
    errors = {key: answer for key, answer in answers.items() if isinstance(answer, NfvError)}
    return {key: answer for key, answer in answers.items() if key not in errors}, errors


def wait_for_tasks(
    client: Client,
    tasks: t.Mapping[str, t.Any],
    names: t.Mapping[str, str],
    attempted: str,
    machines: t.Mapping[str, t.Any] | None = None,
    seconds: float = TASK_SECONDS,
) -> dict[str, NfvError]:
    """Waits for all tasks together; returns the errors of those that failed or have not ended.

    tasks, names: the tasks (vim.Task) and the names of their objects by any key, which the errors have, too.
    machines: by the same keys, the VMs (vim.VirtualMachine) that the tasks are on; a task is not waited for while its
    VM waits for the answer to a question.
    """
    on = {key: machine for key, machine in (machines or {}).items() if key in tasks}

    def asked(key: str, seen: Seen) -> Question | None:
        return question_of(seen[on[key]._moId]) if key in on else None

    def done(seen: Seen) -> set[str]:
        ended = {key for key, task in tasks.items() if _has_ended(seen[task._moId]) or asked(key, seen) is not None}
        client.progress("tasks ended", len(ended), len(tasks))
        return {tasks[key]._moId for key in ended} | {machine._moId for machine in on.values()}

    followed = [*tasks.values(), *{machine._moId: machine for machine in on.values()}.values()]
    kinds = {vim.Task: ("info.state", "info.error"), **({vim.VirtualMachine: (QUESTION,)} if on else {})}
    states = watch(client, followed, kinds, done, seconds, may_be_gone=True)
    failed: dict[str, NfvError] = {}
    for key, task in tasks.items():
        properties = states[task._moId]
        if properties.get("info.state") == "success":
            continue
        fault, question = properties.get("info.error"), asked(key, states)
        if fault is None and question is not None:
            failed[key] = question.error(names[key], attempted)
            continue
        if fault is None:
            fault = vim.fault.Timedout(msg=f"task {task._moId} has not ended after {seconds:.0f} seconds")
        failed[key] = from_fault(fault, names[key], attempted)
    return failed


def _has_ended(task: Properties) -> bool:
    return task.get("info.state") in _ENDED


def settle(client: Client, machines: t.Sequence[t.Any], seconds: float = TASK_SECONDS) -> None:
    """Waits until no task runs on the given VMs, whoever started it, except where a VM has a question."""
    with contextlib.suppress(vmodl.fault.ManagedObjectNotFound):  # the next read of the VM reports that it is gone
        found = client.of_objects(vim.VirtualMachine, machines, ["recentTask"])
        tasks = {
            f"{number} {task._moId}": (task, machine)
            for number, (machine, properties) in enumerate(found)
            for task in properties.get("recentTask", ())
        }
        names = dict.fromkeys(tasks, "")
        on = {key: machine for key, (_task, machine) in tasks.items()}
        wait_for_tasks(client, {key: task for key, (task, _machine) in tasks.items()}, names, "", on, seconds)
