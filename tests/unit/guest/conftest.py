# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Recorded guests laid out as files, and a kernel that answers writes to them."""

from __future__ import annotations

import json
import shutil
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic import boot_files

RECORDED = Path(__file__).parent / "recorded"
MGMT, S5U, SGI = "0000:00:03.0", "0000:00:04.0", "0000:00:05.0"
MACS = {MGMT: "00:50:56:00:01:01", S5U: "00:50:56:01:00:02", SGI: "00:50:56:01:00:03"}


class RecordedGuest(Guest):
    """A recorded guest whose kernel attributes react as the kernel's do."""

    commands: list[str]
    """Commands that were run."""
    broken_drivers: set[str]
    """Drivers that bind to no device."""
    room: int | None
    """Hugepages that the machine's pools can hold, None without a limit."""
    macs: dict[str, str]
    """The adapters' MAC addresses by PCI address, which the kernel's driver shows."""

    def __init__(self, root: Path, recording: dict[str, t.Any]) -> None:
        super().__init__(self._answer, str(root))
        self.outputs: dict[str, str] = dict(recording["commands"])
        self.commands = []
        self.failing: set[str] = set()
        self.broken_drivers = set()
        self.room = None
        self.macs = dict(MACS)
        for path, content in recording["files"].items():
            self.lay_out(path, content)

    def lay_out(self, path: str, content: str | dict[str, str]) -> None:
        """Puts a file or link into the tree."""
        real = self.path(path)
        real.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, dict):
            real.symlink_to(content["link"])
        else:
            real.write_text(content, encoding="utf-8")

    def _answer(self, argv: t.Sequence[str]) -> tuple[int, str, str]:
        command = " ".join(argv)
        if command in self.failing:
            return 1, "", "failed on purpose"
        if command not in self.outputs:
            self.commands.append(command)
        wanted = self.path(boot_files.ENABLED)
        if command == f"systemctl enable {boot_files.UNIT}":
            wanted.parent.mkdir(parents=True, exist_ok=True)
            wanted.symlink_to(boot_files.UNIT_FILE)
        elif command == f"systemctl disable {boot_files.UNIT}":
            wanted.unlink()
        return 0, self.outputs.get(command, ""), ""

    def set_attribute(self, path: str, value: str) -> None:
        if path.endswith("/driver/unbind"):
            self._unbind(value)
        elif path == "/sys/bus/pci/drivers_probe":
            self._probe(value)
        elif path.endswith("/nr_hugepages"):
            count = str(int(value) if self.room is None else min(int(value), self.room))
            self.path(path).write_text(count)
            self.path(path.replace("nr_", "free_")).write_text(count)
        else:
            assert self.exists(path), f"the kernel has no {path}"
            self.path(path).write_text(f"{value}\n")

    def _unbind(self, address: str) -> None:
        device = self.path(f"/sys/bus/pci/devices/{address}")
        (device / "driver").unlink()
        for child in ("net", "uio"):
            shutil.rmtree(device / child, ignore_errors=True)

    def _probe(self, address: str) -> None:
        path = f"/sys/bus/pci/devices/{address}"
        driver = self.value(f"{path}/driver_override") or "vmxnet3"
        if driver in self.broken_drivers:
            return
        self.lay_out(f"{path}/driver", {"link": f"../../../bus/pci/drivers/{driver}"})
        if driver == "vmxnet3":
            self.lay_out(f"{path}/net/enp0s{int(address[8:10], 16)}/address", self.macs[address])
        else:
            self.lay_out(f"{path}/uio/uio0/name", driver)


@pytest.fixture
def recorded(tmp_path: Path) -> t.Callable[[str], RecordedGuest]:
    """Lays a recording out; each call makes a guest of its own."""

    def lay_out(name: str) -> RecordedGuest:
        recording = json.loads((RECORDED / f"{name}.json").read_text())
        root = tmp_path / f"{name}-{len(list(tmp_path.iterdir()))}"
        root.mkdir()
        return RecordedGuest(root, recording)

    return lay_out


@pytest.fixture
def fresh(recorded: t.Callable[[str], RecordedGuest]) -> RecordedGuest:
    """The guest before anything was done."""
    return recorded("debian-12-fresh")


@pytest.fixture
def bound(recorded: t.Callable[[str], RecordedGuest]) -> RecordedGuest:
    """The same guest tuned, rebooted, and with two adapters under uio_pci_generic."""
    guest = recorded("debian-12-bound")
    # Not recorded, for it is this collection's own, and changes with it.
    guest.replace_file(boot_files.PROGRAM, boot_files.program())
    return guest
