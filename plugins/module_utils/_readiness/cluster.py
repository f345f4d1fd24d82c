# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges clusters: DRS, HA and EVC against what descriptions ask for, and whether the hosts are alike."""

from __future__ import annotations

import collections
import typing as t

from . import checks
from .hosts import usable_hosts

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Dataplane

    from .checks import Check
    from .facts import ClusterReadinessFacts, HostReadinessFacts
    from .row import Row

Dataplanes = t.Mapping[str, "Dataplane"]


def judge_cluster(
    cluster: ClusterReadinessFacts, hosts: t.Sequence[HostReadinessFacts], dataplanes: Dataplanes
) -> list[Row]:
    """The rows of one cluster. hosts: its own; dataplanes: of the VMs that may run in it."""
    usable = usable_hosts(hosts, dataplanes)
    away = [host.name for host in hosts if not host.topology.usable]
    seen = f"{len(usable)} of {len(hosts)}" + (f"; not {', '.join(away)}" if away else "")
    return [
        checks.USABLE_HOSTS.judge(cluster.name, "at least one", seen, bool(usable)),
        _drs(cluster, dataplanes),
        _ha(cluster, dataplanes),
        _evc(cluster, usable, dataplanes),
        *(_alike(check, of_host, cluster, usable, dataplanes) for check, of_host in _ALIKE.items()),
    ]


def _drs(cluster: ClusterReadinessFacts, dataplanes: Dataplanes) -> Row:
    seen = f"on, {cluster.automation_level}" if cluster.drs else "off"
    asking = {
        key: vm
        for vm, dataplane in dataplanes.items()
        for key, asked in (
            ("keep_apart_from", dataplane.placement.keep_apart_from),
            ("keep_together_with", dataplane.placement.keep_together_with),
            ("automation_level", dataplane.placement.automation_level not in (None, "disabled")),
            ("must_keep drs", "drs" in dataplane.placement.must_keep),
        )
        if asked
    }
    return _asked_by(checks.DRS, cluster.name, asking, seen, cluster.drs)


def _ha(cluster: ClusterReadinessFacts, dataplanes: Dataplanes) -> Row:
    admission = "with" if cluster.admission_control else "without"
    seen = f"on, {admission} admission control" if cluster.ha else "off"
    asking = {
        key: vm
        for vm, dataplane in dataplanes.items()
        for key, asked in (
            ("restart_priority", dataplane.placement.restart_priority not in (None, "disabled")),
            ("must_keep ha", "ha" in dataplane.placement.must_keep),
        )
        if asked
    }
    return _asked_by(checks.HA, cluster.name, asking, seen, cluster.ha)


def _asked_by(check: Check, name: str, asking: t.Mapping[str, str], seen: str, good: bool) -> Row:
    if not asking:
        return check.not_asked(name, seen)
    return check.judge(name, f"on, for {', '.join(f'{key} of {vm}' for key, vm in asking.items())}", seen, good)


def _evc(cluster: ClusterReadinessFacts, hosts: t.Sequence[HostReadinessFacts], dataplanes: Dataplanes) -> Row:
    models = {host.cpu_model or "unknown" for host in hosts}
    seen = cluster.evc or "none"
    asking = [vm for vm, dataplane in dataplanes.items() if "vmotion" in dataplane.placement.must_keep]
    if not asking or len(models) < 2:
        return checks.EVC.not_asked(cluster.name, seen)
    asked = f"a mode, for must_keep vmotion of {asking[0]} between {' and '.join(sorted(models))}"
    return checks.EVC.judge(cluster.name, asked, seen, cluster.evc is not None)


