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

from .arguments import overruling, tokens, unmet, written
from .grub_files import DEFAULT_ENTRIES, DROP_INS, NextBoot, next_boot

DROP_IN = f"{DROP_INS}/90-nfv-vsphere-dpdk.cfg"
GRUB_CFG = "/boot/grub/grub.cfg"
NEW_GRUB_CFG = "/boot/grub/grub.cfg.nfv-vsphere-dpdk"
GRUB_MKCONFIG = "/usr/sbin/grub-mkconfig"

_PENDING = "# GRUB's menu has not been made since this file was changed.\n"


def drop_in(line: t.Sequence[str], pending: bool = False) -> str:
    """The drop-in's content. It extends GRUB_CMDLINE_LINUX_DEFAULT, which recovery entries ignore."""
    return (
        "# Managed by the Ansible collection nfv.vsphere_dpdk.\n"
        + (_PENDING if pending else "")
        + f'{DEFAULT_ENTRIES}="${DEFAULT_ENTRIES} {" ".join(line)}"\n'
    )


def drop_in_arguments(content: str) -> tuple[str, ...]:
    """The arguments in a drop-in that drop_in() wrote."""
    match = re.search(r'DEFAULT (.*)"$', content, re.MULTILINE)
    return tokens(match.group(1)) if match else ()


def menu_lines(grub_cfg: str) -> tuple[tuple[str, ...], ...]:
    """The arguments of every kernel in GRUB's menu."""
    lines = (line.split(None, 2) for line in grub_cfg.splitlines())
    return tuple(tokens(words[2]) if len(words) > 2 else () for words in lines if words[:1] == ["linux"])


def plan(tree: Tree, arguments: t.Mapping[str, t.Any], state: str) -> Plan:
    """Plans to make GRUB pass the arguments to the kernel (state present), or to remove those set before (absent).

    The drop-in carries a mark until the menu is made, so that the next run finishes an interrupted one. The new menu is
    written to a file of its own and then renamed into place: update-grub copies it byte by byte, and a guest that lost
    power meanwhile would not boot.

    Raises NfvError: argument_invalid, bootloader_unsupported; and kernel_argument_overruled when other files of GRUB
    would keep the kernel from obeying an argument, so that no reboot could help.
    """
    asked = written(arguments)
    running = tokens(tree.text("/proc/cmdline") or "")
    current = tree.text(DROP_IN)
    menu = menu_lines(tree.text(GRUB_CFG) or "")
    line = asked if state == "present" else ()
    wanted = drop_in(line) if line else None
    _refuse_overruled(line, next_boot(tree, DROP_IN, wanted))
    steps = () if current == wanted and _carried(line, menu) else _steps(tree, line, wanted)
    before = drop_in_arguments(current or "")
    finished = _carried(before, menu) and _PENDING not in (current or "")
    awaited = unmet(asked, running) if state == "present" else _leftover(tree, asked, running, menu)
    return Plan(
        steps=steps,
        before={"arguments": list(before), "grub_cfg": "current" if finished else "outdated"},
        after={"arguments": list(line), "grub_cfg": "current"},
        result=outcome(line, running, awaited, configured=not steps),
        remedy=f"No kernel in {GRUB_CFG} obeys {' '.join(line)}: look for what else sets {DEFAULT_ENTRIES}, in"
        f" {DROP_INS} and /etc/grub.d.",
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


def _carried(line: t.Sequence[str], menu: t.Sequence[t.Sequence[str]]) -> bool:
    """Whether a kernel of the menu obeys all the arguments; recovery entries never have them."""
    return not line or any(not unmet(line, entry) for entry in menu)


def _refuse_overruled(line: t.Sequence[str], boot: NextBoot) -> None:
    """Raises NfvError: kernel_argument_overruled, naming the file that is to be corrected."""
    disobeyed = unmet(line, boot.line)
    if not disobeyed:
        return
    later = boot.replaced_by.get(DROP_IN)
    if later is not None:
        raise NfvError(
            ErrorCode.KERNEL_ARGUMENT_OVERRULED,
            later,
            f"sets {DEFAULT_ENTRIES} anew after {DROP_IN}, so that the kernel would not get {' '.join(disobeyed)};"
            " nothing was changed",
            f'Let it extend the variable, {DEFAULT_ENTRIES}="${DEFAULT_ENTRIES} ...", or give it a name that sorts'
            " before 90-, and run this again.",
        )
    others = set(overruling(line, boot.line))
    guilty = [origin for origin in boot.origins if origin.argument in others]
    raise NfvError(
        ErrorCode.KERNEL_ARGUMENT_OVERRULED,
        ", ".join(dict.fromkeys(origin.path for origin in guilty)) or DROP_IN,
        f"has {' '.join(dict.fromkeys(origin.argument for origin in guilty)) or 'what ends the arguments (--)'}, so"
        f" that the kernel would not obey {' '.join(disobeyed)}, not even after a reboot; nothing was changed",
        "Take it out there, and run this again.",
    )


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


def _leftover(
    tree: Tree, asked: t.Sequence[str], running: t.Sequence[str], menu: t.Sequence[t.Sequence[str]]
) -> tuple[str, ...]:
    """Arguments set by this collection that the running kernel still has and that a reboot removes.

    Those that the machine has in other files stay. Without the drop-in, what the menu has comes from others.
    """
    current = tree.text(DROP_IN)
    ours = set(asked) | set(drop_in_arguments(current or ""))
    others = [next_boot(tree, DROP_IN, None).line] if current is not None else menu
    staying = {argument for line in others for argument in line}
    return tuple(argument for argument in running if argument in ours and argument not in staying)
