# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Power operations on real QEMU processes, through the socket that vCenter uses."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from lab import guest, processes
from lab.channels import qmp
from lab.errors import LabError
from tests.integration.lab.conftest import UUID, Running, wait_for

if TYPE_CHECKING:
    from collections.abc import Mapping

TYPES = ("VirtualE1000", "VirtualVmxnet3", "VirtualE1000e")
PORT_GROUPS = ("PG-Mgmt", "PG-S5U", "PG-SGi")


def configuration(**changes: Any) -> dict[str, Any]:
    adapters: list[Mapping[str, Any]] = [
        {
            "key": 4000 + position,
            "label": f"Network adapter {position + 1}",
            "type": kind,
            "mac": f"00:50:56:01:00:0{position}",
            "network": PORT_GROUPS[position],
            "connected": position != 2,
        }
        for position, kind in enumerate(TYPES)
    ]
    return {
        "name": "pgw-1",
        "moid": "vm-7",
        "cpus": 2,
        "cores_per_socket": 1,
        "memory_mb": 64,
        "firmware": "bios",
        "iommu": True,
        "image": "empty",
        "adapters": adapters,
        **changes,
    }


def taps(running: Running) -> set[str]:
    answer = subprocess.run(
        ["ip", "-n", running.state.segments_namespace, "-o", "link"], capture_output=True, text=True, check=True
    )
    return {line.split(": ")[1] for line in answer.stdout.splitlines() if ": tap" in line}


def test_on_reset_off_and_gone(hypervisor: Running) -> None:
    hypervisor.ask("power-on", **configuration())
    (listed,) = hypervisor.guests()
    assert listed["uuid"] == UUID
    assert len(taps(hypervisor)) == 3
    with pytest.raises(LabError, match="already_powered_on: pgw-1"):
        hypervisor.ask("power-on", **configuration())
    hypervisor.ask("reset")
    assert wait_for(lambda: any(reported["power_state"] == "poweredOn" for reported in hypervisor.reported))
    hypervisor.ask("power-off")
    assert hypervisor.guests() == []
    assert taps(hypervisor) == set()
    assert processes.observe(listed["pid"]) is None
    assert guest.machine_directory(hypervisor.state, UUID).exists()
    hypervisor.ask("destroy")
    assert not guest.machine_directory(hypervisor.state, UUID).exists()
    # vCenter asked for this power-off: it gets no report of it.
    assert not any(reported["power_state"] == "poweredOff" for reported in hypervisor.reported)


def test_the_machine_has_the_hardware_of_its_configuration(hypervisor: Running) -> None:
    hypervisor.ask("power-on", **configuration())
    socket = hypervisor.state.run / "42000000-qmp.sock"
    devices = [device for bus in qmp(socket, "query-pci") for device in bus["devices"]]
    network = [
        (device["slot"], device["qdev_id"], device["id"]["vendor"])
        for device in devices
        if device["class_info"]["class"] == 0x0200
    ]
    # PCI vendors: Intel 8086h for E1000 and E1000E, VMware 15adh for VMXNET3.
    assert sorted(network) == [(16, "adapter0", 0x8086), (17, "adapter1", 0x15AD), (18, "adapter2", 0x8086)]
    assert len(qmp(socket, "query-cpus-fast")) == 2
    assert qmp(socket, "query-memory-size-summary")["base-memory"] == 64 * 1024 * 1024
    hypervisor.ask("destroy")


def test_a_guest_that_ends_by_itself_is_reported(hypervisor: Running) -> None:
    hypervisor.ask("power-on", **configuration())
    (listed,) = hypervisor.guests()
    os.kill(listed["pid"], signal.SIGKILL)
    assert wait_for(lambda: any(reported["power_state"] == "poweredOff" for reported in hypervisor.reported))
    last = hypervisor.reported[-1]
    assert (last["uuid"], last["tools_running"], last["ip_address"]) == (UUID, False, None)
    assert hypervisor.guests() == []
    assert taps(hypervisor) == set()
    hypervisor.ask("power-on", **configuration())
    assert len(hypervisor.guests()) == 1
    hypervisor.ask("destroy")


def test_a_disk_outlives_a_power_cycle(hypervisor: Running) -> None:
    hypervisor.ask("power-on", **configuration())
    disk = guest.machine_directory(hypervisor.state, UUID) / "disk.qcow2"
    first = disk.stat().st_ino
    hypervisor.ask("power-off")
    hypervisor.ask("power-on", **configuration())
    assert disk.stat().st_ino == first
    hypervisor.ask("destroy")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"image": "windows"}, "image_missing: pgw-1: no golden image 'windows'"),
        ({"image": "../images/empty"}, "image_missing"),
        ({"adapters": [{**configuration()["adapters"][0], "type": "vlance"}]}, "adapter_type_unsupported: pgw-1"),
        ({"cpus": 100000, "cores_per_socket": 1}, "power_on_failed: pgw-1: QEMU ended at once"),
    ],
)
def test_a_refused_power_on_leaves_nothing(hypervisor: Running, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(LabError) as refused:
        hypervisor.ask("power-on", **configuration(**changes))
    assert words in refused.value.detail
    assert "\n" not in refused.value.detail
    assert hypervisor.guests() == []
    assert taps(hypervisor) == set()


@pytest.mark.parametrize("operation", ["power-off", "reset", "shutdown-guest", "reboot-guest"])
def test_what_is_off_cannot_be_asked(hypervisor: Running, operation: str) -> None:
    with pytest.raises(LabError, match="not_powered_on"):
        hypervisor.ask(operation)


def test_an_unknown_operation_is_refused(hypervisor: Running) -> None:
    with pytest.raises(LabError, match="no such operation"):
        hypervisor.ask("migrate")
