# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for many objects: what vCenter answers in parts is looked at once."""

from __future__ import annotations

import itertools
import typing as t
from types import SimpleNamespace

from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.tasks import watch

TASKS: t.Any = [vim.Task(f"task-{number}") for number in range(6)]  # type: ignore[attr-defined]


def update(tasks: t.Sequence[t.Any], truncated: bool | None = None) -> t.Any:
    """An answer that says that tasks have ended."""
    changed = [
        SimpleNamespace(obj=task, changeSet=[SimpleNamespace(name="info.state", val="success")]) for task in tasks
    ]
    return SimpleNamespace(version="1", truncated=truncated, filterSet=[SimpleNamespace(objectSet=changed)])


def watched(answers: t.Iterable[t.Any], seconds: float = 60) -> list[int]:
    """Waits for TASKS; returns how many of them had ended each time that somebody looked."""
    left = iter(answers)
    collector = SimpleNamespace(
        CreateFilter=lambda **_options: None,
        WaitForUpdatesEx=lambda **_options: next(left),
        DestroyPropertyCollector=lambda: None,
    )
    service = SimpleNamespace(CreatePropertyCollector=lambda: collector)
    client: t.Any = SimpleNamespace(content=SimpleNamespace(propertyCollector=service), read=lambda work: work())
    looks = []

    def done(seen: t.Mapping[str, t.Mapping[str, str]]) -> list[str]:
        ended = [moid for moid, properties in seen.items() if properties.get("info.state") == "success"]
        looks.append(len(ended))
        return ended

    watch(client, TASKS, {vim.Task: ("info.state",)}, done, seconds)  # type: ignore[attr-defined]
    return looks


def test_an_answer_in_parts_is_looked_at_when_it_is_whole() -> None:
    assert watched([update(TASKS[:2], truncated=True), update(TASKS[2:4]), update(TASKS[4:])]) == [0, 4, 6]


def test_an_answer_without_news_is_whole() -> None:
    assert watched([None, update(TASKS)]) == [0, 0, 6]


def test_a_server_that_always_has_more_is_given_up_in_time() -> None:
    assert watched(itertools.repeat(update([], truncated=True)), seconds=0.05) == [0]
