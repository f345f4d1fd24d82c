# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads Open vSwitch in a guest: its database, its process and its program."""

from __future__ import annotations

import dataclasses
import json
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.output import expected_output
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.ovsdb import plain_value

from .model import OWNED_KEYS, OWNER_KEY, Bridge, BridgePort, SwitchConfiguration

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest

RECORD = "/etc/nfv-vsphere-dpdk/ovs_dpdk.json"
# Holds the PID of an ovs-vswitchd that still runs with settings older than the database's. A reboot clears /run.
PENDING = "/run/nfv-vsphere-dpdk/ovs-restart"
PID_FILE = "/run/openvswitch/ovs-vswitchd.pid"
# Debian and Ubuntu install two builds of ovs-vswitchd and choose one by update-alternatives.
ALTERNATIVE = "/etc/alternatives/ovs-vswitchd"
DPDK_BUILD = "/usr/lib/openvswitch-switch-dpdk/ovs-vswitchd-dpdk"
_TABLES = ("Open_vSwitch", "Bridge", "Port", "Interface")
_COMMAND_NOT_FOUND = 127  # sh(1p), 2.8.2


@dataclasses.dataclass(frozen=True)
class ObservedSwitch:
    """Open vSwitch in a guest."""

    configuration: SwitchConfiguration
    """Settings and bridges in the database."""
    errors: t.Mapping[str, str]
    """Interface -> what OVS says is wrong with it."""
    initialized: bool
    """Whether the running switch has initialised DPDK."""
    ovs_version: str | None
    """Version of Open vSwitch; None if it is not installed."""
    dpdk_version: str | None
    """Version of DPDK in the running switch."""
    process: str
    """PID and start time of ovs-vswitchd; empty if it does not run."""
    program: str | None
    """The program that the process executes."""
    chosen: str | None
    """The program that a start would execute; None if there is no choice."""
    dpdk_build: bool
    """Whether a build with DPDK is installed."""
    pending: str | None
    """The process that runs with older settings than the database's."""
    record: t.Mapping[str, t.Any] | None
    """The settings from before this collection's first change; None if it changed nothing."""

    @property
    def installed(self) -> bool:
        """Whether Open vSwitch with DPDK is installed."""
        return self.ovs_version is not None and self.dpdk_build


def observe(guest: Guest) -> ObservedSwitch:
    """Reads the switch. Raises NfvError: ovs_not_running, output_unreadable, ovs_record_invalid."""
    tables, bridges = _read_tables(guest)
    root = tables["Open_vSwitch"][0] if tables["Open_vSwitch"] else {}
    process, program = _process(guest)
    other_config = {key: value for key, value in root.get("other_config", {}).items() if key in OWNED_KEYS}
    return ObservedSwitch(
        configuration=SwitchConfiguration(other_config, bridges),
        errors={row["name"]: row["error"] for row in tables["Interface"] if isinstance(row["error"], str)},
        initialized=root.get("dpdk_initialized") is True,
        ovs_version=root["ovs_version"] if isinstance(root.get("ovs_version"), str) else None,
        dpdk_version=root["dpdk_version"] if isinstance(root.get("dpdk_version"), str) else None,
        process=process,
        program=program,
        chosen=guest.link(ALTERNATIVE),
        dpdk_build=guest.exists(DPDK_BUILD) or "dpdk" in _members(root.get("iface_types", [])),
        pending=guest.value(PENDING),
        record=_record(guest),
    )


def _record(guest: Guest) -> dict[str, t.Any] | None:
    text = guest.text(RECORD)
    if not text:
        return None
    try:
        record = json.loads(text)
        if not isinstance(record, dict) or not isinstance(record.get("other_config"), dict):
            raise TypeError("it has no other_config")
    except (ValueError, TypeError, RecursionError) as error:
        raise NfvError(
            ErrorCode.OVS_RECORD_INVALID,
            RECORD,
            f"does not hold the settings from before this collection's first change: {error}",
            "Restore the file, or correct other_config by hand (ovs-vsctl) and remove it.",
        ) from error
    return record


