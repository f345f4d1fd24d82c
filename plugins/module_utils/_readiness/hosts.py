# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges hosts: what a polling VM asks of ESXi, of the BIOS and of the clock."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.api_version import at_least

from . import checks
from .vcenter import newest_need

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Dataplane

    from .facts import HostReadinessFacts
    from .row import Row

# Seconds by which the clocks of host and controller may differ.
CLOCK_SECONDS: t.Final = 5.0
# Short names of vSphere's power policies (vim.host.PowerPolicy) as the vSphere Client shows them.
_POLICIES: t.Final = {"static": "High Performance", "dynamic": "Balanced", "low": "Low Power", "custom": "Custom"}

Dataplanes = t.Mapping[str, "Dataplane"]


def usable_hosts(hosts: t.Sequence[HostReadinessFacts], dataplanes: Dataplanes) -> tuple[HostReadinessFacts, ...]:
    """The hosts that VMs may run on: usable ones, and of these those that the descriptions name, if all name some."""
    usable = tuple(host for host in hosts if host.topology.usable)
    if not all(dataplane.placement.hosts for dataplane in dataplanes.values()):
        return usable
    named = _named(dataplanes)
    return tuple(host for host in usable if host.name in named)


def _named(dataplanes: Dataplanes) -> frozenset[str]:
    return frozenset(name for dataplane in dataplanes.values() for name in dataplane.placement.hosts)


def judge_hosts(hosts: t.Sequence[HostReadinessFacts], dataplanes: Dataplanes) -> list[Row]:
    """The rows of all hosts. A host that no VM may run on has its state told and is not judged further."""
    named = _named(dataplanes)
    judged = {host.name for host in usable_hosts(hosts, dataplanes)}
    rows: list[Row] = []
    for host in hosts:
        rows.append(_state(host, host.name in named))
        if host.name in judged:
            rows += [judge(host, dataplanes) for judge in _JUDGES]
        elif host.name in named:
            rows += [check.unknown(host.name, "", "the host is not usable") for check in checks.HOST_CHECKS[1:]]
    return rows


def _state(host: HostReadinessFacts, named: bool) -> Row:
    topology = host.topology
    seen = "connected" if topology.available else "not connected"
    if topology.maintenance:
        seen += ", in maintenance mode"
    if not topology.usable and not named:
        return checks.HOST_STATE.not_asked(host.name, f"{seen}: no VM is placed on it")
    return checks.HOST_STATE.judge(host.name, "connected, not in maintenance mode", seen, topology.usable)


def _api(host: HostReadinessFacts, dataplanes: Dataplanes) -> Row:
    needed, why = newest_need(dataplanes)
    seen = host.topology.api_version
    if needed is None:
        return checks.HOST_API.not_asked(host.name, seen)
    return checks.HOST_API.judge(
        host.name, f"{needed} or newer, for {why}", seen, at_least(seen, needed) if seen else None
    )


def _hyper_threading(host: HostReadinessFacts, dataplanes: Dataplanes) -> Row:
    topology = host.topology
    seen = f"hyper-threading {'on' if topology.hyper_threading else 'off'}"
    if all(dataplane.cpu.simultaneous_threads == 1 for dataplane in dataplanes.values()):
        return checks.HYPER_THREADING.not_asked(host.name, seen)
    seen += f", {topology.max_simultaneous_threads} thread(s) of a core shown to VMs"
    good = topology.hyper_threading and topology.max_simultaneous_threads >= 2
    return checks.HYPER_THREADING.judge(host.name, "on, 2 threads of a core shown to VMs", seen, good)


def _latency_sensitivity(host: HostReadinessFacts, dataplanes: Dataplanes) -> Row:
    supported = host.topology.latency_sensitivity
    seen = "supported" if supported else "not supported"
    if all(dataplane.cpu.exclusivity != "latency_sensitivity" for dataplane in dataplanes.values()):
        return checks.LATENCY_SENSITIVITY.not_asked(host.name, seen)
    return checks.LATENCY_SENSITIVITY.judge(host.name, "supported", seen, supported)


def _power_policy(host: HostReadinessFacts, dataplanes: Dataplanes) -> Row:
    policy = host.topology.power_policy
    seen = _POLICIES.get(policy, policy) if policy is not None else ""
    if not _polls(dataplanes):
        return checks.POWER_POLICY.not_asked(host.name, seen)
    good = None if policy is None else policy == "static"
    return checks.POWER_POLICY.judge(host.name, "High Performance", seen, good)


def _bios_power(host: HostReadinessFacts, dataplanes: Dataplanes) -> Row:
    support = host.power_support
    if support is None:
        return checks.BIOS_POWER.not_asked(host.name, "this host does not tell")
    seen = support or "nothing left to ESXi"
    if not _polls(dataplanes):
        return checks.BIOS_POWER.not_asked(host.name, seen)
    return checks.BIOS_POWER.judge(host.name, "P-states and C-states left to ESXi", seen, bool(support))


def _time_service(host: HostReadinessFacts, _dataplanes: Dataplanes) -> Row:
    service = host.time_service
    good = None if service is None else bool(service)
    seen = "" if service is None else service or "neither ntpd nor ptpd runs"
    return checks.TIME_SERVICE.judge(host.name, "NTP or PTP runs", seen, good)


def _time_servers(host: HostReadinessFacts, _dataplanes: Dataplanes) -> Row:
    servers = host.time_servers
    if host.time_service == "ptpd":
        return checks.TIME_SERVERS.not_asked(host.name, "PTP runs")
    seen = "" if servers is None else ", ".join(servers) or "none"
    return checks.TIME_SERVERS.judge(host.name, "an NTP server", seen, None if servers is None else bool(servers))


def _clock(host: HostReadinessFacts, _dataplanes: Dataplanes) -> Row:
    ahead = host.clock_ahead
    asked = f"within {CLOCK_SECONDS:g} s of the controller's"
    if ahead is None:
        return checks.CLOCK.unknown(host.name, asked, "the host did not tell its time")
    # What the answer's way may have added is not held against the host.
    good = abs(ahead) - host.clock_uncertainty <= CLOCK_SECONDS
    # A small difference changes from look to look, and says nothing.
    seen = f"{abs(ahead):.0f} s {'ahead' if ahead > 0 else 'behind'}" if not good else asked
    return checks.CLOCK.judge(host.name, asked, seen, good)


def _udp_rss(host: HostReadinessFacts, dataplanes: Dataplanes) -> Row:
    allowed = host.udp_rss_allowed
    seen = "" if allowed is None else f"{int(allowed)}"
    if not any(adapter.udp_rss for dataplane in dataplanes.values() for adapter in dataplane.adapters):
        return checks.UDP_RSS.not_asked(host.name, seen)
    return checks.UDP_RSS.judge(host.name, "Net.Vmxnet3UDPRSSAllowed 1", seen, allowed)


def _polls(dataplanes: Dataplanes) -> bool:
    return any(dataplane.cpu.polling for dataplane in dataplanes.values())


# In the order of checks.HOST_CHECKS, after the state.
_JUDGES: t.Final = (
    *(_api, _hyper_threading, _latency_sensitivity, _power_policy, _bios_power),
    *(_time_service, _time_servers, _clock, _udp_rss),
)
