# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Questions of VMs. A VM that asks one does nothing until it is answered, and its tasks wait."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

if t.TYPE_CHECKING:
    from .client import Properties

QUESTION: t.Final = "runtime.question"


@dataclasses.dataclass(frozen=True)
class Question:
    """A question that a VM waits to have answered (vim.vm.QuestionInfo)."""

    text: str
    """The question."""
    choices: tuple[str, ...]
    """The answers to choose from."""

    def error(self, vm: str, attempted: str) -> NfvError:
        """The error for a VM that waits for the answer. attempted: what it keeps from being done."""
        return NfvError(
            ErrorCode.VM_QUESTION_PENDING,
            vm,
            f"{attempted}: the VM waits for the answer to a question: {self.text} ({' / '.join(self.choices)})",
            "Answer it (vSphere Client, Answer Question); what waits for the answer then goes on. Run again after that",
        )


def question_of(properties: Properties) -> Question | None:
    """The question that a VM waits to have answered; None when it has none."""
    asked = properties.get(QUESTION)
    if asked is None:
        return None
    offered = (asked.choice.choiceInfo or ()) if asked.choice is not None else ()
    return Question(asked.text or "", tuple(each.label or each.key for each in offered))
