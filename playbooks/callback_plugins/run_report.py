# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes run.json of every run of the collection's playbooks. Ansible loads it because it lies beside them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: run_report
author: nfv.vsphere_dpdk contributors (@nfv)
version_added: 1.0.0
type: notification
short_description: Leaves the report of a run
description:
  - Writes C(run.json) into the directory that C(nfv_report_dir) names, C(reports) in the working directory unless
    given. docs/run_report.md in the collection's repository has its keys.
  - Needs no setting. The report says V(failed) from the beginning until the run has ended.
options: {}
"""

import contextlib
import platform
import typing as t
from pathlib import Path

from ansible import context
from ansible.plugins.callback import CallbackBase
from ansible.release import __version__ as ansible_core
from ansible.template import Templar

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.run.model import Run
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.run.read import TaskResult
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.run.report import failed_report
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.collection_version import declared_version
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.provenance import inventory_commit
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.run_report.file import (
    default_directory,
    now,
    variables_of_all,
    write_report,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.run_report.recorder import UNFINISHED, Recorder

PLAYBOOKS: t.Final = Path(__file__).resolve().parents[1]
# A variable that the first play of each playbook has: its hosts are not those of the run.
_GATE: t.Final = "__nfv_hosts"


class CallbackModule(CallbackBase):
    """See DOCUMENTATION."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "nfv.vsphere_dpdk.run_report"
    CALLBACK_NEEDS_ENABLED = False

    def __init__(self, *arguments: t.Any, **options: t.Any) -> None:
        super().__init__(*arguments, **options)
        self._recorder: Recorder | None = None
        self._directory = default_directory()

    def v2_playbook_on_start(self, playbook: t.Any) -> None:
        plays = playbook.get_plays()
        ours = [Path(path) for path in (_path_of(play) for play in plays) if path]
        names = dict.fromkeys(path.stem for path in ours if path.resolve().parent == PLAYBOOKS)
        if not names:
            self._recorder = None
            return
        manager = plays[0].get_variable_manager()
        inventory = manager._inventory
        self._directory = self._find_directory(manager, plays[0])
        run = Run(
            playbook=Path(playbook._file_name).stem,
            playbooks=tuple(names),
            check=bool(context.CLIARGS.get("check")),
            started=now(),
            collection=_collection_version(),
            ansible_core=ansible_core,
            python=platform.python_version(),
            commit=inventory_commit(inventory._sources),
        )
        self._recorder = Recorder(run)
        write_report(self._directory, failed_report(run, UNFINISHED))

    def v2_playbook_on_play_start(self, play: t.Any) -> None:
        if self._recorder:
            self._recorder.play(play.get_name(), _GATE in play.get_vars())

    def v2_runner_on_start(self, host: t.Any, task: t.Any) -> None:
        if self._recorder:
            self._recorder.task_begins(host.get_name(), task._uuid)

    def v2_runner_on_ok(self, result: t.Any) -> None:
        self._end(result, answered=True)

    def v2_runner_on_skipped(self, result: t.Any) -> None:
        self._end(result)

    def v2_runner_on_failed(self, result: t.Any, ignore_errors: bool = False) -> None:
        self._end(result, failed=not ignore_errors)

    def v2_runner_on_unreachable(self, result: t.Any) -> None:
        self._end(result, failed=not result._task_fields.get("ignore_unreachable"))

    def v2_playbook_on_stats(self, stats: t.Any) -> None:
        if self._recorder:
            failed = {host for host, count in [*stats.failures.items(), *stats.dark.items()] if count}
            write_report(self._directory, self._recorder.report(failed), self._recorder.secrets)

    def _end(self, result: t.Any, *, failed: bool = False, answered: bool = False) -> None:
        if not self._recorder:
            return
        try:
            self._recorder.task_ends(_ended(result, failed, answered), result._task._uuid)
        # Ansible only warns of what a callback raises, and the report would be green without what it missed.
        except Exception as error:  # noqa: BLE001
            self._recorder.missed(result._task.get_name(), f"{type(error).__name__}: {error}")

    def _find_directory(self, manager: t.Any, play: t.Any) -> Path:
        """As the playbooks find it: of a host with a description, of any host, or of all of them."""
        inventory = manager._inventory
        variables: dict[str, t.Any] = {}
        for host in inventory.get_hosts():
            found = manager.get_vars(host=host, include_hostvars=False)
            variables = variables or found
            if "nfv_dataplane" in found or "nfv_workload" in found:
                variables = found
                break
        if not variables:
            variables = {**variables_of_all(play.get_loader(), inventory._sources), **manager.extra_vars}
        named = variables.get("nfv_report_dir")
        return Path(str(Templar(play.get_loader(), variables).template(named))) if named else default_directory()


def _ended(result: t.Any, failed: bool, answered: bool) -> TaskResult:
    task, fields = result._task, result._task_fields
    delegate, arguments = fields.get("delegate_to"), fields.get("args")
    return TaskResult(
        task=str(fields.get("name") or task.get_name()),
        action=str(task.resolved_action or task.action),
        host=result._host.get_name(),
        result=result._result,
        arguments=arguments if isinstance(arguments, dict) else {},
        delegate=str(delegate) if delegate else None,
        failed=failed,
        answered=answered,
        run_once=bool(fields.get("run_once")),
    )


def _path_of(play: t.Any) -> str:
    """The file that a play stands in."""
    return str(play.get_path() if hasattr(play, "get_path") else "").rpartition(":")[0]


def _collection_version() -> str | None:
    """Null for metadata that cannot be read: a report without a version is better than none."""
    with contextlib.suppress(ValueError):
        return declared_version(PLAYBOOKS.parent)
    return None
