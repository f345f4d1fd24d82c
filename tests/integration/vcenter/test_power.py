# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Power operations reach the hypervisor, its answers reach the client, and guest states reach waiting clients."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from pyVim.connect import Disconnect
from pyVim.task import WaitForTask
from pyVmomi import vim, vmodl

from lab import unix_http
from lab.errors import LabError

REFUSAL = "no memory left for a guest of 1024 MB"


@dataclass
class Hypervisor:
    """A hypervisor that notes requests and answers as told; while_asked runs before it answers."""

    socket: Path
    requests: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    refuse: dict[str, str] = field(default_factory=dict)
    while_asked: Callable[[str, dict[str, Any]], None] | None = None

    def paths(self) -> list[str]:
        """Return the paths asked for, in order."""
        return [path for path, _ in self.requests]

    def answer(self, path: str, body: dict[str, Any]) -> tuple[int, dict[str, str]]:
        """Note a request and return status and body of the answer."""
        self.requests.append((path, body))
        if self.while_asked is not None:
            self.while_asked(path, body)
        if path in self.refuse:
            return 409, {"error": self.refuse[path]}
        return 200, {}


class UnixServer(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


def serve(hypervisor: Hypervisor) -> UnixServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, answer = hypervisor.answer(self.path, body)
            text = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def address_string(self) -> str:
            return "unix"

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class names it so)
            pass

    server = UnixServer(str(hypervisor.socket), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture(scope="module")
def hypervisor_socket(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("hv") / "hypervisor.sock"


@pytest.fixture(scope="module")
def lab(start_vcenter: Callable[..., Any], hypervisor_socket: Path, open_lab: Callable[[Any], Any]) -> Any:
    """A lab vCenter that asks a hypervisor."""
    return open_lab(start_vcenter(hypervisor_socket))


@pytest.fixture
def hypervisor(hypervisor_socket: Path) -> Iterator[Hypervisor]:
    hypervisor_socket.unlink(missing_ok=True)
    hypervisor = Hypervisor(hypervisor_socket)
    server = serve(hypervisor)
    yield hypervisor
    server.shutdown()
    server.server_close()


@pytest.fixture
def vm(hypervisor: Hypervisor, make_vm: Callable[..., Any]) -> Any:
    """A VM that is destroyed before the hypervisor ends."""
    return make_vm()


def adapters(machine: Any) -> list[Any]:
    return [d for d in machine.config.hardware.device if isinstance(d, vim.vm.device.VirtualEthernetCard)]


def running(machine: Any, address: str = "198.18.0.10") -> dict[str, Any]:
    nics = [{"mac": adapters(machine)[0].macAddress, "network": "PG-Mgmt", "addresses": [address]}]
    return {"host_name": "pgw-1", "ip_address": address, "nics": nics}


def test_power_on_passes_the_configuration_as_it_then_is(vm: Any, hypervisor: Hypervisor) -> None:
    first, second, _ = adapters(vm)
    replaced = vim.vm.device.VirtualVmxnet3(
        key=-1, backing=second.backing, macAddress=second.macAddress, addressType="assigned"
    )
    first.connectable.startConnected = False
    spec = vim.vm.ConfigSpec(
        numCPUs=4,
        numCoresPerSocket=2,
        memoryMB=2048,
        firmware="efi",
        flags=vim.vm.FlagInfo(vvtdEnabled=True),
        deviceChange=[
            vim.vm.device.VirtualDeviceSpec(operation="edit", device=first),
            vim.vm.device.VirtualDeviceSpec(operation="remove", device=second),
            vim.vm.device.VirtualDeviceSpec(operation="add", device=replaced),
        ],
    )
    WaitForTask(vm.Reconfigure(spec))
    WaitForTask(vm.PowerOn())
    macs = [a.macAddress for a in adapters(vm)]
    assert hypervisor.requests == [
        (
            "/power-on",
            {
                "uuid": vm.config.uuid,
                "name": vm.name,
                "moid": vm._moId,
                "cpus": 4,
                "cores_per_socket": 2,
                "memory_mb": 2048,
                "firmware": "efi",
                "iommu": True,
                "image": "debian-12",
                "adapters": [
                    {"key": 4000 + n, "label": f"Network adapter {n + 1}", "type": kind, "mac": macs[n],
                     "network": network, "connected": n != 0}
                    for n, (kind, network) in enumerate(
                        [("e1000", "PG-Mgmt"), ("vmxnet3", "PG-S5U"), ("e1000", "PG-SGi")]
                    )
                ],
            },
        )
    ]  # fmt: skip


def test_each_operation_reaches_the_hypervisor(lab: Any, vm: Any, hypervisor: Hypervisor) -> None:
    WaitForTask(vm.PowerOn())
    WaitForTask(vm.Reset())
    lab.vcenter.report_guest(vm.config.uuid)
    vm.RebootGuest()
    vm.ShutdownGuest()
    assert vm.runtime.powerState == "poweredOn"  # until the guest has ended
    WaitForTask(vm.PowerOff())
    assert hypervisor.paths() == ["/power-on", "/reset", "/reboot-guest", "/shutdown-guest", "/power-off"]
    assert {body["uuid"] for _, body in hypervisor.requests} == {vm.config.uuid}


@pytest.mark.parametrize("unregister", [False, True], ids=["destroy", "unregister"])
def test_removed_vm_leaves_the_hypervisor(lab: Any, hypervisor: Hypervisor, unregister: bool) -> None:
    machine = lab.clone()
    uuid = machine.config.uuid
    if unregister:
        machine.UnregisterVM()
    else:
        WaitForTask(machine.Destroy_Task())
    assert hypervisor.requests == [("/destroy", {"uuid": uuid})]
    with pytest.raises(LabError, match="request_refused"):
        lab.vcenter.report_guest(uuid)
    with pytest.raises(vmodl.fault.ManagedObjectNotFound):
        print(machine.name)


def test_hypervisor_refuses_power_on(vm: Any, hypervisor: Hypervisor) -> None:
    hypervisor.refuse["/power-on"] = REFUSAL
    with pytest.raises(vim.fault.GenericVmConfigFault) as refused:
        WaitForTask(vm.PowerOn())
    assert refused.value.msg == REFUSAL
    assert vm.runtime.powerState == "poweredOff"
    hypervisor.refuse.clear()
    WaitForTask(vm.PowerOn())
    assert vm.runtime.powerState == "poweredOn"


def test_power_on_refused_by_vcenter_does_not_reach_the_hypervisor(vm: Any, hypervisor: Hypervisor) -> None:
    WaitForTask(vm.Reconfigure(vim.vm.ConfigSpec(latencySensitivity=vim.LatencySensitivity(level="high"))))
    with pytest.raises(vim.fault.GenericVmConfigFault):
        WaitForTask(vm.PowerOn())
    assert hypervisor.requests == []


def test_hypervisor_refuses_power_off(vm: Any, hypervisor: Hypervisor) -> None:
    WaitForTask(vm.PowerOn())
    hypervisor.refuse["/power-off"] = "the guest's process does not end"
    with pytest.raises(vmodl.MethodFault, match="the guest's process does not end"):
        WaitForTask(vm.PowerOff())
    assert vm.runtime.powerState == "poweredOn"
    hypervisor.refuse.clear()


def test_hypervisor_gone(lab: Any, vm: Any, hypervisor: Hypervisor) -> None:
    away = hypervisor.socket.with_name("away")
    hypervisor.socket.rename(away)
    with pytest.raises(vim.fault.GenericVmConfigFault, match="hypervisor does not answer"):
        WaitForTask(vm.PowerOn())
    assert vm.runtime.powerState == "poweredOff"
    away.rename(hypervisor.socket)


def test_guest_state_is_shown_and_ends_with_the_power(lab: Any, vm: Any) -> None:
    WaitForTask(vm.PowerOn())
    assert vm.guest.toolsRunningStatus == "guestToolsNotRunning"
    lab.vcenter.report_guest(vm.config.uuid, **running(vm))
    guest = vm.guest
    assert (guest.ipAddress, guest.hostName) == ("198.18.0.10", "pgw-1")
    assert (guest.toolsRunningStatus, guest.toolsStatus) == ("guestToolsRunning", "toolsOk")
    assert [(nic.network, list(nic.ipAddress)) for nic in guest.net] == [
        ("PG-Mgmt", ["198.18.0.10"]),
        ("PG-S5U", []),
        ("PG-SGi", []),
    ]
    assert vm.summary.guest.ipAddress == "198.18.0.10"
    WaitForTask(vm.PowerOff())
    assert not vm.guest.ipAddress
    assert vm.guest.toolsRunningStatus == "guestToolsNotRunning"


def test_live_change_keeps_what_the_guest_reported(lab: Any, vm: Any) -> None:
    WaitForTask(vm.PowerOn())
    lab.vcenter.report_guest(vm.config.uuid, **running(vm))
    first = adapters(vm)[0]
    first.wakeOnLanEnabled = False
    edit = vim.vm.device.VirtualDeviceSpec(operation="edit", device=first)
    WaitForTask(vm.Reconfigure(vim.vm.ConfigSpec(annotation="changed", deviceChange=[edit])))
    assert [list(nic.ipAddress) for nic in vm.guest.net] == [["198.18.0.10"], [], []]
    assert vm.guest.ipAddress == "198.18.0.10"


def test_reset_forgets_the_address(lab: Any, vm: Any) -> None:
    WaitForTask(vm.PowerOn())
    lab.vcenter.report_guest(vm.config.uuid, **running(vm))
    WaitForTask(vm.Reset())
    assert vm.runtime.powerState == "poweredOn"
    assert not vm.guest.ipAddress
    assert vm.guest.toolsStatus == "toolsNotRunning"


def test_guest_that_ends_by_itself_is_shown_powered_off(lab: Any, vm: Any, hypervisor: Hypervisor) -> None:
    WaitForTask(vm.PowerOn())
    for _ in range(2):  # a repeated report changes nothing
        lab.vcenter.report_guest(vm.config.uuid, power_state="poweredOff", tools_running=False)
        assert vm.runtime.powerState == "poweredOff"
        assert vm.summary.runtime.powerState == "poweredOff"
    assert "/power-off" not in hypervisor.paths()
    WaitForTask(vm.PowerOn())


def test_reports_while_the_hypervisor_still_works(lab: Any, vm: Any, hypervisor: Hypervisor) -> None:
    """The hypervisor may report before it answers, in both directions, without a deadlock."""

    def report(path: str, body: dict[str, Any]) -> None:
        if path == "/power-on":
            lab.vcenter.report_guest(body["uuid"], ip_address="198.18.0.11")
        if path == "/power-off":
            lab.vcenter.report_guest(body["uuid"], power_state="poweredOff")

    hypervisor.while_asked = report
    WaitForTask(vm.PowerOn())
    assert (vm.runtime.powerState, vm.guest.ipAddress) == ("poweredOn", "198.18.0.11")
    WaitForTask(vm.PowerOff())
    assert vm.runtime.powerState == "poweredOff"


def test_guest_that_ends_while_it_starts(lab: Any, vm: Any, hypervisor: Hypervisor) -> None:
    hypervisor.while_asked = lambda _, body: lab.vcenter.report_guest(body["uuid"], power_state="poweredOff")
    WaitForTask(vm.PowerOn())
    assert vm.runtime.powerState == "poweredOff"


def test_reports_that_make_no_sense(lab: Any, vm: Any) -> None:
    with pytest.raises(LabError, match="no-such-uuid"):
        lab.vcenter.report_guest("no-such-uuid")
    with pytest.raises(LabError, match=f"VM {vm.name} is powered off in vCenter"):
        lab.vcenter.report_guest(vm.config.uuid)
    with pytest.raises(LabError, match="asleep"):
        lab.vcenter.report_guest(vm.config.uuid, power_state="asleep")
    with pytest.raises(LabError, match="cannot unmarshal"):
        unix_http.request(lab.vcenter.control_socket, "POST", "/guest-state", ["not a report"])


def test_unguarded_ways_to_change_power_are_closed(vm: Any) -> None:
    WaitForTask(vm.PowerOn())
    with pytest.raises(vmodl.fault.NotSupported):
        vm.Suspend()


# Waiting clients


@pytest.fixture
def watch(lab: Any, open_lab: Callable[[Any], Any]) -> Iterator[Callable[..., Any]]:
    """A function that starts to watch properties in a session of its own; it returns a function that
    waits for the next update and returns the changed properties."""
    sessions = []

    def start(machine: Any, *paths: str) -> Callable[[], dict[str, Any]]:
        service = open_lab(lab.vcenter).service
        sessions.append(service)
        collector = service.content.propertyCollector
        spec = vmodl.query.PropertyCollector.FilterSpec(
            objectSet=[vmodl.query.PropertyCollector.ObjectSpec(obj=machine)],
            propSet=[vmodl.query.PropertyCollector.PropertySpec(type=vim.VirtualMachine, pathSet=list(paths))],
        )
        collector.CreateFilter(spec, True)
        version = collector.WaitForUpdatesEx("", vmodl.query.PropertyCollector.WaitOptions(maxWaitSeconds=0)).version

        def wait() -> dict[str, Any]:
            nonlocal version
            options = vmodl.query.PropertyCollector.WaitOptions(maxWaitSeconds=20)
            update = collector.WaitForUpdatesEx(version, options)
            assert update is not None, f"no update of {paths} came"
            version = update.version
            return {c.name: c.val for f in update.filterSet for o in f.objectSet for c in o.changeSet}

        return wait

    yield start
    for service in sessions:
        Disconnect(service)


def test_guest_state_reaches_waiting_clients(lab: Any, vm: Any, watch: Callable[..., Any]) -> None:
    WaitForTask(vm.PowerOn())
    wait = watch(vm, "guest.ipAddress", "guest.toolsRunningStatus", "runtime.powerState", "guest.net")
    began = time.monotonic()
    timer = threading.Timer(0.5, lab.vcenter.report_guest, (vm.config.uuid,), running(vm))
    timer.start()
    seen = wait()
    timer.join()
    assert time.monotonic() - began < 10
    assert seen["guest.ipAddress"] == "198.18.0.10"
    assert seen["guest.toolsRunningStatus"] == "guestToolsRunning"
    assert seen["guest.net"][0].ipAddress == ["198.18.0.10"]
    lab.vcenter.report_guest(vm.config.uuid, power_state="poweredOff")
    seen = wait()
    while "guest.ipAddress" not in seen:
        seen |= wait()
    assert seen["runtime.powerState"] == "poweredOff"
    assert not seen["guest.ipAddress"]


def test_typed_settings_reach_waiting_clients(vm: Any, watch: Callable[..., Any]) -> None:
    wait = watch(vm, "config.cpuAffinity", "config.latencySensitivity", "config.changeVersion")
    WaitForTask(
        vm.Reconfigure(
            vim.vm.ConfigSpec(
                cpuAffinity=vim.vm.AffinityInfo(affinitySet=[2]),
                latencySensitivity=vim.LatencySensitivity(level="high"),
            )
        )
    )
    seen: dict[str, Any] = {}
    while len(seen) < 3:
        seen |= wait()
    assert seen["config.cpuAffinity"].affinitySet == [2]
    assert seen["config.latencySensitivity"].level == "high"
    assert seen["config.changeVersion"] == vm.config.changeVersion


def test_guestinfo_goes_to_the_guest_and_comes_back(lab: Any, hypervisor: Hypervisor, vm: Any) -> None:
    told = vim.option.OptionValue(key="guestinfo.metadata", value="e30=")
    WaitForTask(vm.ReconfigVM_Task(spec=vim.vm.ConfigSpec(extraConfig=[told])))
    WaitForTask(vm.PowerOnVM_Task())
    assert hypervisor.requests[-1][1]["guestinfo"] == {"metadata": "e30="}
    for value in ("first", "second"):
        said = {"guestinfo.nfv.hostkeys": value, "displayName": "another"}
        lab.vcenter.report_guest(vm.config.uuid, guestinfo=said)
        found = {option.key: option.value for option in vm.config.extraConfig}
        assert (found["guestinfo.metadata"], found["guestinfo.nfv.hostkeys"]) == ("e30=", value)
        assert "displayName" not in found
