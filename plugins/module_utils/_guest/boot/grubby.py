# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel arguments on the RHEL family, where each kernel has its own boot entry and grubby updates them all.

Entries are files of the Boot Loader Specification; ``grubby --update-kernel=ALL`` also covers kernels that are
installed later (grubby(8)). grubby replaces existing values of a key, so a record keeps the machine's own values until
they are restored. Older releases of grubby confuse a key with others that begin with it, so every run reads the entries
themselves and trusts nothing else.
"""

from __future__ import annotations

import dataclasses
import json
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import (
    Plan,
    RemoveFile,
    RunCommand,
    Step,
    WriteFile,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree

from .arguments import by_key, key_of, tokens, unmet, written
from .grub import outcome

GRUBBY = "/usr/sbin/grubby"
ENTRIES = "/boot/loader/entries"
GRUBENV = "/boot/grub2/grubenv"
RECORD = "/etc/nfv-vsphere-dpdk/kernel-arguments.json"
# RHEL 8 keeps what all kernels share in GRUB's environment, under this name.
_SHARED = "kernelopts"


@dataclasses.dataclass(frozen=True)
class ArgumentsRecord:
    """What this collection wrote into the boot entries."""

    arguments: tuple[str, ...] = ()
    """Arguments that it added."""
    replaced: tuple[str, ...] = ()
    """The machine's own arguments with the same keys, which it replaced."""

    def text(self) -> str:
        """Content of the record's file."""
        return json.dumps({"arguments": self.arguments, "replaced": self.replaced}, indent=2) + "\n"


def in_charge(tree: Tree) -> bool:
    """Whether this machine's kernel arguments are set with grubby."""
    return tree.exists(GRUBBY) and bool(entries(tree))


def entries(tree: Tree) -> tuple[tuple[str, ...], ...]:
    """The arguments of each kernel's entry, with the shared ones expanded."""
    shared = [
        line.partition("=")[2] for line in (tree.text(GRUBENV) or "").splitlines() if line.startswith(f"{_SHARED}=")
    ]
    found = []
    for name in tree.names(ENTRIES):
        if name.endswith(".conf"):
            lines = [line.split(None, 1) for line in (tree.text(f"{ENTRIES}/{name}") or "").splitlines()]
            options = " ".join(words[1] for words in lines if len(words) == 2 and words[0] == "options")
            found.append(tokens(options.replace(f"${_SHARED}", " ".join(shared))))
    return tuple(found)


def read_record(tree: Tree) -> ArgumentsRecord:
    """The record, empty when there is none. Raises NfvError(kernel_arguments_record_invalid)."""
    text = tree.text(RECORD)
    if text is None:
        return ArgumentsRecord()
    try:
        content = json.loads(text)
        return ArgumentsRecord(tuple(map(str, content["arguments"])), tuple(map(str, content["replaced"])))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise NfvError(
            ErrorCode.KERNEL_ARGUMENTS_RECORD_INVALID,
            RECORD,
            f"does not hold the kernel arguments that were set: {error}",
            "Correct the boot entries with grubby by hand, remove the file, and run this again.",
        ) from error


def plan(tree: Tree, arguments: t.Mapping[str, t.Any], state: str) -> Plan:
    """Plans to write the arguments into every entry (state present), or to remove those set before (absent).

    The record is written before grubby runs, so that after an interruption the next run can tell this collection's
    arguments from the machine's own.
    Raises NfvError: argument_invalid, kernel_arguments_record_invalid.
    """
    asked = written(arguments)
    running = tokens(tree.text("/proc/cmdline") or "")
    record = read_record(tree)
    menu = entries(tree)
    line = asked if state == "present" else ()
    replaced = _unique(record.replaced, _machines_own(menu, line, record))
    keys = by_key(line)
    restored = tuple(argument for argument in replaced if key_of(argument) not in keys)
    removed = tuple(argument for argument in _unique(record.arguments, replaced) if argument not in (*line, *restored))
    final = ArgumentsRecord(line, tuple(argument for argument in replaced if argument not in restored))
    current = all(_as_asked(entry, line, restored, removed) for entry in menu)
    steps = () if current and record == final else _steps(record, final, removed, restored, replaced)
    awaited = unmet(asked, running) if state == "present" else _leftover(asked, record, running, menu)
    return Plan(
        steps=steps,
        before={"arguments": list(record.arguments), "boot_entries": "current" if current else "outdated"},
        after={"arguments": list(line), "boot_entries": "current"},
        result=outcome(line, running, awaited, configured=not steps),
    )


def _machines_own(menu: t.Sequence[tuple[str, ...]], line: t.Sequence[str], record: ArgumentsRecord) -> tuple[str, ...]:
    """The machine's own arguments in the entries that grubby is about to replace."""
    keys = by_key(line)
    return tuple(
        argument
        for entry in menu
        for argument in entry
        if key_of(argument) in keys and argument not in record.arguments
    )


def _as_asked(
    entry: tuple[str, ...], line: t.Sequence[str], restored: t.Sequence[str], removed: t.Sequence[str]
) -> bool:
    """Whether an entry has exactly the given values of each key, every restored argument, and no removed one."""
    there = by_key(entry)
    return (
        all(there.get(key) == values for key, values in by_key(line).items())
        and set(restored) <= set(entry)
        and not set(removed) & set(entry)
    )


def _steps(
    record: ArgumentsRecord,
    final: ArgumentsRecord,
    removed: t.Sequence[str],
    restored: t.Sequence[str],
    replaced: tuple[str, ...],
) -> tuple[Step, ...]:
    command = [GRUBBY, "--update-kernel=ALL"]
    # The new arguments are removed first, too: the order matters when a key occurs several times.
    if removed or final.arguments:
        command.append("--remove-args=" + " ".join(_unique(removed, final.arguments)))
    if final.arguments or restored:
        command.append("--args=" + " ".join((*final.arguments, *restored)))
    known = ArgumentsRecord(_unique(record.arguments, final.arguments), replaced)
    return (
        WriteFile(RECORD, known.text()),
        RunCommand(tuple(command), ErrorCode.GRUBBY_FAILED, "Check /boot/loader/entries, and run this again."),
        WriteFile(RECORD, final.text()) if final.arguments else RemoveFile(RECORD),
    )


def _leftover(
    asked: t.Sequence[str], record: ArgumentsRecord, running: t.Sequence[str], menu: t.Sequence[tuple[str, ...]]
) -> tuple[str, ...]:
    """Arguments set by this collection that the running kernel still has and that a reboot removes."""
    ours = {*asked, *record.arguments}
    staying = set(record.replaced) if record.arguments else {argument for entry in menu for argument in entry}
    return tuple(argument for argument in running if argument in ours and argument not in staying)


def _unique(*groups: t.Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(argument for group in groups for argument in group))