def _alike(
    check: Check,
    of_host: t.Callable[[HostReadinessFacts, frozenset[str]], str | None],
    cluster: ClusterReadinessFacts,
    hosts: t.Sequence[HostReadinessFacts],
    dataplanes: Dataplanes,
) -> Row:
    networks = frozenset(
        adapter.network
        for dataplane in dataplanes.values()
        for adapter in dataplane.adapters
        if adapter.driver == "pmd"
    )
    values = {host.name: of_host(host, networks) for host in hosts}
    unreported = [name for name, value in values.items() if value is None]
    seen = text_by_host({name: value for name, value in values.items() if value is not None})
    if not (cluster.drs or cluster.ha) or len(hosts) < 2:
        return check.not_asked(cluster.name, seen)
    if unreported:
        return check.unknown(cluster.name, "alike on every host", f"not reported by {', '.join(unreported)}")
    return check.judge(cluster.name, "alike on every host", seen, len(set(values.values())) == 1)


def text_by_host(values: t.Mapping[str, str]) -> str:
    """One value for all hosts as it is; several with the hosts that have each."""
    hosts: dict[str, list[str]] = {}
    for host, value in values.items():
        hosts.setdefault(value, []).append(host)
    if len(hosts) == 1:
        return next(iter(hosts))
    return "; ".join(f"{value} on {', '.join(names)}" for value, names in hosts.items())


def _uplinks(host: HostReadinessFacts, networks: frozenset[str]) -> list[str]:
    """The NICs that carry these networks, each once."""
    groups = [group for group in host.topology.port_groups if group.network in networks]
    return list(dict.fromkeys(name for group in groups for name in group.active))


def _counted(values: t.Iterable[str | None]) -> str | None:
    """Values with their numbers, such as ``2 x ixgben``; None when one is unknown."""
    known = list(values)
    if any(value is None for value in known):
        return None
    counts = collections.Counter(value for value in known if value is not None)
    return ", ".join(f"{count} x {value}" for value, count in sorted(counts.items())) or "none"


def _models(host: HostReadinessFacts, networks: frozenset[str]) -> str | None:
    return _counted(host.nic_models.get(name) for name in _uplinks(host, networks))


def _drivers(host: HostReadinessFacts, networks: frozenset[str]) -> str | None:
    drivers = {nic.name: nic.driver for nic in host.topology.nics}

    def driver(name: str) -> str | None:
        found = drivers.get(name)
        return None if found is None else f"{found} {host.driver_versions.get(name, '')}".strip()

    return _counted(driver(name) for name in _uplinks(host, networks))


def _firmware(host: HostReadinessFacts, networks: frozenset[str]) -> str | None:
    firmware = {nic.name: nic.firmware for nic in host.topology.nics}
    # vSphere reports firmware since 9.0, and not of every driver's NICs: a host without any is no other than the rest.
    return _counted(firmware.get(name) or "not reported" for name in _uplinks(host, networks))


def _speeds(host: HostReadinessFacts, networks: frozenset[str]) -> str | None:
    speeds = {nic.name: nic.speed_mbps for nic in host.topology.nics}
    return _counted(_speed(speeds.get(name, 0)) for name in _uplinks(host, networks))


def _speed(mbps: int) -> str:
    return f"{mbps / 1000:g} Gbit/s" if mbps else "no link"


def _nodes(host: HostReadinessFacts, _networks: frozenset[str]) -> str | None:
    # Memory in whole GiB: hosts of one model differ by what their firmware takes.
    return _counted(f"{node.cores} cores and {round(node.memory_mb / 1024)} GiB" for node in host.topology.nodes)


def _bandwidths(host: HostReadinessFacts, networks: frozenset[str]) -> str | None:
    wanted = set(_uplinks(host, networks))
    sums: dict[int, int] = {}
    for nic in host.topology.nics:
        if nic.name in wanted and nic.node is None:
            return None
        if nic.name in wanted and nic.node is not None:
            sums[nic.node] = sums.get(nic.node, 0) + nic.speed_mbps
    return ", ".join(f"node {node}: {_speed(mbps)}" for node, mbps in sorted(sums.items())) or "none"


_ALIKE: t.Final = {
    checks.NIC_MODEL: _models,
    checks.NIC_DRIVER: _drivers,
    checks.NIC_FIRMWARE: _firmware,
    checks.NIC_SPEED: _speeds,
    checks.NUMA_NODES: _nodes,
    checks.NODE_BANDWIDTH: _bandwidths,
}
