# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a task's result says to a run's report. Reads named keys only, so that no secret of a result gets in."""

from __future__ import annotations

import dataclasses
import json
import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.digest import sha256

from .model import (
    CONTROLLER,
    GUEST,
    NOTHING,
    POWER_CYCLE,
    REBOOT,
    RESTART,
    TESTER,
    VSPHERE,
    Difference,
    Evidence,
    RunChange,
    RunError,
)

Mapping = t.Mapping[str, t.Any]

_OURS: t.Final = "nfv.vsphere_dpdk."
_LOCAL: t.Final = frozenset({"localhost", "127.0.0.1"})
_CODE: t.Final = re.compile(r"\[([a-z][a-z0-9_]*)\]")
# Characters of a value that a report holds whole.
_LONGEST: t.Final = 300
# A row's verdict, in a verdict of poll mode or in readiness, and its status in the report.
_STATUS: t.Final = {
    "pass": "passed",
    "ready": "passed",
    "fail": "failed",
    "not_ready": "failed",
    "not_asked": "skipped",
    "skipped": "skipped",
}


@dataclasses.dataclass(frozen=True)
class TaskResult:
    """The end of one task on one host."""

    task: str
    """The task's name."""
    action: str
    """The module's full name."""
    host: str
    """The host of the play."""
    result: Mapping
    """What the module returned; Ansible's own words for a task with ``no_log``."""
    arguments: Mapping = dataclasses.field(default_factory=dict)
    """The module's options."""
    delegate: str | None = None
    """The host that it was delegated to."""
    failed: bool = False
    """Whether it failed or did not reach its host, and nobody said to ignore that."""
    answered: bool = True
    """Whether it ran to its end: it neither failed, ignored or not, nor was skipped. Its result tells neither."""
    run_once: bool = False
    """Whether it stands for all hosts of the play."""


@dataclasses.dataclass(frozen=True)
class Looked:
    """A side of a host that answered."""

    side: str
    """VSPHERE or GUEST."""


@dataclasses.dataclass(frozen=True)
class Missing:
    """A VM that vCenter does not have."""

    description: str
    """The SHA-256 of what is described."""


@dataclasses.dataclass(frozen=True)
class Proof:
    """The verdict on poll mode."""

    status: str
    """``proved``, ``running``, ``skipped`` or ``failed``."""
    rows: tuple[Evidence, ...]
    """Its rows."""


@dataclasses.dataclass(frozen=True)
class Compared:
    """What the playbook drift says of a VM. It replaces the differences that single tasks have found."""

    differences: tuple[Difference, ...]
    """Its differences."""
    errors: tuple[RunError, ...]
    """The sides that could not be compared."""


@dataclasses.dataclass(frozen=True)
class VcenterVersion:
    """Which vCenter answered."""

    version: str
    """Its version and build, such as ``8.0.3 build 24022515``."""


@dataclasses.dataclass(frozen=True)
class Finding:
    """One thing that a result says."""

    host: str | None
    """The host; None for what is of no single host."""
    what: RunChange | Difference | Evidence | RunError | Looked | Missing | Proof | Compared | VcenterVersion
    """The thing."""
    teller: str
    """The host whose task told it."""


def findings(ended: TaskResult) -> t.Iterator[Finding]:
    """What the report takes from a result. Raises nothing for a result that lacks keys: a module may have failed."""
    if ended.failed:
        yield Finding(None if ended.run_once else ended.host, failure(ended), ended.host)
    for host, what in _read(ended):
        yield Finding(host, what, ended.host)


def failure(ended: TaskResult) -> RunError:
    """The error of a task that failed."""
    text = ended.result.get("msg") or ended.result.get("censored") or ended.result.get("reason") or ""
    if not text:
        items = (item.get("msg") for item in ended.result.get("results") or () if isinstance(item, dict))
        text = next((message for message in items if message), "the task failed and says nothing; run with -vvv")
    message = " ".join(str(text).split())
    return RunError(code_of(message), message, side_of(ended), ended.task)


