# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error type of the collection: a code for machines, a line for people."""

from __future__ import annotations

import dataclasses
import typing as t

from .error_codes import ErrorCode
from .text import listed, one_line, visible

__all__ = ["ErrorCode", "NfvError", "Problem", "joined", "listed"]


@dataclasses.dataclass(frozen=True)
class Problem:
    """One thing wrong with what the user wrote."""

    path: str
    """Where it is, as a key path such as ``nfv_dataplane.cpu.polling``."""
    message: str
    """What is wrong and what would be right, in one line."""
    error_code: ErrorCode
    """The same for machines, such as ``polling_beyond_count``."""

    def __str__(self) -> str:
        return f"[{self.error_code}] {self.path}: {self.message}"

    def as_data(self) -> dict[str, str]:
        """The problem as playbooks store it: plain strings, because variables cannot hold an enum."""
        return {"path": self.path, "message": self.message, "error_code": self.error_code.value}


class NfvError(Exception):
    """A refusal or failure that a person can act on."""

    error_code: ErrorCode
    """A stable name for machines, such as ``network_not_found``."""
    subject: str
    """Name of the affected object: a VM, a host, an adapter."""
    attempted: str
    """What was attempted and how it failed, in one line."""
    remedy: str
    """What to do about it, in one line; empty when there is nothing to say."""
    details: dict[str, t.Any]
    """Further keys for a module's result, such as how far it got with each VM."""

    def __init__(
        self,
        error_code: ErrorCode,
        subject: str,
        attempted: str,
        remedy: str = "",
        details: t.Mapping[str, t.Any] | None = None,
    ) -> None:
        self.error_code = error_code
        self.subject = visible(subject)
        self.attempted = one_line(attempted)
        self.remedy = one_line(remedy)
        self.details = dict(details or {})
        super().__init__(str(self))

    def __str__(self) -> str:
        line = f"[{self.error_code}] {self.subject}: {self.attempted}"
        return f"{line.rstrip('.')}. {self.remedy}" if self.remedy else line

    def result(self) -> dict[str, t.Any]:
        """The error as keys of a module's result."""
        return {
            "error_code": self.error_code.value,
            "subject": self.subject,
            "attempted": self.attempted,
            "remedy": self.remedy,
            **self.details,
        }


def joined(errors: t.Sequence[NfvError], details: t.Mapping[str, t.Any] | None = None, what: str = "VMs") -> NfvError:
    """Combines errors into one. Several have their common code, or else ``several_errors``."""
    if len(errors) == 1:
        error = errors[0]
        return NfvError(error.error_code, error.subject, error.attempted, error.remedy, details or error.details)
    codes = {error.error_code for error in errors}
    return NfvError(
        codes.pop() if len(codes) == 1 else ErrorCode.SEVERAL_ERRORS,
        f"{len(errors)} {what}",
        listed(errors),
        details=details,
    )
