# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sampler over a real guest's recorded files and over sockets that give its recorded answers."""

from __future__ import annotations

import json
import os
import shutil
import socket
import tempfile
import threading
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.sample import (
    Application,
    Device,
    parse_devices,
    take_sample,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest import procfs
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree
from tests.unit.evidence.conftest import recording

DEVICES = [Device("s5u", "0000:00:04.0", "00:50:56:01:0a:02"), Device("sgi", "0000:00:05.0", "00:50:56:01:0a:03")]
TELEMETRY = "var/run/dpdk/rte/dpdk_telemetry.v2"


class Server:
    """Answers one client after the other on a UNIX socket until it is closed; notes what it was asked."""

    def __init__(self, path: Path, kind: socket.SocketKind, hello: t.Any, answer: t.Callable[[str], t.Any]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._listener = socket.socket(socket.AF_UNIX, kind)
        self._listener.bind(str(path))
        self._listener.listen()
        self._hello, self._answer = hello, answer
        self.asked: list[str] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client = self._listener.accept()[0]
            except OSError:
                return
            with client:
                if self._hello is not None:
                    client.send(json.dumps(self._hello).encode())
                while data := client.recv(65536):
                    self.asked.append(data.decode())
                    client.send(json.dumps(self._answer(data.decode())).encode())

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


class Guest:
    """The recorded guest below a directory, and its answers, which a test may change."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.recorded = recording("guest")
        for path, text in self.recorded["files"].items():
            self.write(path, text)
        for path, target in self.recorded["links"].items():
            link = root / path[1:]
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(target)
        self.telemetry: dict[str, t.Any] = self.recorded["telemetry"]
        self.servers: list[Server] = []

    def write(self, path: str, text: str) -> None:
        file = self.root / path[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def serve(self) -> Server:
        run = self.root / "var/run/openvswitch"
        pid = self.recorded["pid"]
        hello = self.telemetry[""]
        stream = socket.SOCK_STREAM
        self.servers = [
            Server(self.root / TELEMETRY, socket.SOCK_SEQPACKET, hello, lambda asked: self.telemetry[asked]),
            Server(run / "db.sock", stream, None, lambda _: self.recorded["database"]),
            Server(run / f"ovs-vswitchd.{pid}.ctl", stream, None, lambda _: self.recorded["control"]),
        ]
        return self.servers[0]

    def sample(self, application: Application | None = None, timeout: float = 0.0) -> dict[str, t.Any]:
        return take_sample(Tree(str(self.root)), application or Application(), DEVICES, timeout)


@pytest.fixture
def guest() -> Iterator[Guest]:
    root = Path(tempfile.mkdtemp(prefix="nfv"))  # a short path: a UNIX socket's has at most 107 characters
    made = Guest(root)
    yield made
    for server in made.servers:
        server.close()
    shutil.rmtree(root)


def test_sample_of_the_recorded_guest(guest: Guest) -> None:
    guest.serve()
    sample = guest.sample()
    assert sample["problems"] == {}
    assert sample["application"]["pid"] == guest.recorded["pid"]
    assert sample["application"]["executable"] == "ovs-vswitchd-dpdk"
    assert sample["application"]["telemetry_pid"] == os.getpid()  # the kernel's word, not the hello's
    assert sample["isolated_cpus"] == [1]
    assert sample["hugepages"][1] == {"size_kb": 2048, "total": 256, "free": 33}
    assert sample["hugepages_mapped_kb"] == 456704
    assert [port["name"] for port in sample["ports"]] == ["0000:00:04.0", "0000:00:05.0"]
    assert sample["ports"][0]["counters"]["ipackets"] > 0
    assert sample["cycles"][0]["cpu"] == 1
    assert {one["name"]: one["type"] for one in sample["interfaces"]}["s5u"] == "dpdk"


def test_pools_of_numa_nodes(guest: Guest) -> None:
    for node, total, free in ((0, "128", "3"), (1, "64", "64")):
        pool = f"/sys/devices/system/node/node{node}/hugepages/hugepages-2048kB"
        guest.write(f"{pool}/nr_hugepages", total)
        guest.write(f"{pool}/free_hugepages", free)
    guest.serve()
    assert guest.sample()["node_hugepages"] == [
        {"node": 0, "size_kb": 2048, "total": 128, "free": 3},
        {"node": 1, "size_kb": 2048, "total": 64, "free": 64},
    ]


def test_versions_and_numa_nodes(guest: Guest) -> None:
    guest.write("/proc/sys/kernel/osrelease", "6.1.0-40-amd64\n")
    guest.write("/sys/devices/system/cpu/cpu1/node1/cpulist", "1\n")
    for address, node in (("0000:00:04.0", "1"), ("0000:00:05.0", "-1")):
        guest.write(f"/sys/bus/pci/devices/{address}/numa_node", node)
    guest.serve()
    sample = guest.sample()
    assert sample["kernel"] == "6.1.0-40-amd64"
    assert sample["application"]["version"] == guest.telemetry[""]["version"]
    assert [device["numa_node"] for device in sample["devices"]] == [1, None]
    assert [worker["numa_node"] for worker in sample["workers"]] == [1]


def test_devices_of_the_recorded_guest(guest: Guest) -> None:
    guest.serve()
    s5u = guest.sample()["devices"][0]
    assert (s5u["driver"], s5u["net"], s5u["node"]) == ("uio_pci_generic", [], "/dev/uio0")
    assert s5u["holders"] == [{"pid": guest.recorded["pid"], "executable": "ovs-vswitchd-dpdk"}]
    # One interrupt of the link when the port started: "no rise" is asked of a guest, not "none".
    assert s5u["interrupts"] == [{"line": "20", "count": 1, "handlers": ["uio_pci_generic"]}]
    assert s5u["uio_events"] == 1


def test_the_polling_thread_of_the_recorded_guest(guest: Guest) -> None:
    guest.serve()
    (worker,) = guest.sample()["workers"]
    assert worker["name"] == "pmd-c01/id:8"
    assert (worker["cpu"], worker["allowed_cpus"]) == (1, [1])
    assert worker["user_ticks"] > 0
    assert worker["cpu_ticks"] >= worker["user_ticks"] + worker["system_ticks"]
    assert worker["voluntary_switches"] is not None


def test_a_user_thread_on_the_polling_cpu_is_seen_and_a_kernel_thread_is_not(guest: Guest) -> None:
    guest.serve()
    stat = guest.recorded["files"][f"/proc/{guest.recorded['pid']}/stat"].split(") ", 1)[1].split()
    for pid, flags in ((501, "4194304"), (502, str(0x00200000))):
        fields = [*stat[:6], flags, *stat[7:36], "1", *stat[37:]]
        guest.write(f"/proc/{pid}/task/{pid}/stat", f"{pid} (a b) c) {' '.join(fields)}\n")
    others = guest.sample()["other_threads"]
    assert [(one["pid"], one["name"], one["cpu"]) for one in others] == [(501, "a b) c", 1)]


def test_statistics_are_never_asked_of_a_port_that_has_not_started(guest: Guest) -> None:
    guest.telemetry["/ethdev/info,0"]["/ethdev/info"]["dev_started"] = 0
    telemetry = guest.serve()
    sample = guest.sample()
    assert "/ethdev/stats,0" not in telemetry.asked
    assert "/ethdev/stats,1" in telemetry.asked
    assert (sample["ports"][0]["started"], sample["ports"][0]["counters"]) == (False, None)


def test_it_waits_for_the_ports_to_start(guest: Guest) -> None:
    info = guest.telemetry["/ethdev/info,0"]["/ethdev/info"]
    info["dev_started"] = 0
    guest.serve()
    threading.Timer(0.7, info.update, kwargs={"dev_started": 1}).start()
    assert guest.sample(timeout=20)["ports"][0]["started"]


def test_without_an_application_the_sample_says_why(guest: Guest) -> None:
    (guest.root / "var/run/openvswitch/ovs-vswitchd.pid").unlink()
    sample = guest.sample()
    assert sample["application"]["pid"] is None
    assert "No such file" in sample["problems"]["telemetry"]
    assert "No such file" in sample["problems"]["ovs_database"]
    assert (sample["ports"], sample["interfaces"], sample["workers"]) == ([], None, [])


def test_an_eal_process_without_ethdev_has_no_ports(guest: Guest) -> None:
    """It does not know the commands of ethdev, and answers null."""
    guest.telemetry["/ethdev/list"] = {"/ethdev/list": None}
    guest.serve()
    sample = guest.sample(Application("dpdk"))
    assert (sample["ports"], sample["problems"]) == ([], {})
    assert sample["application"]["telemetry_pid"] == os.getpid()


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        ("", {"version": "DPDK"}),
        ("", []),
        ("/ethdev/list", {"/ethdev/list": 7}),
        ("/ethdev/list", {"/ethdev/list": ["x"]}),
        ("/ethdev/list", None),
        ("/ethdev/info,0", {"/ethdev/info": [1]}),
        ("/ethdev/stats,0", {"/ethdev/stats": {"ipackets": 1}}),
    ],
)
def test_telemetry_of_another_shape_is_a_problem_and_no_traceback(guest: Guest, command: str, answer: t.Any) -> None:
    guest.telemetry[command] = answer
    guest.serve()
    sample = guest.sample()
    assert sample["ports"] == []
    assert "its answer cannot be read" in sample["problems"]["telemetry"]
    assert "dpdk_telemetry.v2" in sample["problems"]["telemetry"]


@pytest.mark.parametrize(
    "answer",
    [
        [],
        {"result": None, "error": None},
        {"result": [], "error": None},
        {"result": [{"error": "no such column"}], "error": None},
        {"result": [{"rows": [{"name": "s5u"}]}], "error": None},
        {"result": [{"rows": [["set"]]}], "error": None},
    ],
)
def test_a_database_of_another_shape_is_a_problem_and_no_traceback(guest: Guest, answer: t.Any) -> None:
    guest.recorded["database"] = answer
    guest.serve()
    sample = guest.sample()
    assert sample["interfaces"] is None
    assert "its answer cannot be read" in sample["problems"]["ovs_database"]


def test_what_the_kernel_never_writes_is_not_observed(guest: Guest) -> None:
    pid = guest.recorded["pid"]
    guest.write("/sys/fs/cgroup/system.slice/vnf-a.service/cgroup.procs", "x\n")
    assert guest.sample(Application("dpdk", unit="vnf-a.service"))["application"]["pid"] is None
    for text in (f"{pid} (a) S {'x ' * 50}", f"{pid} (a) S {'9' * 5000 + ' '} {'1 ' * 50}", "(", "a) S 1"):
        assert procfs.parse_stat(text) is None or text.count("9") > 100
    guest.write("/proc/uptime", "soon\n")
    assert procfs.process_started(Tree(str(guest.root)), pid) is None


def test_another_dpdk_application_is_known_by_its_telemetry(guest: Guest) -> None:
    guest.serve()
    sample = guest.sample(Application("dpdk"))
    assert sample["application"]["pid"] == os.getpid()
    assert (sample["interfaces"], sample["cycles"]) == (None, [])


def test_a_service_knows_its_process_whoever_answers(guest: Guest) -> None:
    guest.serve()
    guest.write("/sys/fs/cgroup/system.slice/vnf-a.service/cgroup.procs", "4242\n4243\n")
    application = guest.sample(Application("dpdk", unit="vnf-a.service"))["application"]
    assert (application["pid"], application["telemetry_pid"]) == (4242, os.getpid())
    assert guest.sample(Application("dpdk", unit="vnf-b.service"))["application"]["pid"] is None


def test_a_polling_thread_of_any_name_is_known_by_its_isolated_cpu(guest: Guest) -> None:
    guest.serve()
    guest.write("/sys/fs/cgroup/system.slice/vnf-a.service/cgroup.procs", f"{guest.recorded['pid']}\n")
    application = Application("dpdk", unit="vnf-a.service")
    assert [worker["name"] for worker in guest.sample(application)["workers"]] == ["pmd-c01/id:8"]
    guest.write("/sys/devices/system/cpu/isolated", "\n")
    assert guest.sample(application)["workers"] == []


@pytest.mark.parametrize(
    ("made", "node"), [("/dev/vfio/5", "/dev/vfio/5"), ("/dev/vfio/noiommu-5", "/dev/vfio/noiommu-5")]
)
def test_a_vfio_device_is_held_through_its_group(guest: Guest, made: str, node: str) -> None:
    base = guest.root / "sys/bus/pci/devices/0000:00:04.0"
    shutil.rmtree(base / "uio")
    (base / "driver").unlink()
    (base / "driver").symlink_to("../../../bus/pci/drivers/vfio-pci")
    (base / "iommu_group").symlink_to("../../../kernel/iommu_groups/5")
    guest.write(made, "")
    (guest.root / f"proc/{guest.recorded['pid']}/fd/99").symlink_to(made)
    s5u = guest.sample()["devices"][0]
    assert s5u["node"] == node
    assert [holder["pid"] for holder in s5u["holders"]] == [guest.recorded["pid"]]
    assert s5u["uio_events"] is None


def test_interrupt_lines_with_several_handlers() -> None:
    lines = procfs.interrupt_lines(_tree("/proc/interrupts", INTERRUPTS))
    assert lines["20"] == ({"0": 5, "1": 7}, ("uio_pci_generic", "ehci_hcd:usb1"))
    assert lines["25"] == ({"0": 0, "1": 7}, ("vfio-msix[0](0000:00:04.0)",))
    assert lines["ERR"].counts == {"0": 0}


def test_interrupts_are_counted_by_the_cpus_that_run() -> None:
    text = "      CPU0 CPU2\n 30: 1 2 PCI-MSI 65536-edge x\nNMI: 7 8 Non-maskable\nERR: 3\n"
    counts = {name: line.counts for name, line in procfs.interrupt_lines(_tree("/proc/interrupts", text)).items()}
    assert counts == {"30": {"0": 1, "2": 2}, "NMI": {"0": 7, "2": 8}, "ERR": {"0": 3}}
    assert procfs.interrupt_lines(_tree("/proc/interrupts", "")) == {}


INTERRUPTS = """\
           CPU0       CPU1
 20:          5          7   IO-APIC  20-fasteoi   uio_pci_generic, ehci_hcd:usb1
 25:          0          7   PCI-MSI 49153-edge      vfio-msix[0](0000:00:04.0)
ERR:          0
"""


class _OneFile(Tree):
    def __init__(self, path: str, text: str) -> None:
        super().__init__()
        self._only = (path, text)

    def text(self, path: str) -> str | None:
        return self._only[1] if path == self._only[0] else None


def _tree(path: str, text: str) -> Tree:
    return _OneFile(path, text)


def test_a_device_without_an_address_is_refused() -> None:
    with pytest.raises(NfvError) as raised:
        parse_devices([{"name": "s5u", "pci_address": None, "mac": "00:50:56:01:0a:02"}])
    assert (raised.value.error_code, raised.value.subject) == ("device_invalid", "devices[0].pci_address")


def test_devices_may_hold_more_and_any_case() -> None:
    given = {"name": "s5u", "pci_address": "0000:00:0A.0", "mac": "00:50:56:AB:00:01", "driver": "vfio-pci"}
    assert parse_devices([given]) == [Device("s5u", "0000:00:0a.0", "00:50:56:ab:00:01")]
