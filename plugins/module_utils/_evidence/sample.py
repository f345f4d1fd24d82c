# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Takes one sample of what a guest shows about its poll-mode drivers. What cannot be observed stays empty.

judge.py draws the conclusions.
"""

from __future__ import annotations

import dataclasses
import os
import time
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import parse_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.mac_address import spelt_alike
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.ovsdb import plain_value
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest import procfs
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.interrupts.resident_sampler import parse_pmd_stats
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.isolation import cpus
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.memory.hugepages import read_pools
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.pci import device_nodes

from .telemetry import JsonRpc, Telemetry

# Names of the threads that poll: of Open vSwitch, and of EAL before and since DPDK 23.11. An application that makes its
# polling threads itself gives them any name: they are those that are bound to one isolated CPU.
_WORKERS = {"ovs": ("pmd-c",), "dpdk": ("rte-worker-", "dpdk-worker", "lcore-worker-")}
_OVS_RUN = "/var/run/openvswitch"
_KERNEL = "/proc/sys/kernel/osrelease"
_CPU = "/sys/devices/system/cpu"
_UNITS = "/sys/fs/cgroup/system.slice"  # systemd.slice(5), on the unified hierarchy of cgroups(7)
_INTERFACE_COLUMNS = ["name", "type", "options", "mac_in_use", "status", "error"]
# Nobody answers, or answers what is cut off or of another shape: then nothing was observed, which proves nothing.
_UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError)
_COUNTERS = ("ipackets", "opackets", "imissed", "ierrors", "oerrors", "rx_nombuf")


@dataclasses.dataclass(frozen=True)
class Device:
    """An adapter that must be polled."""

    name: str
    """Its name in the description."""
    pci_address: str
    """Its PCI address, in lower case."""
    mac: str
    """The MAC address that vSphere assigned, in lower case."""


@dataclasses.dataclass(frozen=True)
class Application:
    """The application that must poll."""

    kind: str = "ovs"
    """``ovs`` for Open vSwitch, ``dpdk`` for any other EAL process."""
    file_prefix: str = "rte"
    """EAL's --file-prefix, which names the directory of the telemetry socket."""
    unit: str | None = None
    """Its systemd service. None takes whatever process listens on the telemetry socket for the application."""


def parse_devices(devices: t.Sequence[t.Mapping[str, t.Any]]) -> list[Device]:
    """Devices from dictionaries; ignores other keys. Raises NfvError(device_invalid) when a key is missing."""
    found = []
    for index, device in enumerate(devices):
        for key in ("name", "pci_address", "mac"):
            if not device.get(key):
                raise NfvError(
                    ErrorCode.DEVICE_INVALID,
                    f"devices[{index}].{key}",
                    "the key is missing or empty",
                    "Give every device its name, pci_address and mac.",
                )
        found.append(Device(str(device["name"]), str(device["pci_address"]).lower(), spelt_alike(device["mac"])))
    return found


