# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file run.json: where it is, and that it never says more than is known, nor a secret."""

from __future__ import annotations

import datetime as dt
import json
import os
import typing as t
from pathlib import Path

from ansible.inventory.group import Group
from ansible.vars.plugins import get_vars_from_inventory_sources

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.run.model import (
    CONTROLLER,
    FAILED,
    Run,
    RunError,
    RunReport,
    report_as_data,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.run.read import code_of
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.run.report import failed_report

NAME: t.Final = "run.json"
# A shorter secret is no secret, and would blot out words.
_SHORTEST: t.Final = 4
_MASK: t.Final = "********"


def now() -> str:
    """The time in UTC, in ISO 8601."""
    return dt.datetime.now(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def default_directory() -> Path:
    """Where reports are unless ``nfv_report_dir`` says otherwise."""
    return Path(os.environ.get("PWD", ".")) / "reports"


def variables_of_all(loader: t.Any, sources: t.Iterable[str]) -> dict[str, t.Any]:
    """What ``group_vars/all`` beside the inventory sets, which counts even where there is no host."""
    found: dict[str, t.Any] = get_vars_from_inventory_sources(loader, sources, [Group("all")], "task")
    return found


def write_report(directory: Path, report: RunReport, secrets: t.Iterable[str] = ()) -> None:
    """Writes run.json at once, so that nobody reads half of it. Raises OSError."""
    _write(directory / NAME, masked(report_as_data(report), secrets))


def mark_failed(directory: Path, message: str) -> None:
    """Says in run.json why a run came to no task. The callback has begun the file, unless it is not loaded.

    Raises OSError when the file cannot be written.
    """
    error = RunError(code_of(message), message, CONTROLLER, "check_hosts")
    begun = report_as_data(failed_report(Run("", (), False, now()), error))
    try:
        known = json.loads((directory / NAME).read_text(encoding="utf-8"))
        if known["outcome"] == FAILED and known["ended"] is None:
            begun |= {key: known[key] for key in ("playbook", "playbooks", "check", "started", "versions", "commit")}
    except (OSError, ValueError, KeyError, TypeError):
        pass
    _write(directory / NAME, {**begun, "ended": now()})


def masked(data: t.Any, secrets: t.Iterable[str]) -> t.Any:
    """Plain data without the secrets, wherever they stand in a text."""
    hidden = sorted({secret for secret in secrets if len(secret) >= _SHORTEST}, key=len, reverse=True)

    def clean(value: t.Any) -> t.Any:
        if isinstance(value, str):
            for secret in hidden:
                value = value.replace(secret, _MASK)
            return value
        if isinstance(value, dict):
            return {key: clean(one) for key, one in value.items()}
        return [clean(one) for one in value] if isinstance(value, (list, tuple)) else value

    return clean(data)


def _write(path: Path, data: t.Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(f"{json.dumps(data, indent=2, default=str)}\n", encoding="utf-8")
    beside.replace(path)
