# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Open vSwitch as it is: its database, its process, its program; and the steps to what it should be."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import (
    Plan,
    RemoveFile,
    RunCommand,
    Step,
    WriteFile,
)

from .model import OWNED_KEYS, OWNER_KEY, Bridge, Port, Switch, needs_restart, transaction

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest

RECORD = "/etc/nfv-vsphere-dpdk/ovs_dpdk.json"
# Names the ovs-vswitchd process that runs with older settings than the database holds; a reboot clears /run.
PENDING = "/run/nfv-vsphere-dpdk/ovs-restart"
PID_FILE = "/run/openvswitch/ovs-vswitchd.pid"
LOG = "/var/log/openvswitch/ovs-vswitchd.log"
# Debian and Ubuntu carry two builds of ovs-vswitchd and choose by update-alternatives.
ALTERNATIVE = "/etc/alternatives/ovs-vswitchd"
DPDK_BUILD = "/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk"
# netdev_gtpu_push_header of OVS up to 3.1.x writes the GTP-U length after the UDP checksum over it.
FIRST_WITH_RIGHT_CHECKSUM = (3, 2)


@dataclasses.dataclass(frozen=True)
class Observed:
    """What was found.

    errors: interface -> what OVS says is wrong with it; process: the running ovs-vswitchd, "" for none;
    program: what it executes; chosen: what it would execute when started now, None when there is no choice;
    pending: the process that runs with older settings than the database; record: what the settings were before us.
    """

    switch: Switch
    errors: t.Mapping[str, str]
    initialized: bool
    ovs_version: str
    dpdk_version: str | None
    process: str
    program: str | None
    chosen: str | None
    dpdk_build: bool
    pending: str | None
    record: t.Mapping[str, t.Any] | None


def observe(guest: Guest) -> Observed:
    """Reads the switch. Raises NfvError ``ovs_missing`` or ``ovs_not_running``."""
    tables = _tables(guest)
    root = tables["Open_vSwitch"][0]
    process, program = _process(guest)
    recorded = guest.text(RECORD)
    interfaces = {row["_uuid"]: row for row in tables["Interface"]}
    ports = {row["_uuid"]: interfaces[_list(row["interfaces"])[0]] for row in tables["Port"]}
    bridges = tuple(sorted((_bridge(row, ports) for row in tables["Bridge"]), key=lambda bridge: bridge.name))
    return Observed(
        switch=Switch({key: value for key, value in root["other_config"].items() if key in OWNED_KEYS}, bridges),
        errors={row["name"]: row["error"] for row in tables["Interface"] if isinstance(row["error"], str)},
        initialized=root.get("dpdk_initialized") is True,
        ovs_version=str(root["ovs_version"]),
        dpdk_version=root["dpdk_version"] if isinstance(root.get("dpdk_version"), str) else None,
        process=process,
        program=program,
        chosen=guest.link(ALTERNATIVE),
        dpdk_build=guest.exists(DPDK_BUILD) or "dpdk" in _list(root["iface_types"]),
        pending=guest.value(PENDING),
        record=json.loads(recorded) if recorded else None,
    )


def _tables(guest: Guest) -> dict[str, list[dict[str, t.Any]]]:
    names = ("Open_vSwitch", "Bridge", "Port", "Interface")
    argv = ["ovs-vsctl", "--timeout=20", "--no-wait", "--format=json", "list", names[0]]
    for name in names[1:]:
        argv += ["--", "list", name]
    try:
        status, output, errors = guest.run(argv)
    except OSError as error:
        raise NfvError(
            ErrorCode.OVS_MISSING, "ovs-vsctl", f"cannot be run: {error.strerror}", "Install openvswitch-switch-dpdk."
        ) from error
    if status != 0:
        raise NfvError(
            ErrorCode.OVS_NOT_RUNNING,
            "ovsdb-server",
            f"does not answer: {errors.strip()}",
            "Start it: systemctl start openvswitch-switch; its log is in /var/log/openvswitch.",
        )
    documents = [json.loads(line) for line in output.splitlines() if line.strip()]
    return {
        name: [_row(document["headings"], row) for row in document["data"]] for name, document in zip(names, documents)
    }


