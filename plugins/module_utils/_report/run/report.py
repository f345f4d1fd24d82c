# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report of a run, from what its tasks said."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.digest import sha256

from .model import (
    CHANGED,
    FAILED,
    GUEST,
    NOTHING,
    VSPHERE,
    Difference,
    Evidence,
    HostReport,
    Run,
    RunChange,
    RunError,
    RunReport,
    change_as_data,
)
from .outcome import HostSeen, outcome_of_error, outcome_of_host, worst
from .read import Compared, Finding, Looked, Missing, Proof, VcenterVersion

# The playbooks that end with a verdict on each host.
_PROVING: t.Final = frozenset({"deploy", "verify"})
# The playbook that makes missing VMs.
_MAKING: t.Final = "deploy"
# Playbooks that deal with no VM: a file, or a machine that is no host with a description.
_WITHOUT_VMS: t.Final = frozenset({"build_image", "check_evidence"})
# A playbook that reads descriptions, and looks at nothing else.
_OFFLINE: t.Final = "check_descriptions"
_QUOTED: t.Final = 3
_MADE: t.Final = "Make the VM from the template"


def run_report(
    run: Run, hosts: t.Mapping[str, float], found: t.Sequence[Finding], failed: t.Collection[str]
) -> RunReport:
    """The report of a run that has ended.

    hosts: those of the run, in order, with the seconds that their tasks took; found: what their tasks said, in order;
    failed: the hosts for which the run ended with an error, since an error of another one was rescued.
    """
    kept = [one for one in found if not isinstance(one.what, RunError) or one.teller in failed]
    of_hosts: dict[str, list[t.Any]] = {name: [] for name in hosts}
    of_hosts.update({one.host: [] for one in kept if one.host and isinstance(one.what, Compared)})
    of_run: list[t.Any] = []
    for one in kept:
        of_hosts.get(one.host or "", of_run).append(one.what)
    every_error = [one.what for one in kept if isinstance(one.what, RunError)]
    reports = {name: _host(run, whats, every_error, hosts.get(name, 0.0)) for name, whats in of_hosts.items()}
    changes = tuple(what for what in of_run if isinstance(what, RunChange))
    rows = tuple(what for what in of_run if isinstance(what, Evidence))
    errors = tuple(what for what in of_run if isinstance(what, RunError))
    outcome = _outcome(run, reports, changes, errors)
    return RunReport(
        run=run,
        outcome=outcome,
        message=_message(outcome, reports, errors),
        digest=digest(reports, changes),
        hosts=reports,
        changes=changes,
        evidence=rows,
        errors=errors,
        vcenter=next((what.version for what in of_run if isinstance(what, VcenterVersion)), None),
    )


def failed_report(run: Run, error: RunError) -> RunReport:
    """The report of a run that has not ended, or did not begin: it knows nothing but why."""
    return RunReport(run, FAILED, error.message, digest({}, ()), {}, (), (), (error,), None)


def digest(hosts: t.Mapping[str, HostReport], changes: t.Iterable[RunChange]) -> str:
    """What a plan is bound to: every change in vSphere and in a guest, whatever order and time they come in."""
    of_hosts = [(name, change) for name, host in hosts.items() for change in host.changes]
    every = [*of_hosts, *(("", change) for change in changes)]
    lines = (
        sha256([name, {key: value for key, value in change_as_data(change).items() if key != "task"}])
        for name, change in every
        if change.side in (VSPHERE, GUEST)
    )
    return sha256(sorted(lines))


def _host(run: Run, whats: t.Sequence[t.Any], every_error: t.Sequence[RunError], seconds: float) -> HostReport:
    compared = next((what for what in reversed(whats) if isinstance(what, Compared)), None)
    proof = next((what for what in reversed(whats) if isinstance(what, Proof)), None)
    sides = {what.side for what in whats if isinstance(what, Looked)}
    own = tuple(what for what in whats if isinstance(what, RunError))
    errors = own if compared is None else (*own, *compared.errors)
    differences = tuple(what for what in whats if isinstance(what, Difference))
    changes = (*_made(run, whats), *(what for what in whats if isinstance(what, RunChange)))
    seen = HostSeen(
        looked=bool(sides) or bool(_WITHOUT_VMS.union({_OFFLINE}).intersection(run.playbooks)),
        changed=bool(changes),
        drifted=compared is not None and bool(compared.differences),
        proof=proof.status if proof else None,
        proof_needed=not run.check and bool(_PROVING.intersection(run.playbooks)),
    )
    return HostReport(
        outcome=outcome_of_host(errors, every_error, seen),
        looked_vsphere=VSPHERE in sides,
        looked_guest=GUEST in sides,
        proof=proof.status if proof else None,
        changes=changes,
        differences=differences if compared is None else compared.differences,
        evidence=proof.rows if proof else (),
        errors=errors,
        seconds=seconds,
    )


def _made(run: Run, whats: t.Sequence[t.Any]) -> tuple[RunChange, ...]:
    """A VM that is to be made, which is bound to its description: nothing else of it is known."""
    missing = next((what for what in whats if isinstance(what, Missing)), None)
    if missing is None or _MAKING not in run.playbooks:
        return ()
    return (RunChange(VSPHERE, "vm", None, f"made as described, {missing.description}", NOTHING, _MADE),)


def _outcome(
    run: Run, hosts: t.Mapping[str, HostReport], changes: t.Sequence[RunChange], errors: t.Sequence[RunError]
) -> str:
    found = [*(host.outcome for host in hosts.values()), *(outcome_of_error(error) for error in errors)]
    if not found and not _WITHOUT_VMS.intersection(run.playbooks):
        return FAILED
    return worst([*found, *([CHANGED] if changes else [])])


def _message(outcome: str, hosts: t.Mapping[str, HostReport], errors: t.Sequence[RunError]) -> str:
    """The outcome in one line: of the run's own errors, or of the hosts that have the outcome."""
    own = [error.message for error in errors if outcome_of_error(error) == outcome]
    if own:
        return own[0]
    named = [name for name, host in hosts.items() if host.outcome == outcome]
    if not named:
        return f"{outcome}: no host was looked at" if outcome == FAILED else outcome
    more = f" and {len(named) - _QUOTED} more" if len(named) > _QUOTED else ""
    said = next((error.message for name in named for error in hosts[name].errors), "")
    text = f"{outcome}: {len(named)} of {len(hosts)} hosts, {', '.join(named[:_QUOTED])}{more}"
    return f"{text}: {said}" if said else text
