# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter differing_variables; documented in the YAML file beside this one."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError
from ansible.module_utils.parsing.convert_bool import boolean

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError, listed
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.filters import Filters, typed

# Characters of a value that a message quotes.
_QUOTED: t.Final = 80


class _Holders(t.NamedTuple):
    """The hosts that have one value."""

    value: t.Any
    """The value; None where it is not set and has no default."""
    hosts: list[str]
    """Their names."""


def differing_variables(hosts: t.Iterable[str], hostvars: t.Mapping[str, t.Any], shared: t.Mapping[str, t.Any]) -> str:
    """Why the hosts cannot share a run, in one line with an error code; empty when they can.

    shared: the variables that are one for a run, each with its value where a host does not set it (None for none).
    """
    if isinstance(hosts, str) or not isinstance(hostvars, t.Mapping) or not isinstance(shared, t.Mapping):
        raise AnsibleFilterError(
            "differing_variables takes a list of host names, hostvars, and variables with defaults"
        )
    found: dict[str, list[_Holders]] = {name: [] for name in shared}
    for host in sorted(hosts):
        variables = hostvars[host]
        for name, default in shared.items():
            _add(found[name], _value(variables.get(name), default), host)
    differing = {name: holders for name, holders in found.items() if len(holders) > 1}
    if not differing:
        return ""
    error = NfvError(
        ErrorCode.VARIABLES_DIFFER,
        ", ".join(differing),
        "has one value for all hosts of a run, because tasks that deal with all of them take it from the first; "
        + "; ".join(_sentence(name, holders) for name, holders in differing.items()),
        "Run hosts that are alike by themselves (--limit), or set it once for all (group_vars/all)",
    )
    return str(error)


def _value(given: t.Any, default: t.Any) -> t.Any:
    """The value that the collection takes: 443 and "443" are one, and so are true and "yes"."""
    if given is None or given == "":
        given = default
    if isinstance(default, bool):
        return boolean(given, strict=False)
    return str(given) if isinstance(given, (int, float, str)) else given


def _add(holders: list[_Holders], value: t.Any, host: str) -> None:
    for holder in holders:
        if holder.value == value:
            holder.hosts.append(host)
            return
    holders.append(_Holders(value, [host]))


def _sentence(name: str, holders: t.Iterable[_Holders]) -> str:
    return f"{name} is " + ", and ".join(
        f"{'not set' if holder.value is None else str(holder.value)[:_QUOTED]} for {listed(holder.hosts, ', ')}"
        for holder in holders
    )


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> Filters:
        """Returns the filters by name."""
        return typed({"differing_variables": differing_variables})
