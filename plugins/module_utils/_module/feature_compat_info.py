# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module feature_compat_info does: reads the settings of VMs and judges which vSphere features work."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError, joined
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.drs.model import VmHostRule
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.features.judge import (
    as_described,
    cluster_as_described,
    judge_features,
    refuse_blocked,
    verdicts_as_data,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.features.model import ClusterFacts
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Connection
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.faults import typed_errors
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.cluster.read import read_clusters
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.features import (
    fault_tolerance_faults,
    read_features,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.inventory import read_names

from ._vm_requests import find_vm, read_requests
from ._vm_result import error_as_data
from ._vsphere_run import run_info

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.features.model import FeatureVerdict
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.cluster.read import Clusters
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.features import FeatureRecord

    from ._vm_requests import Request


def run(module: AnsibleModule) -> None:
    """Runs the module and exits."""
    run_info(module, gather_features)


def gather_features(params: t.Mapping[str, t.Any], connection: Connection) -> dict[str, t.Any]:
    """Returns the result of the module. Raises NfvError: feature_blocked, when a VM lacks a feature it must keep."""
    requests = read_requests(params["vms"], params["dataplane"], needed=False)
    with (
        Client.open(connection, closed_for_writes=True) as client,
        typed_errors(connection.hostname, "failed to read the VMs' features"),
    ):
        inventory = read_names(client, params["datacenter"], any(request.by == "uuid" for request in requests))
        clusters = read_clusters(client, params["datacenter"])
        found = {request.value: find_vm(request, inventory) for request in requests}
        records, unreadable = read_features(client, [managed for managed in found.values() if managed is not None])
        results: dict[str, dict[str, t.Any]] = {}
        errors: list[NfvError] = []
        for request in requests:
            managed = found[request.value]
            must_keep = _must_keep(request, params["must_keep"])
            if managed is not None and managed._moId in unreadable:
                error = unreadable[managed._moId]
                results[error.subject] = _unreadable(managed._moId, error)
                errors += [error] if must_keep else []
                continue
            record = records.get(managed._moId) if managed is not None else None
            verdicts = _judge(request, record, clusters)
            faults = None
            if record is not None and params["ask_fault_tolerance"]:
                faults = fault_tolerance_faults(client, record.managed)
            results[record.facts.name if record is not None else request.value] = {
                "present": record is not None,
                "moid": record.managed._moId if record is not None else None,
                "features": verdicts_as_data(verdicts),
                "fault_tolerance_query": faults,
                "error": None,
            }
            try:
                refuse_blocked(request.value, verdicts, must_keep)
            except NfvError as error:
                errors.append(error)
    if errors:
        raise joined(errors, {"vms": results})
    return {"vms": results}


def _unreadable(moid: str, error: NfvError) -> dict[str, t.Any]:
    """What is returned for a VM that is there and cannot be read."""
    facts = {"features": {}, "fault_tolerance_query": None, "error": error_as_data(error)}
    return {"present": True, "moid": moid, **facts}


def _judge(request: Request, record: FeatureRecord | None, clusters: Clusters) -> tuple[FeatureVerdict, ...]:
    """Judges a VM as its description will make it; without a description, as it is now."""
    facts = record.facts if record is not None else None
    cluster = cluster_facts(record, clusters) if record is not None else None
    if request.dataplane is None:
        return judge_features(facts, cluster) if facts is not None else ()
    return judge_features(as_described(request.dataplane, facts), cluster_as_described(request.dataplane, cluster))


def _must_keep(request: Request, asked: t.Sequence[str]) -> tuple[str, ...]:
    described = request.dataplane.placement.must_keep if request.dataplane is not None else ()
    return tuple(dict.fromkeys((*described, *asked)))


def cluster_facts(record: FeatureRecord, clusters: Clusters) -> ClusterFacts:
    """What the configuration of the VM's cluster means for the VM."""
    state = clusters.of_host(record.host)
    if state is None:
        return ClusterFacts(None)
    moid = record.managed._moId
    own = state.restart.get(moid)
    allowed: set[str] | None = None
    for rule in state.rules:
        if not isinstance(rule, VmHostRule) or not (rule.enabled and rule.mandatory):
            continue
        if moid not in state.vm_groups.get(rule.vm_group or "", ()):
            continue
        group = state.host_groups.get(rule.host_group or "", frozenset())
        hosts = set(group) if rule.affine else set(state.hosts) - group
        allowed = hosts if allowed is None else allowed & hosts
    return ClusterFacts(
        name=state.name,
        drs=state.drs,
        automation_level=state.automation.get(moid, state.automation_level),
        ha=state.ha,
        admission_control=state.admission_control,
        restart_priority=(own.own if own is not None else None) or state.restart_priority,
        allowed_hosts=None if allowed is None else tuple(sorted(state.hosts.get(each, each) for each in allowed)),
    )
