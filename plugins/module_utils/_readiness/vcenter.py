# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges vCenter: whether it was reached, and whether its API has what the descriptions set."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.api_version import at_least
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.adapter_settings import (
    ADAPTER_SETTINGS,
    desired_adapter,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.desired import desired_settings
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import POWERED_OFF, VmState
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.settings import BY_NAME

from .checks import CONNECTION, VCENTER_API

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Dataplane

    from .facts import VcenterFacts
    from .row import Row

# A VM of which nothing is known: what a description sets does not depend on the VM, but for what it leaves to it.
_NO_VM: t.Final = VmState("", "", "", "", POWERED_OFF, False, None, None, True, {}, ())
# On an older API the advanced key numa.vcpu.maxPerVirtualNode takes the place of this field.
_REPLACEABLE: t.Final = frozenset({"numa.cores_per_node"})


def judge_vcenter(facts: VcenterFacts, dataplanes: t.Mapping[str, Dataplane]) -> list[Row]:
    """The rows of a vCenter that somebody has logged in to."""
    needed, why = newest_need(dataplanes)
    name, seen = facts.name, facts.api_version
    api = VCENTER_API.not_asked(name, seen)
    if needed is not None:
        api = VCENTER_API.judge(name, f"{needed} or newer, for {why}", seen, at_least(seen, needed))
    return [CONNECTION.judge(name, "a login over verified TLS", f"logged in as {facts.username}", True), api]


def newest_need(dataplanes: t.Mapping[str, Dataplane]) -> tuple[str | None, str]:
    """The newest version of the API that any description needs, and for which setting of which VM."""
    newest: tuple[str | None, str] = (None, "")
    for vm, dataplane in dataplanes.items():
        for setting, version in api_needs(dataplane).items():
            if newest[0] is None or not at_least(newest[0], version):
                newest = version, f"{setting} of {vm}"
    return newest


def api_needs(dataplane: Dataplane) -> dict[str, str]:
    """The version of the API that brought each setting which the description sets, by the setting's name."""
    needs: dict[str, str] = {}
    for name, value in desired_settings(dataplane, _NO_VM, None).items():
        setting = BY_NAME[name]
        if setting.api is not None and name not in _REPLACEABLE and value not in (None, setting.default):
            needs[name] = setting.api
    for adapter in dataplane.adapters:
        values = desired_adapter(adapter)
        for each in ADAPTER_SETTINGS:
            if each.api is not None and values[each.name] not in (None, each.default):
                needs[f"adapters.{adapter.name}.{each.name}"] = each.api
    return needs