def _read_tables(guest: Guest) -> tuple[dict[str, list[dict[str, t.Any]]], tuple[Bridge, ...]]:
    """Table -> rows, and the bridges in them; without rows if Open vSwitch is not installed."""
    argv = ["ovs-vsctl", "--timeout=20", "--no-wait", "--format=json", "list", _TABLES[0]]
    for name in _TABLES[1:]:
        argv += ["--", "list", name]
    status, output, errors = guest.run(argv)
    if status == _COMMAND_NOT_FOUND:
        return {name: [] for name in _TABLES}, ()
    if status != 0:
        raise NfvError(
            ErrorCode.OVS_NOT_RUNNING,
            "ovsdb-server",
            f"does not answer: {errors.strip()}",
            "Start it: systemctl start openvswitch-switch; its log is in /var/log/openvswitch.",
        )
    with expected_output("ovs-vsctl list", output):
        documents = [json.loads(line) for line in output.splitlines() if line.strip()]
        if len(documents) != len(_TABLES):
            raise ValueError(f"it has {len(documents)} of {len(_TABLES)} tables")
        tables = {
            name: [dict(zip(document["headings"], map(plain_value, row))) for row in document["data"]]
            for name, document in zip(_TABLES, documents)
        }
        _require_columns(tables)
        return tables, _bridges(tables)


def _require_columns(tables: t.Mapping[str, t.Sequence[t.Mapping[str, t.Any]]]) -> None:
    """Raises KeyError or TypeError unless the columns that are read are there, as far as ``_bridges`` does not look."""
    for row in tables["Open_vSwitch"]:
        if not isinstance(row["other_config"], dict):
            raise TypeError("other_config is no map")
    for row in tables["Interface"]:
        if not isinstance(row["name"], str) or "error" not in row:
            raise TypeError("an interface has no name or no error")


def _members(value: t.Any) -> list[t.Any]:
    """The members of a set, which OVS writes without a tag if there is only one."""
    return value if isinstance(value, list) else [value]


def _bridges(tables: t.Mapping[str, list[dict[str, t.Any]]]) -> tuple[Bridge, ...]:
    interfaces = {row["_uuid"]: row for row in tables["Interface"]}
    ports = {row["_uuid"]: interfaces[_members(row["interfaces"])[0]] for row in tables["Port"]}
    return tuple(sorted((_bridge(row, ports) for row in tables["Bridge"]), key=lambda bridge: bridge.name))


def _bridge(row: t.Mapping[str, t.Any], interfaces: t.Mapping[str, t.Mapping[str, t.Any]]) -> Bridge:
    members = [interfaces[uuid] for uuid in _members(row["ports"])]
    # The bridge's own interface is a port too; OVS makes and removes it with the bridge.
    ports = [_port(interface) for interface in members if interface["name"] != row["name"]]
    fail_mode = row["fail_mode"] if isinstance(row["fail_mode"], str) else ""
    owned = OWNER_KEY in row["external_ids"]
    ordered = tuple(sorted(ports, key=lambda port: port.name))
    return Bridge(row["name"], fail_mode, ordered, owned, row["datapath_type"])


def _port(row: t.Mapping[str, t.Any]) -> BridgePort:
    number = row["ofport_request"] if isinstance(row["ofport_request"], int) else 0
    mtu = row["mtu_request"] if isinstance(row["mtu_request"], int) else None
    return BridgePort(row["name"], row["type"], number, tuple(sorted(row["options"].items())), mtu)


def _process(guest: Guest) -> tuple[str, str | None]:
    """PID and start time of ovs-vswitchd, which no later process of this boot repeats, and its program."""
    pid = guest.value(PID_FILE)
    stat = guest.text(f"/proc/{pid}/stat") if pid else None
    if not stat:
        return "", None
    fields = stat.rpartition(")")[2].split()
    if len(fields) < 20:
        return "", None
    started = fields[19]  # proc_pid_stat(5): field 22, starttime
    # After an upgrade of the package the link ends with " (deleted)": that is another program, too.
    return f"{pid}:{started}", guest.link(f"/proc/{pid}/exe")
