# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel arguments on Debian and Ubuntu: a drop-in for GRUB sets them for the next boot."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import (
    Plan,
    RemoveFile,
    RenameFile,
    RunCommand,
    Step,
    WriteFile,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree

DROP_IN = "/etc/default/grub.d/90-nfv-vsphere-dpdk.cfg"
GRUB_CFG = "/boot/grub/grub.cfg"
NEW_GRUB_CFG = "/boot/grub/grub.cfg.nfv-vsphere-dpdk"
GRUB_MKCONFIG = "/usr/sbin/grub-mkconfig"

# A shell reads the drop-in, and GRUB's own script language the menu made from it: allow nothing that either interprets.
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_VALUE = re.compile(r"[A-Za-z0-9_.,:=/@+%-]+")
# The kernel lets double quotes hold white space (admin guide, kernel-parameters).
_TOKEN = re.compile(r'(?:[^\s"]|"[^"]*")+')
_PENDING = "# GRUB's menu has not been made since this file was changed.\n"


def tokens(text: str) -> tuple[str, ...]:
    """Splits a kernel command line into arguments."""
    return tuple(_TOKEN.findall(text))


def by_key(arguments: t.Iterable[str]) -> dict[str, tuple[str | None, ...]]:
    """All values of each key, in order; None stands for an argument without a value."""
    values: dict[str, tuple[str | None, ...]] = {}
    for argument in arguments:
        key, equals, value = argument.partition("=")
        values[key] = (*values.get(key, ()), value if equals else None)
    return values


