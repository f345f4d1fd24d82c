# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a guest module runs: look, decide, show or do, look again."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.text import one_line

from .apply import Guest, Runner, apply
from .lock import exclusive
from .steps import AskDriver, AskFamily, BindDriver, Plan, ResizePool, RunCommand, Step

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

# Characters of a value in a message.
_LONGEST: t.Final = 200


def converge(module: AnsibleModule, decide: t.Callable[[Guest], Plan], rounds: int = 1) -> None:
    """Ends the module with what decide() planned, carried out unless in check mode.

    decide() reads the guest and is called again after the change: a plan that is then not empty is the error
    ``guest_not_converged``, so that a module never reports a state that is not there. An NfvError becomes fail_json.
    Nobody else changes the guest between the first look and the last: see lock. Check mode needs and takes no lock.

    rounds: how often what is then planned is carried out, where one change can uncover another.
    """
    guest = Guest(_command_runner(module))
    try:
        with contextlib.nullcontext() if module.check_mode else exclusive(guest):
            plan = final = decide(guest)
            for _round in range(0 if module.check_mode else rounds):
                if final.changed:
                    apply(final.steps, guest)
                    final = decide(guest)
            if final.changed and not module.check_mode:
                raise _not_converged(guest, final)
    except NfvError as error:
        module.fail_json(msg=str(error), **error.result())
    for warning in plan.warnings:
        module.warn(warning)
    module.exit_json(changed=plan.changed, diff={"before": plan.before, "after": plan.after}, **final.result)


def _not_converged(guest: Guest, plan: Plan) -> NfvError:
    """The error for a guest that is not as asked after the change: each setting that differs, and how."""
    before, after = _settings(plan.before), _settings(plan.after)
    differing = [
        f"{name} is {_shown(before.get(name))}, asked for {_shown(after.get(name))}"
        for name in dict.fromkeys([*before, *after])
        if before.get(name) != after.get(name)
    ]
    return NfvError(
        ErrorCode.GUEST_NOT_CONVERGED,
        guest.value("/proc/sys/kernel/hostname") or "this guest",
        f"after the change {'; '.join(differing) or f'there is still to do: {_steps(plan)}'}",
        plan.remedy or "Look for what else changes these settings on this guest, and run this again.",
    )


def _settings(values: t.Mapping[str, t.Any], prefix: str = "") -> dict[str, t.Any]:
    """The settings of a plan by name; those of one part of it have the part's name before theirs."""
    found: dict[str, t.Any] = {}
    for name, value in values.items():
        if isinstance(value, t.Mapping):
            found.update(_settings(value, f"{prefix}{name} "))
        else:
            found[f"{prefix}{name}"] = value
    return found


def _shown(value: t.Any) -> str:
    text = one_line(" ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value))
    shortened = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
    return "nothing" if value is None else shortened or "empty"


def _steps(plan: Plan) -> str:
    """What is still to do, by what each step acts upon."""
    return ", ".join(_object(step) for step in plan.steps)


def _object(step: Step) -> str:
    if isinstance(step, RunCommand):
        return " ".join(step.argv)
    if isinstance(step, (AskDriver, AskFamily)):
        return step.what
    return step.name if isinstance(step, (BindDriver, ResizePool)) else step.path


def report(module: AnsibleModule, read: t.Callable[[Guest], t.Mapping[str, t.Any]]) -> None:
    """Ends a module that only reads."""
    try:
        result = read(Guest(_command_runner(module)))
    except NfvError as error:
        module.fail_json(msg=str(error), **error.result())
    module.exit_json(changed=False, **result)


def _command_runner(module: AnsibleModule) -> Runner:
    def run(argv: t.Sequence[str]) -> tuple[int, str, str]:
        try:
            status, output, errors = module.run_command(list(argv), expand_user_and_vars=False, handle_exceptions=False)
        except OSError as error:
            return 127, "", str(error)
        return status, output, errors

    return run