def _row(headings: t.Sequence[str], values: t.Sequence[t.Any]) -> dict[str, t.Any]:
    return {heading: _value(value) for heading, value in zip(headings, values)}


def _value(value: t.Any) -> t.Any:
    """A value of the database (RFC 7047, 5.1) as plain data: a set becomes a list, a map a dictionary."""
    if isinstance(value, list):
        kind, content = value
        if kind == "set":
            return [_value(entry) for entry in content]
        if kind == "map":
            return dict(content)
        return content
    return value


def _list(value: t.Any) -> list[t.Any]:
    """A column that holds a set, which OVS writes without brackets when it has one member."""
    return value if isinstance(value, list) else [value]


def _bridge(row: t.Mapping[str, t.Any], interfaces: t.Mapping[str, t.Mapping[str, t.Any]]) -> Bridge:
    members = [interfaces[uuid] for uuid in _list(row["ports"])]
    # The bridge's own interface is a port too, and comes and goes with it.
    ports = [_port(interface) for interface in members if interface["name"] != row["name"]]
    fail_mode = row["fail_mode"] if isinstance(row["fail_mode"], str) else ""
    owned = OWNER_KEY in row["external_ids"]
    ordered = tuple(sorted(ports, key=lambda port: port.name))
    return Bridge(row["name"], fail_mode, ordered, owned, row["datapath_type"])


def _port(row: t.Mapping[str, t.Any]) -> Port:
    number = row["ofport_request"] if isinstance(row["ofport_request"], int) else 0
    mtu = row["mtu_request"] if isinstance(row["mtu_request"], int) else None
    return Port(row["name"], row["type"], number, tuple(sorted(row["options"].items())), mtu)


def _process(guest: Guest) -> tuple[str, str | None]:
    """The running ovs-vswitchd as PID and start time, which no later process of this boot repeats; and its program."""
    pid = guest.value(PID_FILE)
    stat = guest.text(f"/proc/{pid}/stat") if pid else None
    if not stat:
        return "", None
    started = stat.rpartition(")")[2].split()[19]  # proc_pid_stat(5): field 22, starttime
    program = guest.link(f"/proc/{pid}/exe")
    # An upgraded package leaves " (deleted)" behind the path: that is another program too.
    return f"{pid}:{started}", program


def plan(observed: Observed, desired: Switch | None, restart: bool) -> Plan:
    """Steps to the desired switch, None for what was there before us. restart: whether ovs-vswitchd may be restarted.

    Raises NfvError ``ovs_without_dpdk``, ``bridge_not_ours``, ``dpdk_not_initialized`` or ``port_failed``.
    """
    if desired is not None and not observed.dpdk_build:
        raise NfvError(
            ErrorCode.OVS_WITHOUT_DPDK, "ovs-vswitchd", "was built without DPDK", "Install openvswitch-switch-dpdk."
        )
    wanted = desired or Switch(_previous(observed), ())
    commands = transaction(observed.switch, wanted)
    choice = _choice(observed, desired is not None)
    reasons = _restart_reasons(observed, wanted, choice)
    steps: list[Step] = []
    if desired is not None and observed.record is None:
        steps.append(WriteFile(RECORD, json.dumps({"other_config": dict(observed.switch.other_config)}) + "\n"))
    steps += choice
    if commands and reasons:
        steps.append(WriteFile(PENDING, observed.process))
    if commands:
        steps.append(_transact(commands, wait=not reasons))
    if reasons and restart:
        steps += [_restart(), RemoveFile(PENDING)]
    if desired is None and observed.record is not None:
        steps.append(RemoveFile(RECORD))
    if desired is not None and not steps and not reasons:
        _require_health(observed, desired)
    return _told(observed, wanted, tuple(steps), reasons, restart)


def _previous(observed: Observed) -> dict[str, str]:
    """The settings from before us; without a record of ours nothing here is ours, and all stays."""
    return dict(observed.switch.other_config if observed.record is None else observed.record["other_config"])