def take_sample(
    tree: Tree, application: Application, devices: t.Sequence[Device], start_timeout: float
) -> dict[str, t.Any]:
    """The sample, as pmd_evidence returns it.

    start_timeout: seconds to wait until the application has started its ports.
    """
    problems: dict[str, str] = {}
    telemetry = _telemetry(tree, application, devices, start_timeout, problems)
    pid = _application_pid(tree, application, telemetry)
    isolated = list(parse_cpu_list(cpus.isolated(tree)) or ())
    own = isolated if application.kind == "dpdk" else []
    threads = procfs.workers(tree, pid, _WORKERS[application.kind], own) if pid else []
    allowed = {cpu for thread in threads for cpu in thread["allowed_cpus"]}
    pools = read_pools(tree)
    return {
        "monotonic": time.monotonic(),
        "boot_id": tree.value(procfs.BOOT_ID),
        "kernel": tree.value(_KERNEL),
        "clock_ticks": os.sysconf("SC_CLK_TCK"),
        "application": {
            "kind": application.kind,
            "pid": pid,
            "executable": procfs.executable(tree, pid) if pid else None,
            "version": telemetry["version"],
            "telemetry_pid": telemetry["pid"],
            "eal_parameters": telemetry["eal_parameters"],
        },
        "devices": _devices(tree, devices),
        "ports": telemetry["ports"],
        "interfaces": _ovs_interfaces(tree, problems) if application.kind == "ovs" else None,
        "cycles": _ovs_cycles(tree, pid, problems) if application.kind == "ovs" and pid else [],
        "workers": [{**thread, "numa_node": _node_of_cpu(tree, thread["cpu"])} for thread in threads],
        "other_threads": procfs.other_threads(tree, allowed, [thread["tid"] for thread in threads]),
        "isolated_cpus": isolated,
        "nohz_full_cpus": list(parse_cpu_list(cpus.nohz_full(tree)) or ()),
        "hugepages": [
            {"size_kb": pool.size_kb, "total": pool.allocated, "free": pool.free} for pool in pools if pool.node is None
        ],
        "node_hugepages": [
            {"node": pool.node, "size_kb": pool.size_kb, "total": pool.allocated, "free": pool.free}
            for pool in pools
            if pool.node is not None
        ],
        "hugepages_mapped_kb": procfs.hugepages_mapped_kb(tree, pid) if pid else None,
        "problems": problems,
    }


def _application_pid(tree: Tree, application: Application, telemetry: dict[str, t.Any]) -> int | None:
    if application.kind == "ovs":
        return tree.number(f"{_OVS_RUN}/ovs-vswitchd.pid")
    if application.unit is not None:
        members = (tree.text(f"{_UNITS}/{application.unit}/cgroup.procs") or "").split()
        return int(members[0]) if members and members[0].isdecimal() else None
    pid: int | None = telemetry["pid"]
    return pid


def _devices(tree: Tree, devices: t.Sequence[Device]) -> list[dict[str, t.Any]]:
    lines = procfs.interrupt_lines(tree)
    nodes = {device.pci_address: _device_node(tree, device.pci_address) for device in devices}
    holders = procfs.holders(tree, {path for path in nodes.values() if path})
    found = []
    for device in devices:
        base = f"/sys/bus/pci/devices/{device.pci_address}"
        path = nodes[device.pci_address]
        uio = path[len("/dev/") :] if path and path.startswith("/dev/uio") else None
        numbers = set(tree.names(f"{base}/msi_irqs")) | {tree.value(f"{base}/irq") or ""}
        found.append(
            {
                **dataclasses.asdict(device),
                "present": tree.exists(base),
                "driver": tree.target(f"{base}/driver"),
                "net": list(tree.names(f"{base}/net")),
                "node": path,
                "numa_node": _node(tree.number(f"{base}/numa_node")),
                "holders": [
                    {"pid": pid, "executable": procfs.executable(tree, pid)} for pid in holders.get(path or "", [])
                ],
                "interrupts": [_interrupts(number, lines[number]) for number in sorted(numbers) if number in lines],
                "uio_events": tree.number(f"/sys/class/uio/{uio}/event") if uio else None,
            }
        )
    return found


def _node(number: int | None) -> int | None:
    """A NUMA node; None where the platform does not say, which is -1 in the kernel."""
    return None if number is None or number < 0 else number


def _node_of_cpu(tree: Tree, cpu: int) -> int | None:
    """The NUMA node of a CPU (Documentation/ABI/stable/sysfs-devices-node)."""
    named = (name[len("node") :] for name in tree.names(f"{_CPU}/cpu{cpu}") if name.startswith("node"))
    return next((int(number) for number in named if number.isdecimal()), None)


def _interrupts(number: str, line: procfs.InterruptLine) -> dict[str, t.Any]:
    return {"line": number, "count": sum(line.counts.values()), "handlers": list(line.handlers)}


