# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One row of the readiness table: what is asked of one object, what was seen, and what to do.

Guests and testers make rows, too: this file is valid on Python 3.9 and imports the standard library only.
"""

from __future__ import annotations

import dataclasses
import enum
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.error_codes import ErrorCode


class Subject(str, enum.Enum):
    """Whom a row is about, in the order in which one would mend them: each relies on those before it."""

    ACCOUNT = "account"
    """The vSphere user and its privileges."""
    VCENTER = "vcenter"
    """vCenter itself, such as the version of its API."""
    CLUSTER = "cluster"
    """A cluster: DRS, HA, EVC, and whether its hosts are alike."""
    HOST = "host"
    """An ESXi host."""
    NETWORK = "network"
    """A port group, with its switch."""
    TEMPLATE = "template"
    """A template that VMs are made from."""
    GUEST = "guest"
    """The guest of a VM that runs."""
    TESTER = "tester"
    """A machine that sends and counts test traffic."""
    PLAN = "plan"
    """The place of a VM."""


class Verdict(str, enum.Enum):
    """What a look came to."""

    READY = "ready"
    """What is asked is there."""
    NOT_READY = "not_ready"
    """What is asked is not there."""
    UNKNOWN = "unknown"
    """The look failed or was not possible; that is never taken for ready."""
    NOT_ASKED = "not_asked"
    """Nothing in the descriptions asks for it; what was seen is told all the same."""


@dataclasses.dataclass(frozen=True)
class Row:
    """What is asked of one object, and what was seen.

    Make one by ``ready``, ``not_ready``, ``unknown`` or ``not_asked``.
    """

    subject: Subject
    """Whom it is about."""
    object: str
    """Name of the object, such as a host's or a port group's; of a VM for the guest, the template's VM and the plan."""
    check: str
    """What is looked at, as a stable name for machines, such as ``privilege`` or ``promiscuous``."""
    asked: str
    """What must be true, in a few words with its unit; empty when nothing is asked."""
    seen: str
    """What is there; for ``unknown`` why it could not be told."""
    verdict: Verdict
    """What the comparison came to."""
    code: ErrorCode | None = None
    """For machines: why it is not ready or unknown. None for the other verdicts."""
    remedy: str = ""
    """What to do, in one line; empty when there is nothing to do."""

    @classmethod
    def ready(cls, subject: Subject, name: str, check: str, asked: str, seen: str) -> Row:
        """What is asked is there."""
        return cls(subject, name, check, asked, seen, Verdict.READY)

    @classmethod
    def not_ready(
        cls, subject: Subject, name: str, check: str, asked: str, seen: str, *, code: ErrorCode, remedy: str
    ) -> Row:
        """What is asked is not there."""
        return cls(subject, name, check, asked, seen, Verdict.NOT_READY, code, remedy)

    @classmethod
    def unknown(
        cls, subject: Subject, name: str, check: str, asked: str, seen: str, *, code: ErrorCode, remedy: str
    ) -> Row:
        """The look failed; ``seen`` says why."""
        return cls(subject, name, check, asked, seen, Verdict.UNKNOWN, code, remedy)

    @classmethod
    def not_asked(cls, subject: Subject, name: str, check: str, seen: str) -> Row:
        """Nothing asks for it."""
        return cls(subject, name, check, "", seen, Verdict.NOT_ASKED)

    def to_dict(self) -> dict[str, t.Any]:
        """The row as modules return it: plain strings, and None without a code."""
        return {
            **dataclasses.asdict(self),
            "subject": self.subject.value,
            "verdict": self.verdict.value,
            "code": None if self.code is None else self.code.value,
        }

    @classmethod
    def from_dict(cls, data: t.Mapping[str, t.Any]) -> Row:
        """The row that ``to_dict`` wrote. Raises KeyError, TypeError or ValueError for anything else."""
        texts = {name: str(data[name]) for name in ("object", "check", "asked", "seen", "remedy")}
        code = data["code"]
        return cls(
            subject=Subject(data["subject"]),
            verdict=Verdict(data["verdict"]),
            code=None if code is None else ErrorCode(code),
            **texts,
        )
