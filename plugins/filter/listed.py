# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter listed; documented in the YAML file beside this one."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import listed as first_ones
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.filters import Filters, typed


def listed(entries: t.Iterable[t.Any], separator: str = "; ") -> str:
    """The first entries as text, and how many more there are."""
    return first_ones(entries, separator)


class FilterModule:
    """The filter of this file by name."""

    def filters(self) -> Filters:
        return typed({"listed": listed})