def _device_node(tree: Tree, pci_address: str) -> str | None:
    """The device file through which a userspace program drives the device; None under a kernel driver."""
    nodes = device_nodes(tree, pci_address)
    return next((node for node in nodes if tree.exists(node)), nodes[0] if nodes else None)


def _telemetry(
    tree: Tree,
    application: Application,
    devices: t.Sequence[Device],
    start_timeout: float,
    problems: dict[str, str],
) -> dict[str, t.Any]:
    path = f"/var/run/dpdk/{application.file_prefix}/dpdk_telemetry.v2"
    found: dict[str, t.Any] = {"pid": None, "version": None, "eal_parameters": None, "ports": []}
    try:
        with Telemetry(tree.path(path)) as telemetry:
            found["pid"], found["version"] = telemetry.pid, telemetry.version
            found["eal_parameters"] = telemetry.ask("/eal/params")
            infos = _started_infos(telemetry, {device.pci_address for device in devices}, start_timeout)
            found["ports"] = [_port(telemetry, number, info) for number, info in infos.items()]
    except _UNREADABLE as error:
        problems["telemetry"] = f"{path}: {_said(error)}"
    return found


def _started_infos(telemetry: Telemetry, wanted: set[str], timeout: float) -> dict[int, dict[str, t.Any]]:
    """/ethdev/info of every port, when all wanted ones have started or the time is over."""
    deadline = time.monotonic() + timeout
    while True:
        # An EAL process without ethdev, such as one that only computes, does not know the command.
        ports = [int(number) for number in telemetry.ask("/ethdev/list") or ()]
        infos = {number: dict(telemetry.ask(f"/ethdev/info,{number}") or {}) for number in ports}
        started = {info.get("name") for info in infos.values() if info.get("dev_started") == 1}
        if wanted <= started or time.monotonic() >= deadline:
            return infos
        time.sleep(0.5)


def _port(telemetry: Telemetry, number: int, info: dict[str, t.Any]) -> dict[str, t.Any]:
    started = info.get("dev_started") == 1
    # DPDK 22.11 crashes when asked for the statistics of a port that has not started.
    counters = telemetry.ask(f"/ethdev/stats,{number}") if started else None
    return {
        "port": number,
        "name": info.get("name"),
        "mac": spelt_alike(info.get("mac_addr", "")),
        "started": started,
        "monotonic": time.monotonic(),
        "counters": {name: counters[name] for name in _COUNTERS} if counters else None,
    }


def _ovs_interfaces(tree: Tree, problems: dict[str, str]) -> list[dict[str, t.Any]] | None:
    select = {"op": "select", "table": "Interface", "where": [], "columns": _INTERFACE_COLUMNS}
    try:
        with JsonRpc(tree.path(f"{_OVS_RUN}/db.sock")) as database:
            rows = database.call("transact", "Open_vSwitch", select)[0]["rows"]
        return [{column: plain_value(row[column]) for column in _INTERFACE_COLUMNS} for row in rows]
    except _UNREADABLE as error:
        problems["ovs_database"] = f"{_OVS_RUN}/db.sock: {_said(error)}"
        return None


def _ovs_cycles(tree: Tree, pid: int, problems: dict[str, str]) -> list[dict[str, int]]:
    path = f"{_OVS_RUN}/ovs-vswitchd.{pid}.ctl"
    try:
        with JsonRpc(tree.path(path)) as control:
            return parse_pmd_stats(str(control.call("dpif-netdev/pmd-stats-show")))
    except _UNREADABLE as error:
        problems["ovs_control"] = f"{path}: {_said(error)}"
        return []


def _said(error: Exception) -> str:
    """What keeps a sample from being taken, in words."""
    if isinstance(error, OSError):
        return str(error)
    return f"its answer cannot be read ({type(error).__name__}: {error})"
