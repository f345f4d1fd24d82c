# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a run ended: outcomes from error codes, of a host, and of all of it."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.error_codes import ErrorCode

from .model import CHANGED, CLEAN, DRIFT, FAILED, NOT_PROVED, OUTCOMES, REFUSED, RunError
from .read import codes_in

_CODES: t.Final = tuple(ErrorCode)
# The codes under "Description and options". Two of them mean that nothing was looked at.
DESCRIPTION: t.Final = frozenset(_CODES[: _CODES.index(ErrorCode.QUERY_INVALID) + 1])
_UNSEEN: t.Final = frozenset({ErrorCode.HOSTS_MISSING, ErrorCode.CHECKS_SKIPPED})
_REFUSED: t.Final = frozenset(code.value for code in DESCRIPTION - _UNSEEN) | {
    ErrorCode.POWER_OFF_NEEDED.value,
    ErrorCode.REBOOT_CONSENT_MISSING.value,
    ErrorCode.RESTART_REQUIRED.value,
    ErrorCode.INTERRUPT_CONSENT_MISSING.value,
    ErrorCode.FEATURE_BLOCKED.value,
    ErrorCode.PLACEMENT_IMPOSSIBLE.value,
    ErrorCode.READINESS_NOT_MET.value,
    ErrorCode.PLAN_OUTDATED.value,
}
_NOT_PROVED: t.Final = frozenset(
    {
        ErrorCode.POLL_MODE_NOT_PROVED.value,
        ErrorCode.POLL_MODE_NOT_RUNNING.value,
        ErrorCode.VERIFICATION_SKIPPED.value,
    }
)


@dataclasses.dataclass(frozen=True)
class HostSeen:
    """What a run has seen of a host."""

    looked: bool
    """Whether any side of it answered."""
    changed: bool
    """Whether anything of it was changed, or would be."""
    drifted: bool
    """Whether the playbook drift has found differences."""
    proof: str | None
    """The status of its verdict; None without one."""
    proof_needed: bool
    """Whether the run has to prove something; a plan has not."""


def worst(outcomes: t.Iterable[str]) -> str:
    """The worst of some outcomes, CLEAN of none."""
    return max(outcomes, key=OUTCOMES.index, default=CLEAN)


def outcome_of_code(code: str | None) -> str:
    """What an error makes of a run; FAILED for one without a code."""
    if code == ErrorCode.DRIFT_FOUND:
        return DRIFT
    if code in _NOT_PROVED:
        return NOT_PROVED
    return REFUSED if code in _REFUSED else FAILED


def outcome_of_error(error: RunError) -> str:
    """What an error makes of a run. Several errors in one count as the worst that the message names."""
    if error.code == ErrorCode.SEVERAL_ERRORS:
        known = {code.value for code in ErrorCode}
        named = [outcome_of_code(code) for code in codes_in(error.message)[1:] if code in known]
        return worst(named) if named else FAILED
    return outcome_of_code(error.code)


def outcome_of_host(errors: t.Sequence[RunError], elsewhere: t.Sequence[RunError], seen: HostSeen) -> str:
    """How the run ended for a host.

    errors: its own; elsewhere: those of other hosts and of the run, which end it for this one, too.
    """
    if errors:
        return worst(outcome_of_error(error) for error in errors)
    if not seen.looked:
        return worst(outcome_of_error(error) for error in elsewhere) if elsewhere else FAILED
    if seen.proof == "failed" or (seen.proof_needed and seen.proof in (None, "skipped")):
        return NOT_PROVED
    if seen.drifted:
        return DRIFT
    return CHANGED if seen.changed else CLEAN