def written(arguments: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    """The arguments as the command line has them, in the order of the mapping.

    A value is a string, a number, None for an argument without a value, or a list for a key that occurs several times.
    Neighbouring keys with lists of the same length are interleaved, so that each ``hugepagesz`` is followed by its own
    ``hugepages``, as the kernel requires (admin guide, kernel-parameters).
    Raises NfvError(argument_invalid).
    """
    line: list[str] = []
    group: list[tuple[str, list[t.Any]]] = []
    for key, value in arguments.items():
        values = value if isinstance(value, (list, tuple)) else [value]
        if group and (len(values) == 1 or len(values) != len(group[0][1])):
            line += _by_entry(group)
            group = []
        group.append((key, list(values)))
    return tuple(line + _by_entry(group))


def _by_entry(group: t.Sequence[tuple[str, list[t.Any]]]) -> list[str]:
    if not group:
        return []
    return [_token(key, values[entry]) for entry in range(len(group[0][1])) for key, values in group]


def _token(key: str, value: t.Any) -> str:
    if (
        not _KEY.fullmatch(key)
        or isinstance(value, (bool, dict))
        or (value is not None and not _VALUE.fullmatch(str(value)))
    ):
        raise NfvError(
            ErrorCode.ARGUMENT_INVALID,
            f"{key}={value}",
            "is not a kernel argument that can be written",
            "Use a quoted string of letters, digits and _.,:=/@+%-, or null for an argument without a value.",
        )
    return key if value is None else f"{key}={value}"


def drop_in(line: t.Sequence[str], pending: bool = False) -> str:
    """The drop-in's content. It extends GRUB_CMDLINE_LINUX_DEFAULT, which recovery entries ignore."""
    return (
        "# Managed by the Ansible collection nfv.vsphere_dpdk.\n"
        + (_PENDING if pending else "")
        + f'GRUB_CMDLINE_LINUX_DEFAULT="$GRUB_CMDLINE_LINUX_DEFAULT {" ".join(line)}"\n'
    )


def drop_in_arguments(content: str) -> tuple[str, ...]:
    """The arguments in a drop-in that drop_in() wrote."""
    match = re.search(r'DEFAULT (.*)"$', content, re.MULTILINE)
    return tokens(match.group(1)) if match else ()


def menu_lines(grub_cfg: str) -> tuple[frozenset[str], ...]:
    """The arguments of every kernel in GRUB's menu."""
    lines = (line.split() for line in grub_cfg.splitlines())
    return tuple(frozenset(words[2:]) for words in lines if len(words) > 1 and words[0] == "linux")


def plan(tree: Tree, arguments: t.Mapping[str, t.Any], state: str) -> Plan:
    """Plans to make GRUB pass the arguments to the kernel (state present), or to remove those set before (absent).

    The drop-in carries a mark until the menu is made, so that the next run finishes an interrupted one. The new menu is
    written to a file of its own and then renamed into place: update-grub copies it byte by byte, and a guest that lost
    power meanwhile would not boot.
    Raises NfvError: argument_invalid, bootloader_unsupported.
    """
    asked = written(arguments)
    running = tokens(tree.text("/proc/cmdline") or "")
    current = tree.text(DROP_IN)
    menu = menu_lines(tree.text(GRUB_CFG) or "")
    line = asked if state == "present" else ()
    wanted = drop_in(line) if line else None
    steps = () if current == wanted and _carried(line, menu) else _steps(tree, line, wanted)
    before = drop_in_arguments(current or "")
    finished = _carried(before, menu) and _PENDING not in (current or "")
    awaited = pending(asked, running) if state == "present" else _leftover(asked, current, running, menu)
    return Plan(
        steps=steps,
        before={"arguments": list(before), "grub_cfg": "current" if finished else "outdated"},
        after={"arguments": list(line), "grub_cfg": "current"},
        result=outcome(line, running, awaited, configured=not steps),
    )


def outcome(
    line: t.Sequence[str], running: t.Sequence[str], awaited: t.Sequence[str], configured: bool
) -> dict[str, t.Any]:
    """What the module returns, whatever the boot loader."""
    return {
        "arguments": list(line),
        "running": list(running),
        "configured": configured,
        "pending": list(awaited),
        "reboot_required": bool(awaited),
    }


def _carried(line: t.Sequence[str], menu: t.Sequence[frozenset[str]]) -> bool:
    """Whether any entry of the menu has all the arguments; recovery entries never do."""
    return not line or any(set(line) <= entry for entry in menu)


def _steps(tree: Tree, line: t.Sequence[str], wanted: str | None) -> tuple[Step, ...]:
    if not tree.exists(GRUB_MKCONFIG):
        raise NfvError(
            ErrorCode.BOOTLOADER_UNSUPPORTED,
            GRUB_MKCONFIG,
            "does not exist, nor does grubby with entries in /boot/loader/entries: there is no supported boot loader",
            "Install grub-pc or grub-efi (Debian), or grubby (RHEL), or set these with your boot loader's tools: "
            + " ".join(line),
        )
    return (
        WriteFile(DROP_IN, drop_in(line, pending=True)),
        RunCommand(
            (GRUB_MKCONFIG, "-o", NEW_GRUB_CFG),
            ErrorCode.UPDATE_GRUB_FAILED,
            "Correct GRUB's configuration and run this again.",
        ),
        RenameFile(NEW_GRUB_CFG, GRUB_CFG),
        RemoveFile(DROP_IN) if wanted is None else WriteFile(DROP_IN, wanted),
    )


def pending(asked: t.Sequence[str], running: t.Sequence[str]) -> tuple[str, ...]:
    """The arguments that only a reboot brings: all those of every key whose values differ in the running kernel."""
    now = by_key(running)
    differing = {key for key, values in by_key(asked).items() if now.get(key) != values}
    return tuple(argument for argument in asked if argument.partition("=")[0] in differing)


def _leftover(
    asked: t.Sequence[str], current: str | None, running: t.Sequence[str], menu: t.Sequence[frozenset[str]]
) -> tuple[str, ...]:
    """Arguments set by this collection that the running kernel still has and that a reboot removes.

    While the drop-in exists, it is where all of these arguments in the menu come from.
    """
    ours = set(asked) | set(drop_in_arguments(current or ""))
    staying = frozenset[str]() if current is not None else frozenset[str]().union(*menu)
    return tuple(argument for argument in running if argument in ours and argument not in staying)
