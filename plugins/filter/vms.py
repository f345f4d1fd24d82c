# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filters that hand the hosts of a play to modules as VMs; documented in the YAML files beside this one."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.serialize import plan_from_data
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.verify import described_at
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec import fleet
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.filters import Filters, typed

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.placement.model import Placed

Vm = dict[str, t.Any]
_ASKING: t.Final = {"place": fleet.asks_for_place, "features": fleet.must_keep_features}


def vms_of_hosts(hosts: t.Iterable[str], hostvars: t.Mapping[str, t.Any]) -> list[Vm]:
    """Each host as a VM of its name with its ``nfv_dataplane``; an empty description for a host that has none."""
    if isinstance(hosts, str) or not isinstance(hostvars, t.Mapping):
        raise AnsibleFilterError("vms_of_hosts takes a list of host names and hostvars")
    return [{"name": host, "dataplane": hostvars[host].get("nfv_dataplane", {})} for host in hosts]


def hosts_described(hosts: t.Iterable[str], hostvars: t.Mapping[str, t.Any]) -> list[str]:
    """The hosts that playbooks deal with: those with a description or a workload, and the PGWs, by their group."""
    if isinstance(hosts, str) or not isinstance(hostvars, t.Mapping):
        raise AnsibleFilterError("hosts_described takes a list of host names and hostvars")
    return [host for host in hosts if _described(hostvars[host])]


def _described(variables: t.Mapping[str, t.Any]) -> bool:
    return not variables.keys().isdisjoint(("nfv_dataplane", "nfv_workload")) or "pgw" in variables["group_names"]


def values_of_hosts(hosts: t.Iterable[str], hostvars: t.Mapping[str, t.Any], variable: str) -> dict[str, t.Any]:
    """A variable of each host that has it, such as a registered result, by the host's name."""
    return {host: hostvars[host][variable] for host in hosts if variable in hostvars[host]}


def allowed_by_all(allowed: t.Mapping[str, t.Mapping[str, t.Any]]) -> dict[str, t.Any]:
    """What every host allows: where they differ, ``never`` of a text and false of anything else.

    allowed: by host, ``never``, ``when_needed``, true or false by what is to be allowed; alike keys for all hosts.
    """
    hosts = list(allowed.values())
    if not hosts:
        raise AnsibleFilterError("allowed_by_all takes what at least one host allows")
    alike = {name: all(host[name] == value for host in hosts) for name, value in hosts[0].items()}
    refused = {name: "never" if isinstance(value, str) else False for name, value in hosts[0].items()}
    return {name: value if alike[name] else refused[name] for name, value in hosts[0].items()}


def vms_asking(vms: t.Iterable[Vm], what: str) -> list[Vm]:
    """The VMs whose descriptions ask for a place, or for features that they must keep."""
    if what not in _ASKING:
        raise AnsibleFilterError(f"vms_asking: what must be one of {', '.join(_ASKING)}, not {what}")
    return [vm for vm in vms if _ASKING[what](vm)]


def vms_staying(vms: t.Iterable[Vm], found: t.Mapping[str, t.Any]) -> list[Vm]:
    """The VMs that vCenter has, each with the ``host`` that it is on; None for one that vCenter cannot say it of."""
    return [
        {**vm, "host": found.get(vm["name"], {}).get("host")}
        for vm in vms
        if found.get(vm["name"], {}).get("present", True)
    ]


def vms_unlisted(expected: t.Any, hosts: t.Iterable[str]) -> list[Vm]:
    """The expected VMs that are not among the hosts, by name alone. Raises NfvError (value_malformed) without any."""
    names = expected if isinstance(expected, (list, tuple)) else ()
    if not names or not all(isinstance(name, str) and name.strip() for name in names):
        raise NfvError(
            ErrorCode.VALUE_MALFORMED,
            "drift_expected",
            f"must be a list of at least one VM's name, not {str(expected)[:80]!r}",
        )
    return [{"name": name} for name in dict.fromkeys(names) if name not in set(hosts)]


def vms_named(names: t.Iterable[str]) -> list[Vm]:
    """VMs by name alone, for a module that only looks them up."""
    if isinstance(names, str):
        raise AnsibleFilterError("vms_named takes a list of names")
    return [{"name": name} for name in names]


def vms_undescribed(vms: t.Iterable[Vm]) -> list[Vm]:
    """The VMs without their descriptions of the data plane, for a module that does not take any."""
    return [{key: value for key, value in vm.items() if key != "dataplane"} for vm in vms]


def vms_networks(vms: t.Iterable[Vm]) -> list[str]:
    """The port groups of the VMs' adapters, each once."""
    return fleet.networks(vms)


def vms_placed(vms: t.Iterable[Vm], plan: t.Any) -> list[Vm]:
    """The VMs with the NUMA nodes and CPUs that the plan found for them, where their descriptions leave them open."""
    placed = _placements(plan)
    return [
        {**vm, "dataplane": described_at(vm["dataplane"], placed[vm["name"]])} if vm["name"] in placed else vm
        for vm in vms
    ]


def planned_host(plan: t.Any, vm: str) -> str | None:
    """The host that the VM is planned on, None when the plan leaves it to the cluster."""
    placed = _placements(plan).get(vm)
    return None if placed is None else placed.host


def _placements(plan: t.Any) -> dict[str, Placed]:
    return {placed.vm: placed for placed in plan_from_data(plan).placements}


class FilterModule:
    """The filters of this file by name."""

    def filters(self) -> Filters:
        return typed(
            {
                "allowed_by_all": allowed_by_all,
                "hosts_described": hosts_described,
                "planned_host": planned_host,
                "values_of_hosts": values_of_hosts,
                "vms_asking": vms_asking,
                "vms_named": vms_named,
                "vms_networks": vms_networks,
                "vms_of_hosts": vms_of_hosts,
                "vms_placed": vms_placed,
                "vms_staying": vms_staying,
                "vms_undescribed": vms_undescribed,
                "vms_unlisted": vms_unlisted,
            }
        )