def code_of(message: str) -> str | None:
    """The error code that a message begins with."""
    found = _CODE.match(message)
    return found[1] if found else None


def codes_in(message: str) -> list[str]:
    """All words of a message in the form of an error code, in order."""
    return _CODE.findall(message)


def side_of(ended: TaskResult) -> str:
    """Where a task acts."""
    if ended.delegate is None:
        return GUEST
    if ended.delegate not in _LOCAL:
        return TESTER
    name = ended.action.removeprefix(_OURS)
    vsphere = ended.action.startswith("vmware.") or (
        name != ended.action and (name.startswith(("vm_", "placement_")) and name != "vm_known_hosts")
    )
    return VSPHERE if vsphere else CONTROLLER


def _read(ended: TaskResult) -> t.Iterator[tuple[str | None, t.Any]]:
    facts = ended.result.get("ansible_facts")
    if isinstance(facts, dict) and not ended.failed:
        yield from _facts(ended.host, facts)
        # The first module on a host has facts, too: the interpreter that Ansible has found there.
        if not ended.action.startswith(_OURS):
            return
    name = ended.action.removeprefix(_OURS)
    if name == ended.action:
        yield from _named_by_task(ended)
        return
    if ended.delegate is None and ended.answered and not ended.failed:
        yield ended.host, Looked(GUEST)
    vcenter = ended.result.get("vcenter")
    if isinstance(vcenter, dict):
        yield None, VcenterVersion(f"{vcenter.get('version')} build {vcenter.get('build')}")
    reader = _READERS.get(name, _guest_module)
    yield from reader(ended)


def _facts(host: str, facts: Mapping) -> t.Iterator[tuple[str | None, t.Any]]:
    verdict, readiness, drift = (facts.get(name) for name in ("nfv_verdict", "__nfv_readiness", "__drift_report"))
    if isinstance(verdict, dict):
        rows = tuple(_row(row, "name", "reason") for row in verdict.get("evidence") or ())
        yield host, Proof(str(verdict.get("status")), rows)
    if isinstance(readiness, dict):
        for row in readiness.get("rows") or ():
            named = _row(row, "check", "remedy")
            yield None, dataclasses.replace(named, subject=str(row["subject"]), object=str(row["object"]))
    if isinstance(drift, dict):
        for name, vm in (drift.get("vms") or {}).items():
            yield name, _compared(vm)


def _row(row: Mapping, name: str, message: str) -> Evidence:
    status = _STATUS.get(str(row["verdict"]), "unknown")
    return Evidence(str(row[name]), status, str(row["asked"]), str(row["seen"]), str(row.get(message) or ""))


def _compared(vm: Mapping) -> Compared:
    differences = (
        Difference(
            one["side"],
            one["setting"],
            shortened(one["described"]),
            shortened(one["found"]),
            code_of(one["message"]),
            one["message"],
        )
        for one in vm["differences"]
    )
    task = "Judge the comparison"
    errors = (RunError(code_of(one["message"]), one["message"], one["side"], task) for one in vm["failures"])
    return Compared(tuple(differences), tuple(errors))


def _vms(ended: TaskResult) -> t.Iterator[tuple[str | None, t.Any]]:
    """vm_dataplane_info: who answered, and which VMs are not there."""
    asked = ended.arguments.get("vms")
    # A task that failed before its options were known has them as they are written.
    vms = [one for one in asked if isinstance(one, dict)] if isinstance(asked, list) else []
    described = {one.get("name"): one.get("dataplane") for one in vms}
    for name, vm in (ended.result.get("vms") or {}).items():
        if vm.get("present") is False:
            yield name, Looked(VSPHERE)
            yield name, Missing(sha256(described.get(name)))
        elif vm.get("readable"):
            yield name, Looked(VSPHERE)