def _choice(observed: Observed, dpdk: bool) -> list[Step]:
    """Takes Debian's DPDK build of ovs-vswitchd, or gives the choice back."""
    if observed.chosen is None or (observed.chosen == DPDK_BUILD) is dpdk or (not dpdk and observed.record is None):
        return []
    argv = ("--set", "ovs-vswitchd", DPDK_BUILD) if dpdk else ("--auto", "ovs-vswitchd")
    return [
        RunCommand(("update-alternatives", *argv), ErrorCode.OVS_ALTERNATIVE_FAILED, "Look at update-alternatives(1).")
    ]


def _restart_reasons(observed: Observed, wanted: Switch, choice: t.Sequence[Step]) -> list[str]:
    if not observed.process:
        return ["ovs-vswitchd does not run"]
    reasons = []
    if choice:
        reasons.append("another build of ovs-vswitchd is chosen")
    elif observed.chosen is not None and observed.program != observed.chosen:
        reasons.append(f"{observed.program} runs and {observed.chosen} is chosen")
    settings = needs_restart(observed.switch.other_config, wanted.other_config)
    if settings:
        reasons.append(f"{', '.join(settings)} changes")
    if observed.pending == observed.process:
        reasons.append("ovs-vswitchd was not restarted after an earlier change")
    if wanted.other_config.get("dpdk-init") == "true" and not observed.initialized and not reasons:
        reasons.append("DPDK is not initialised")
    return reasons


def _transact(commands: t.Sequence[tuple[str, ...]], wait: bool) -> RunCommand:
    """All commands as one transaction; wait: until ovs-vswitchd has taken the change up."""
    argv = ["ovs-vsctl", "--timeout=60", *([] if wait else ["--no-wait"])]
    for number, command in enumerate(commands):
        argv += [*(["--"] if number else []), *command]
    return RunCommand(tuple(argv), ErrorCode.OVS_TRANSACTION_FAILED, f"Look at {LOG}.")


def _restart() -> RunCommand:
    return RunCommand(
        ("systemctl", "restart", "ovs-vswitchd.service"),
        ErrorCode.OVS_RESTART_FAILED,
        f"Look at journalctl -u ovs-vswitchd and {LOG}: free hugepages and bound devices are what DPDK needs.",
    )


def _require_health(observed: Observed, desired: Switch) -> None:
    if not observed.initialized:
        raise NfvError(
            ErrorCode.DPDK_NOT_INITIALIZED, "ovs-vswitchd", "runs, but its DPDK is not initialised", f"See {LOG}."
        )
    for bridge in desired.bridges:
        for port in bridge.ports:
            if port.name in observed.errors:
                raise NfvError(
                    ErrorCode.PORT_FAILED,
                    port.name,
                    f"OVS cannot use it: {observed.errors[port.name]}",
                    f"Check that the device is bound to a userspace driver and that hugepages are free; see {LOG}.",
                )


def _told(observed: Observed, wanted: Switch, steps: tuple[Step, ...], reasons: list[str], restart: bool) -> Plan:
    before, after = observed.switch.shown(), wanted.shown()
    before["restart_needed"], after["restart_needed"] = reasons, [] if restart else reasons
    result: dict[str, t.Any] = {
        "restart_required": bool(reasons) and not restart,
        "restart_reasons": reasons,
        "ovs_version": observed.ovs_version,
        "dpdk_version": observed.dpdk_version,
        "dpdk_initialized": observed.initialized,
        "switch": observed.switch.shown(),
    }
    result["defects"] = defects(observed.ovs_version, wanted)
    return Plan(steps, before, after, result)


def defects(ovs_version: str, switch: Switch) -> list[str]:
    """What this version of OVS is known to do wrong with such a switch, one line each."""
    version = tuple(int(part) for part in ovs_version.split(".")[:2] if part.isdigit())
    tunnels = any(port.kind == "gtpu" for bridge in switch.bridges for port in bridge.ports)
    if not tunnels or version >= FIRST_WITH_RIGHT_CHECKSUM:
        return []
    return [
        (
            f"OVS {ovs_version} writes a wrong outer UDP checksum into every G-PDU it sends (right from 3.2): "
            "a peer that checks it, as Linux does, drops the whole downlink"
        )
    ]
