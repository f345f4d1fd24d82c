# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads advanced settings (config.extraConfig) without regard to the case of their keys, as ESXi reads VMX files."""

from __future__ import annotations

import fnmatch
import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.adapter_settings import ADAPTER_KEYS
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.settings import ADVANCED_KEYS, CONFLICTS

_KNOWN: t.Final = {key.lower(): key for key in ADVANCED_KEYS.values()}
_OF_ADAPTERS: t.Final = {key.lower(): key for key in ADAPTER_KEYS}
_ADAPTER_KEY: t.Final = re.compile(r"(ethernet[0-9]+)\.([^.]+)")
_CONFLICT_KEY: t.Final = re.compile("|".join(fnmatch.translate(pattern.lower()) for pattern in CONFLICTS))

# What the values of a key in several spellings are shown with, when they differ: nobody knows which one counts.
_DIFFERENT: t.Final = " / "


def advanced_settings(options: t.Iterable[t.Any]) -> dict[str, str]:
    """The advanced settings that the collection writes or reports, by its own spelling of their keys.

    options: vim.option.OptionValue. Values are text, also those that were set with a type: False is FALSE. Empty ones
    are left out: vSphere returns a removed setting with an empty value.
    """
    values: dict[str, list[str]] = {}
    for key, _spelling, value in _known(options):
        if value.lower() not in (each.lower() for each in values.setdefault(key, [])):
            values[key].append(value)
    return {key: _DIFFERENT.join(each) for key, each in values.items()}


def spellings(options: t.Iterable[t.Any]) -> dict[str, tuple[str, ...]]:
    """The VM's spellings of those keys, by ours, where they are not ours alone."""
    found: dict[str, list[str]] = {}
    for key, spelling, _value in _known(options):
        found.setdefault(key, []).append(spelling)
    return {key: tuple(each) for key, each in found.items() if each != [key]}


def _known(options: t.Iterable[t.Any]) -> t.Iterator[tuple[str, str, str]]:
    """Our spelling of each known key, the VM's, and the value."""
    for option in options:
        key, value = _canonical(option.key), _text(option.value)
        if key is not None and value:
            yield key, option.key, value


def _canonical(spelling: str) -> str | None:
    """Our spelling of a key; None for other people's keys."""
    lower = spelling.lower()
    if lower in _KNOWN:
        return _KNOWN[lower]
    of_adapter = _ADAPTER_KEY.fullmatch(lower)
    if of_adapter is not None and of_adapter[2] in _OF_ADAPTERS:
        return f"{of_adapter[1]}.{_OF_ADAPTERS[of_adapter[2]]}"
    return spelling if _CONFLICT_KEY.fullmatch(lower) else None


def _text(value: t.Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return "" if value is None else str(value)