def _vm_changes(ended: TaskResult) -> t.Iterator[tuple[str | None, t.Any]]:
    for name, vm in (ended.result.get("vms") or {}).items():
        yield name, Looked(VSPHERE)
        for one in vm.get("changes") or () if vm.get("changed") else ():
            needs = POWER_CYCLE if one.get("power_off_needed") else NOTHING
            yield name, _change(VSPHERE, one["setting"], one["from"], one["to"], needs, ended.task)


def _rules(ended: TaskResult) -> t.Iterator[tuple[str | None, t.Any]]:
    for cluster, result in (ended.result.get("clusters") or {}).items():
        for one in result.get("changes") or ():
            made = _change(VSPHERE, f"{one['kind']} {one['name']}", one["from"], one["to"], NOTHING, ended.task)
            yield None, dataclasses.replace(made, cluster=cluster)
    for one in ended.result.get("moved") or ():
        yield one["vm"], _change(VSPHERE, "host", one["from"], one["to"], NOTHING, ended.task)


def _guest_differences(ended: TaskResult) -> t.Iterator[tuple[str | None, t.Any]]:
    for one in ended.result.get("differences") or ():
        asked, seen = shortened(one["asked"]), shortened(one["seen"])
        yield ended.host, Difference(GUEST, one["setting"], asked, seen, one["error_code"], one["message"])


def _guest_module(ended: TaskResult) -> t.Iterator[tuple[str | None, t.Any]]:
    """Every module that brings a guest to something tells all of it as ``before`` and ``after`` of its diff."""
    diff = ended.result.get("diff")
    if not ended.result.get("changed") or side_of(ended) != GUEST or not isinstance(diff, dict):
        yield from _named_by_task(ended)
        return
    before, after = (_flat(diff.get(key)) for key in ("before", "after"))
    changed = [name for name in dict.fromkeys([*before, *after]) if before.get(name) != after.get(name)]
    if not changed:
        yield from _named_by_task(ended)
    for name in changed:
        yield ended.host, _change(GUEST, name, before.get(name), after.get(name), _needs(ended, name), ended.task)


def _flat(values: t.Any, prefix: str = "") -> dict[str, t.Any]:
    """The settings by name, those of one part with the part's name before theirs."""
    if not isinstance(values, dict):
        return {}
    found: dict[str, t.Any] = {}
    for name, value in values.items():
        found.update(_flat(value, f"{prefix}{name} ") if isinstance(value, dict) else {f"{prefix}{name}": value})
    return found


def _needs(ended: TaskResult, setting: str) -> str:
    if ended.result.get("restart_reasons") or ended.result.get("restart_required"):
        return RESTART
    kernel = ended.action.endswith("kernel_cmdline") or setting.startswith("kernel")
    return REBOOT if kernel and (ended.result.get("reboot_required") or ended.result.get("pending")) else NOTHING


def _named_by_task(ended: TaskResult) -> t.Iterator[tuple[str | None, t.Any]]:
    if ended.result.get("changed") and not ended.failed:
        yield ended.host, _change(side_of(ended), ended.task, None, None, NOTHING, ended.task)


def _change(side: str, setting: str, before: t.Any, after: t.Any, needs: str, task: str) -> RunChange:
    return RunChange(side, setting, shortened(before), shortened(after), needs, task)


def shortened(value: t.Any) -> t.Any:
    """A value as a report holds it: a long one by its beginning and its digest, so that another one still differs."""
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return value if len(text) <= _LONGEST else f"{text[:_LONGEST]}... ({sha256(value)})"


_READERS: t.Final[t.Mapping[str, t.Callable[[TaskResult], t.Iterator[tuple[str | None, t.Any]]]]] = {
    "vm_dataplane_info": _vms,
    "vm_dataplane": _vm_changes,
    "vm_vmxnet3": _vm_changes,
    "vm_cpu_pinning": _vm_changes,
    "vm_hugepages": _vm_changes,
    "placement_rules": _rules,
    "guest_dataplane_info": _guest_differences,
}
