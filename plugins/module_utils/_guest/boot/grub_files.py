# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that GRUB's kernel arguments come from, and what they come to together, as far as it can be known.

grub-mkconfig lets a shell read ``/etc/default/grub`` and then ``/etc/default/grub.d/*.cfg``. They are not run here: a
look must change nothing. Assignments at the beginning of a line are read as they are meant; what stands further in, as
in a branch, or is computed by a command, is left out. GRUB's menu shows what it has come to.
"""

from __future__ import annotations

import dataclasses
import re
import shlex
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree

from .arguments import tokens

DEFAULTS = "/etc/default/grub"
DROP_INS = "/etc/default/grub.d"
# What GRUB gives every kernel, and what it gives all but recovery entries, in this order (grub.d/10_linux).
_EVERY: t.Final = "GRUB_CMDLINE_LINUX"
DEFAULT_ENTRIES: t.Final = "GRUB_CMDLINE_LINUX_DEFAULT"
_ASSIGNMENT = re.compile(rf"^(?:export\s+)?({_EVERY}|{DEFAULT_ENTRIES})(\+?)=(.*)$", re.MULTILINE)


@dataclasses.dataclass(frozen=True)
class Origin:
    """A kernel argument of the next boot, and where it comes from."""

    argument: str
    """The argument."""
    path: str
    """The file that has it."""


@dataclasses.dataclass(frozen=True)
class NextBoot:
    """What the files give the kernel at the next boot, once GRUB's menu is made from them."""

    origins: tuple[Origin, ...]
    """The arguments in their order, without those that GRUB itself adds."""
    replaced_by: t.Mapping[str, str]
    """By file: the later file that sets its variable anew, so that nothing of it is left."""

    @property
    def line(self) -> tuple[str, ...]:
        """The arguments."""
        return tuple(origin.argument for origin in self.origins)


def next_boot(tree: Tree, path: str, content: str | None) -> NextBoot:
    """The next boot when the drop-in at ``path`` has this content; None when there is no such file."""
    names = {name for name in tree.names(DROP_INS) if name.endswith(".cfg") and not name.startswith(".")}
    drop_ins = sorted({f"{DROP_INS}/{name}" for name in names} - {path} | ({path} if content is not None else set()))
    found: dict[str, tuple[Origin, ...]] = {_EVERY: (), DEFAULT_ENTRIES: ()}
    replaced_by: dict[str, str] = {}
    for file in (DEFAULTS, *drop_ins):
        for variable, before, kept, after in _assignments((content if file == path else tree.text(file)) or ""):
            if not kept:
                replaced_by.update({origin.path: file for origin in found[variable] if origin.path != file})
            found[variable] = (
                *(Origin(argument, file) for argument in before),
                *(found[variable] if kept else ()),
                *(Origin(argument, file) for argument in after),
            )
    return NextBoot((*found[_EVERY], *found[DEFAULT_ENTRIES]), replaced_by)


def _assignments(text: str) -> t.Iterator[tuple[str, tuple[str, ...], bool, tuple[str, ...]]]:
    """Each variable that is set, the arguments before its old value, whether that is kept, and those after it."""
    for match in _ASSIGNMENT.finditer(text.replace("\\\n", " ")):
        variable, appends, rest = match.groups()
        try:
            value = (shlex.split(rest, comments=True) or [""])[0].rstrip(";")
        except ValueError:
            continue
        if "`" in value or "$(" in value:
            continue
        before, reference, after = _around(variable, value)
        if appends:
            yield variable, (), True, _plain(value)
        elif reference:
            yield variable, _plain(before), True, _plain(after)
        else:
            yield variable, (), False, _plain(value)


def _around(variable: str, value: str) -> tuple[str, str, str]:
    match = re.search(rf"\$\{{?{variable}\b", value)
    return (value[: match.start()], match.group(), value[match.end() :]) if match else (value, "", "")


def _plain(text: str) -> tuple[str, ...]:
    """The arguments in a text, without those that a shell or GRUB still expands."""
    return tuple(argument for argument in tokens(text) if "$" not in argument and argument != "}")
