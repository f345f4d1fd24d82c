# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gives a guest's data-plane adapters to their userspace drivers at boot, each only if it is the recorded one.

Module dpdk_bind installs this file in the guest as it is, so that it imports nothing of the collection. Its argument is
the list of adapters. What is in doubt stays with the kernel, and the journal says why; then the unit has failed.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import typing as t
from pathlib import Path

DEVICES = "/sys/bus/pci/devices"
PROBE = "/sys/bus/pci/drivers_probe"
RENAME_SECONDS = 10.0
"""How long an interface may be on its way from the kernel's name to udev's."""
_REMEDY = "It stays with the kernel. Run role dpdk_bind."


class LeftWithKernelError(Exception):
    """Why an adapter was not bound."""


class Machine:
    """Reads and writes the kernel's attributes, and runs commands."""

    def value(self, path: str) -> str | None:
        """An attribute's text, None when there is none."""
        try:
            return Path(path).read_text(encoding="utf-8", errors="replace").strip() or None
        except OSError:
            return None

    def names(self, path: str) -> t.Sequence[str]:
        """The names in a directory, none when there is no such directory."""
        try:
            return sorted(entry.name for entry in Path(path).iterdir())
        except OSError:
            return ()

    def target(self, path: str) -> str | None:
        """The last component of what a symbolic link points to, None for anything else."""
        try:
            return Path(path).readlink().name
        except OSError:
            return None

    def set_attribute(self, path: str, value: str) -> None:
        """Writes an attribute in one write(2), as the kernel takes each as a value of its own."""
        descriptor = os.open(path, os.O_WRONLY)
        try:
            os.write(descriptor, f"{value}\n".encode())
        finally:
            os.close(descriptor)

    def run(self, argv: t.Sequence[str]) -> tuple[int, str, str]:
        """Runs a command: status, standard output, standard error."""
        try:
            done = subprocess.run(list(argv), capture_output=True, text=True, timeout=60, check=False)
        except (OSError, subprocess.SubprocessError) as error:
            return 127, "", str(error)
        return done.returncode, done.stdout, done.stderr


def bind_all(machine: Machine, adapters: t.Sequence[t.Mapping[str, str]], say: t.Callable[[str], None]) -> int:
    """Binds what can be bound, and returns how many adapters stay with the kernel."""
    for driver in sorted({adapter[key] for adapter in adapters for key in ("kernel_driver", "driver")}):
        # modprobe returns when the driver has taken its devices; whether it has is seen at each of them.
        machine.run(("modprobe", driver))
    left = 0
    for adapter in adapters:
        subject = f"{adapter['name']} ({adapter['mac']}, {adapter['pci_address']})"
        try:
            bind(machine, adapter)
            # The number in front is syslog's level (sd-daemon(3)).
            say(f"<6>{subject}: bound to {adapter['driver']}")
        except LeftWithKernelError as error:
            left += 1
            say(f"<3>{subject}: not bound to {adapter['driver']}: {error}")
    return left


def bind(machine: Machine, adapter: t.Mapping[str, str]) -> None:
    """Binds one adapter, unless it is bound already. Raises LeftWithKernelError."""
    address, driver = adapter["pci_address"], adapter["driver"]
    device = f"{DEVICES}/{address}"
    if machine.value(f"{device}/vendor") is None:
        raise LeftWithKernelError(f"no device has this PCI address now. {_REMEDY}")
    if machine.target(f"{device}/driver") == driver:
        return
    try:
        if machine.target(f"{device}/driver") is None:
            machine.set_attribute(PROBE, address)
        check(machine, device, adapter["mac"])
        _move(machine, address, driver)
        if machine.target(f"{device}/driver") == driver:
            return
        _move(machine, address, "")
    except OSError as error:
        raise LeftWithKernelError(f"{error.strerror}. Look at the kernel's log (dmesg).") from error
    now = machine.target(f"{device}/driver")
    raise LeftWithKernelError(
        f"that driver does not take it; it has {now or 'none'} now. See the kernel's log (dmesg)."
    )


def _move(machine: Machine, address: str, override: str) -> None:
    device = f"{DEVICES}/{address}"
    machine.set_attribute(f"{device}/driver_override", override)
    if machine.target(f"{device}/driver") is not None:
        machine.set_attribute(f"{device}/driver/unbind", address)
    machine.set_attribute(PROBE, address)


def check(machine: Machine, device: str, mac: str) -> None:
    """Raises LeftWithKernelError unless the device's interfaces have this MAC address and nothing uses them."""
    for name, directory, interface in _interfaces(machine, device):
        seen = str(interface.get("permaddr") or interface.get("address")).lower()
        if seen != mac:
            raise LeftWithKernelError(f"the adapter at this PCI address is {seen} now: slots have shifted. {_REMEDY}")
        for address in interface.get("addr_info") or ():
            if address.get("scope") not in ("link", "host"):
                raise LeftWithKernelError(f"{name} carries address {address.get('local')}. {_REMEDY}")
        above = [entry[len("upper_") :] for entry in machine.names(directory) if entry.startswith("upper_")]
        if above:
            raise LeftWithKernelError(f"{name} belongs to {', '.join(above)}. {_REMEDY}")


def _interfaces(machine: Machine, device: str) -> list[tuple[str, str, t.Mapping[str, t.Any]]]:
    """Name, directory in sysfs and iproute2's data of the interfaces on a device; at least one."""
    deadline = time.monotonic() + RENAME_SECONDS
    while True:
        # virtio's interfaces are one level lower.
        below = [f"{device}/{name}/net" for name in machine.names(device) if name.startswith("virtio")]
        names = {name: f"{path}/{name}" for path in (f"{device}/net", *below) for name in machine.names(path)}
        status, output, errors = machine.run(("ip", "-json", "address", "show"))
        if status != 0:
            raise LeftWithKernelError(f"ip address show failed: {errors.strip()}. {_REMEDY}")
        try:
            shown = {one.get("ifname"): one for one in json.loads(output or "[]")}
        except (ValueError, TypeError, AttributeError) as error:
            raise LeftWithKernelError(f"ip address show: its output cannot be read: {error}. {_REMEDY}") from error
        if names and set(names) <= set(shown):
            return [(name, directory, shown[name]) for name, directory in names.items()]
        if time.monotonic() >= deadline:
            driver = machine.target(f"{device}/driver")
            raise LeftWithKernelError(f"its MAC address cannot be seen: its driver is {driver or 'none'}. {_REMEDY}")
        time.sleep(0.2)


def main(arguments: t.Sequence[str]) -> int:
    """Binds the adapters of the list; the exit status says whether all are bound."""
    adapters = json.loads(Path(arguments[1]).read_text(encoding="utf-8"))["adapters"]
    return 1 if bind_all(Machine(), adapters, _say) else 0


def _say(line: str) -> None:
    """To the journal, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv))
