# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel arguments: how they are written, and which of them the kernel obeys when a key occurs several times.

The kernel has no rule for that: each key has a handler of its own, which is called once for each occurrence. Most keep
the last value; those in ``_FIRST_COUNTS`` keep the first and only warn of another one (kernel/sched/isolation.c,
mm/hugetlb.c); consoles and the like add up. In a key ``-`` is the same as ``_`` (kernel/params.c, parameq), and what
follows ``--`` is for init.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import parse_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

# A shell reads GRUB's files, and GRUB's own script language the menu made from them: allow nothing that either
# interprets.
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_VALUE = re.compile(r"[A-Za-z0-9_.,:=/@+%-]+")
# The kernel lets double quotes hold white space (admin guide, kernel-parameters).
_TOKEN = re.compile(r'(?:[^\s"]|"[^"]*")+')
_SIZE = re.compile(r"([0-9]+)([KMG]?)", re.IGNORECASE)
_UNITS_KB: t.Final = {"K": 1, "M": 1024, "G": 1048576}
_FIRST_COUNTS: t.Final = frozenset({"nohz_full", "default_hugepagesz"})
# Every occurrence counts (admin guide, kernel-parameters; kmod's modprobe.d(5); dracut.cmdline(7)).
_ADD_UP = re.compile(r"console|memmap|ip|modprobe\.blacklist|rd\..*")
_POOLS: t.Final = ("hugepagesz", "hugepages")
_DEFAULT_SIZE: t.Final = "default_hugepagesz"
_ISOLATION: t.Final = "isolcpus"

Value = t.Optional[str]


def tokens(text: str) -> tuple[str, ...]:
    """Splits a kernel command line into arguments."""
    return tuple(_TOKEN.findall(text))


def key_of(argument: str) -> str:
    """The key of an argument, as the kernel compares it."""
    return argument.partition("=")[0].strip('"').replace("-", "_")


def by_key(arguments: t.Iterable[str]) -> dict[str, tuple[Value, ...]]:
    """All values of each key, in order; None stands for an argument without a value."""
    values: dict[str, tuple[Value, ...]] = {}
    for argument in arguments:
        _key, equals, value = argument.partition("=")
        key = key_of(argument)
        values[key] = (*values.get(key, ()), value.replace('"', "") if equals else None)
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


def unmet(asked: t.Sequence[str], line: t.Sequence[str]) -> tuple[str, ...]:
    """The asked arguments that a kernel with this command line does not obey: missing, or overruled on the line."""
    read = list(line[: line.index("--")]) if "--" in line else list(line)
    wanted, there = by_key(asked), by_key(read)
    failing = {key for key, values in wanted.items() if key not in _POOLS and not _obeyed(key, values, there)}
    pools = _unmet_pools(asked, read)
    return tuple(argument for argument in asked if argument in pools or key_of(argument) in failing)


def overruling(asked: t.Sequence[str], line: t.Sequence[str]) -> tuple[str, ...]:
    """The arguments of a line that keep asked ones from being obeyed; empty when those are just missing."""
    keys = {key_of(argument) for argument in unmet(asked, line)}
    return tuple(dict.fromkeys(each for each in line if key_of(each) in keys and each not in asked))


def _obeyed(key: str, wanted: tuple[Value, ...], there: t.Mapping[str, tuple[Value, ...]]) -> bool:
    values = [_comparable(key, value) for value in there.get(key, ())]
    asked = [_comparable(key, value) for value in wanted]
    if key == _ISOLATION:
        held = _isolation(there.get(key, ()))
        return all(held.get(flag) == cpus for flag, cpus in _isolation(wanted).items())
    if key in _FIRST_COUNTS:
        return bool(values) and all(value == asked[0] for value in values)
    if _ADD_UP.fullmatch(key):
        remaining = iter(values)
        return all(value in remaining for value in asked)
    return values[-len(asked) :] == asked


def _comparable(key: str, value: Value) -> t.Any:
    """Equal for values that mean the same: ``1-2`` and ``1,2`` as CPUs, ``1G`` and ``1024M`` as a size."""
    if value is None:
        return None
    if key == _DEFAULT_SIZE:
        return _size_kb(value)
    cpus = parse_cpu_list(value)
    return value if cpus is None else cpus


def _isolation(values: t.Iterable[Value]) -> dict[str, t.Any]:
    """CPUs by flag of ``isolcpus=[flag,...]cpus``. The kernel ignores one that contradicts an earlier one."""
    held: dict[str, t.Any] = {}
    for value in values:
        parts = (value or "").split(",")
        flags = [part for part in parts if part[:1].isalpha()]
        listed = ",".join(part for part in parts if part not in flags)
        cpus = parse_cpu_list(listed)
        asked = dict.fromkeys(flags or ["domain"], listed if cpus is None else cpus)
        if all(held.get(flag, same) == same for flag, same in asked.items()):
            held.update(asked)
    return held


def _unmet_pools(asked: t.Sequence[str], line: t.Sequence[str]) -> set[str]:
    there = _pools(line)
    unmet_arguments: set[str] = set()
    size: str | None = None
    for argument in asked:
        key, _equals, value = argument.partition("=")
        if key == "hugepagesz":
            size = argument
            if _size_kb(value) not in there:
                unmet_arguments.add(argument)
        elif key == "hugepages":
            counts = there.get(_default_kb(asked) if size is None else _size_kb(size.partition("=")[2]), ())
            if not counts or any(count != value for count in counts):
                unmet_arguments.add(argument)
    return unmet_arguments


def _pools(line: t.Sequence[str]) -> dict[t.Any, tuple[Value, ...]]:
    """The counts of each size of hugepages on a line; of several for one size the kernel takes the first only."""
    size = _default_kb(line)
    found: dict[t.Any, tuple[Value, ...]] = {}
    for argument in line:
        key, _equals, value = argument.partition("=")
        if key == "hugepagesz":
            size = _size_kb(value)
            found.setdefault(size, ())
        elif key == "hugepages":
            found[size] = (*found.get(size, ()), value)
    return found


def _default_kb(line: t.Sequence[str]) -> t.Any:
    """The size of pages that are counted before any size is named: 2 MiB on x86-64."""
    named = by_key(line).get(_DEFAULT_SIZE)
    return _size_kb(named[0] or "") if named else 2048


def _size_kb(text: str) -> t.Any:
    """A size such as ``2M`` in KiB; the text itself when it is none."""
    match = _SIZE.fullmatch(text)
    if match is None:
        return text
    return int(match.group(1)) * _UNITS_KB[match.group(2).upper()] if match.group(2) else int(match.group(1)) // 1024
