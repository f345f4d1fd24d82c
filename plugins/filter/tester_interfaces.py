# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter tester_interfaces; documented in the YAML file beside this one."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.tester_interfaces import interfaces_of
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.filters import Filters, typed


def tester_interfaces(tester: t.Any, gateways: t.Any) -> list[dict[str, t.Any]]:
    """What is asked of a tester's interfaces."""
    return interfaces_of(tester, gateways)


class FilterModule:
    """Ansible's entry point."""

    def filters(self) -> Filters:
        """Returns the filters by name."""
        return typed({"tester_interfaces": tester_interfaces})
