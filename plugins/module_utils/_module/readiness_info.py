# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module readiness_info does: looks at vCenter's side of a deployment, and judges each thing by itself."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import (
    ErrorCode,
    NfvError,
    Problem,
    listed,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.text import shown
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness import checks
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.account import (
    AccountAsked,
    NewVm,
    Purpose,
    account_rows,
    account_unknown,
    features_of,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.cluster import judge_cluster
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.facts import (
    ClusterReadinessFacts,
    HostReadinessFacts,
    PortGroupFacts,
    VcenterFacts,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.hosts import judge_hosts, usable_hosts
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.networks import judge_network
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.plan import judge_plan
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.report import ordered
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.template import (
    TemplateAsked,
    TemplateFacts,
    template_rows,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.traffic import (
    Traffic,
    read_traffic,
    uses_of_networks,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.vcenter import judge_vcenter
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec import fleet
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.parse import parse_dataplane
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import (
    Client,
    Connection,
    version_text,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.faults import typed_errors
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.lookup import find_datacenter
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.host.topology import read_topology
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.readiness.account import read_account
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.readiness.hosts import (
    read_hosts,
    read_hosts_of_vms,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.readiness.networks import read_networks
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.readiness.template import read_templates
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.inventory import read_inventory

from ._vm_requests import read_requests
from ._vsphere_run import run_info

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.checks import Check
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.row import Row
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Dataplane

# What the option new_vms says of a VM, as the options of these names say it of all.
_NEW_VM: t.Final = ("template", "folder", "datastore")


@dataclasses.dataclass(frozen=True)
class Asked:
    """What is to be deployed, from the module's options."""

    hostname: str
    """Of vCenter."""
    datacenter: str | None
    """Its name or managed object ID, None for the whole vCenter."""
    cluster: str | None
    """The cluster of descriptions that name none."""
    templates: t.Mapping[str, tuple[str, ...]]
    """The templates that missing VMs are made from, with the names of their VMs."""
    account: AccountAsked
    """What the user is going to do."""
    dataplanes: t.Mapping[str, Dataplane]
    """The descriptions by VM."""
    traffic: t.Mapping[str, t.Mapping[str, Traffic]]
    """What the applications send, by VM and adapter."""
    planned: frozenset[str]
    """The VMs that ask for a place."""
    staying: t.Mapping[str, Dataplane]
    """Further VMs that stay on their hosts, with their descriptions."""
    groups: t.Mapping[str, t.Sequence[str]]
    """Placement groups."""
    n_plus_1: bool
    """Whether the plan must outlive any host."""
    hardware_upgrade: bool
    """Whether the virtual hardware may be upgraded."""
    management_found: bool
    """Whether the template's guest finds its management adapter after it was converted."""

    @property
    def clusters(self) -> tuple[str, ...]:
        """The clusters that VMs may run in; empty for any."""
        named = [dataplane.placement.cluster or self.cluster for dataplane in self.dataplanes.values()]
        return () if None in named else tuple(dict.fromkeys(name for name in named if name is not None))

    def in_cluster(self, name: str) -> dict[str, Dataplane]:
        """The descriptions of the VMs that may run in this cluster."""
        return {
            vm: dataplane
            for vm, dataplane in self.dataplanes.items()
            if (dataplane.placement.cluster or self.cluster) in (None, name)
        }


@dataclasses.dataclass(frozen=True)
class Seen:
    """What was read of clusters, hosts and port groups."""

    clusters: tuple[ClusterReadinessFacts, ...]
    """The clusters that VMs may run in."""
    hosts: tuple[HostReadinessFacts, ...]
    """Their hosts."""
    port_groups: tuple[PortGroupFacts, ...]
    """All port groups of the datacenter."""
    staying: t.Mapping[str, str]
    """The hosts of the VMs that stay, of those that vCenter has."""


def run(module: AnsibleModule) -> None:
    """Runs the module and exits."""
    run_info(module, gather_readiness)


def gather_readiness(params: t.Mapping[str, t.Any], connection: Connection) -> dict[str, t.Any]:
    """The module's result. Raises NfvError for options that cannot be read; a look that fails is a row."""
    asked = read_asked(params, connection.hostname)
    try:
        with Client.open(connection, closed_for_writes=True) as client:
            rows, vcenter = _look(client, asked, connection.username), client.product
    except NfvError as error:
        rows, vcenter = _nothing_seen(asked, error), None
    return {"changed": False, "rows": [row.to_dict() for row in ordered(rows)], "vcenter": vcenter}


def read_asked(params: t.Mapping[str, t.Any], hostname: str) -> Asked:
    """Reads the options. Raises NfvError: description_invalid, with every problem."""
    requests = read_requests(params["vms"], params["dataplane"], needed=True)
    dataplanes = {request.value: request.dataplane for request in requests if request.dataplane is not None}
    traffic, problems = read_traffic(params["traffic"], dataplanes)
    new_vms, wrong = _new_vms(params, dataplanes)
    problems += wrong
    staying = {}
    for entry in params["staying"]:
        dataplane, found = parse_dataplane(entry["dataplane"], f"staying.{entry['name']}")
        problems += found
        if dataplane is not None:
            staying[entry["name"]] = dataplane
    if problems:
        raise NfvError(ErrorCode.DESCRIPTION_INVALID, "vms", listed(problems), "No connection was made")
    raw = {
        request.value: {"dataplane": params["dataplane"] if entry.get("dataplane") is None else entry["dataplane"]}
        for request, entry in zip(requests, params["vms"])
    }
    planned = frozenset(vm for vm, entry in raw.items() if fleet.asks_for_place(entry))
    return Asked(
        hostname=hostname,
        account=_account_asked(params, dataplanes, new_vms, placed=bool(planned)),
        datacenter=params["datacenter"],
        cluster=params["cluster"],
        templates=_templates(new_vms),
        dataplanes=dataplanes,
        traffic=traffic,
        planned=planned,
        staying=staying,
        groups=params["groups"],
        n_plus_1=params["n_plus_1"],
        hardware_upgrade=params["hardware_upgrade"],
        management_found=params["management_found"],
    )


def _new_vms(
    params: t.Mapping[str, t.Any], dataplanes: t.Mapping[str, Dataplane]
) -> tuple[dict[str, NewVm], list[Problem]]:
    """How each VM would be made: by its own entry of the option new_vms, and else by the options for all."""
    usual = {name: params[name] for name in _NEW_VM}
    problems = []
    for vm, own in params["new_vms"].items():
        known = isinstance(own, t.Mapping) and own.keys() <= usual.keys()
        if (
            vm not in dataplanes
            or not known
            or not all(value is None or isinstance(value, str) for value in own.values())
        ):
            text = f"must be the name of a VM with the texts {', '.join(_NEW_VM)}, not {shown(own)}"
            problems.append(Problem(f"new_vms.{vm}", text, ErrorCode.VALUE_TYPE_WRONG))
    if problems:
        return {}, problems
    own_of = params["new_vms"]
    return {
        vm: NewVm(**{name: own_of.get(vm, {}).get(name) or usual[name] for name in _NEW_VM}) for vm in dataplanes
    }, []


def _templates(new_vms: t.Mapping[str, NewVm]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for vm, new in new_vms.items():
        if new.template is not None:
            found[new.template] = (*found.get(new.template, ()), vm)
    return found


def _account_asked(
    params: t.Mapping[str, t.Any],
    dataplanes: t.Mapping[str, Dataplane],
    new_vms: t.Mapping[str, NewVm],
    *,
    placed: bool,
) -> AccountAsked:
    named = [dataplane.placement.cluster or params["cluster"] for dataplane in dataplanes.values()]
    return AccountAsked(
        username=params["username"],
        features=features_of(
            tuple(dataplanes.values()),
            tuple(Purpose(purpose) for purpose in params["purposes"]),
            placed=placed,
            power_cycle=params["power_cycle"],
            hardware_upgrade=params["hardware_upgrade"],
        ),
        vms=tuple(dataplanes),
        networks=tuple(dict.fromkeys(name for name, _switch in uses_of_networks(dataplanes, {}))),
        datacenter=params["datacenter"],
        clusters=() if None in named else tuple(dict.fromkeys(name for name in named if name is not None)),
        new_vms=new_vms,
    )


def _look(client: Client, asked: Asked, username: str) -> list[Row]:
    """Every row. Each subject is looked at by itself: what one look meets does not keep the others from theirs."""
    api_version = version_text(client.api_version)
    rows = judge_vcenter(VcenterFacts(asked.hostname, username, api_version), asked.dataplanes)
    try:
        with typed_errors(asked.hostname, "failed to read clusters, hosts and port groups"):
            seen = _read(client, asked)
        rows += _judge(asked, seen)
    except NfvError as error:
        rows += _unseen_inventory(asked, error)
    return rows + _template(client, asked, api_version) + _account(client, asked)


def _account(client: Client, asked: Asked) -> list[Row]:
    try:
        return account_rows(asked.account, read_account(client, asked.account))
    except NfvError as error:
        return account_unknown(asked.account, error)


def _read(client: Client, asked: Asked) -> Seen:
    only = asked.clusters[0] if len(asked.clusters) == 1 else None
    topologies = read_topology(client, asked.datacenter, only)
    if asked.clusters and only is None:
        topologies = tuple(host for host in topologies if host.cluster in asked.clusters)
    root = find_datacenter(client, asked.datacenter) if asked.datacenter else None
    hosts, standard = read_hosts(client, topologies)
    clusters, distributed = read_networks(client, root, only, {host.moid: host.name for host in topologies})
    holding = {host.cluster for host in topologies}
    return Seen(
        tuple(each for each in clusters if each.name in holding or each.name in asked.clusters),
        hosts,
        (*standard, *distributed),
        read_hosts_of_vms(client, root, asked.staying) if asked.staying else {},
    )


def _judge(asked: Asked, seen: Seen) -> list[Row]:
    rows: list[Row] = []
    for cluster in seen.clusters:
        hosts = [host for host in seen.hosts if host.topology.cluster == cluster.name]
        rows += judge_cluster(cluster, hosts, asked.in_cluster(cluster.name))
    rows += judge_hosts(seen.hosts, asked.dataplanes)
    usable = usable_hosts(seen.hosts, asked.dataplanes)
    for (name, switch), uses in uses_of_networks(asked.dataplanes, asked.traffic).items():
        modes = frozenset(asked.dataplanes[use.vm].switch_mode for use in uses)
        rows += judge_network(name, switch, uses, seen.port_groups, usable, modes)
    topologies = [host.topology for host in seen.hosts]
    staying = {vm: (asked.staying[vm], host) for vm, host in seen.staying.items()}
    return rows + judge_plan(
        *(asked.dataplanes, asked.planned, topologies, asked.groups, asked.cluster, staying),
        n_plus_1=asked.n_plus_1,
    )


def _template(client: Client, asked: Asked, api_version: str | None) -> list[Row]:
    """The rows of the templates, each judged by those of its VMs that are not made yet."""
    if not asked.templates:
        return []
    try:
        with typed_errors(listed(asked.templates, ", "), "failed to read the template"):
            inventory = read_inventory(client, asked.datacenter, with_uuids=False)
            facts = read_templates(client, inventory, asked.templates)
    except NfvError as error:
        return _unseen_templates(asked, error)
    rows: list[Row] = []
    for (_name, vms), each in zip(asked.templates.items(), facts):
        missing = {vm: asked.dataplanes[vm] for vm in vms if vm not in inventory.vms_by["name"]}
        rows += template_rows(each, TemplateAsked(missing, asked.hardware_upgrade, asked.management_found, api_version))
    return rows


def _nothing_seen(asked: Asked, error: NfvError) -> list[Row]:
    """The rows when nobody could log in."""
    rows = _unknown(checks.VCENTER_CHECKS, asked.hostname, error) + _unseen_inventory(asked, error)
    rows += account_unknown(asked.account, error)
    return rows + _unseen_templates(asked, error)


def _unseen_inventory(asked: Asked, error: NfvError) -> list[Row]:
    """The rows of what could not be read: by the names in the descriptions, for no other names are known."""
    clusters = asked.clusters or ("any cluster",)
    hosts = dict.fromkeys(name for each in asked.dataplanes.values() for name in each.placement.hosts)
    names = hosts or [f"hosts of {cluster}" for cluster in clusters]
    networks = uses_of_networks(asked.dataplanes, asked.traffic)
    return [
        *(row for name in clusters for row in _unknown(checks.CLUSTER_CHECKS, name, error)),
        *(row for name in names for row in _unknown(checks.HOST_CHECKS, name, error)),
        *(row for name, _switch in networks for row in _unknown(checks.NETWORK_CHECKS, name, error)),
        *(row for name in asked.dataplanes for row in _unknown(checks.PLAN_CHECKS, name, error)),
    ]


def _unseen_templates(asked: Asked, error: NfvError) -> list[Row]:
    return [
        row
        for name, vms in asked.templates.items()
        for row in template_rows(
            TemplateFacts(name, problem=error), TemplateAsked({vm: asked.dataplanes[vm] for vm in vms})
        )
    ]


def _unknown(looks: t.Iterable[Check], name: str, error: NfvError) -> list[Row]:
    why = f"{error.subject}: {error.attempted}"
    return [look.unknown(name, "", why, error.error_code, error.remedy) for look in looks]
