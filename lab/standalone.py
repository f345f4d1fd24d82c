# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Guests without a vCenter, for tests of what happens inside a guest: started, snapshotted, restored and ended."""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from lab import generated_inventory, unix_http
from lab.commands import last_line
from lab.errors import LabError
from lab.image import build
from lab.image.inputs import DEBIAN_12, RELEASES
from lab.machine import FIRST_ADAPTER_SLOT
from lab.plan import proxy_command

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from lab.state import State

    Say = Callable[[str], None]

NAMES = uuid.UUID("5f6d2f0e-6a86-4e0b-9c6e-7d1f5a1c8a10")
"""Namespace of the guests' uuids (RFC 4122), which derive from their names."""
MAC_PREFIX = "00:50:56:3f"
"""The last block of VMware's range for manual addresses (00:50:56:00:00:00 to 00:50:56:3f:ff:ff)."""
BOOT_SECONDS = 600.0
REQUEST_SECONDS = 240.0
BOOTED = "booted"
"""Snapshot of a guest that has just booted."""
RECORD = "snapshots.json"
DEFAULT_ADAPTERS = ("mgmt:vmxnet3:PG-Mgmt", "s5u:vmxnet3:PG-S5U", "sgi:vmxnet3:PG-SGi")


@dataclass(frozen=True)
class Guest:
    """The kind of guest that was asked for."""

    name: str
    """A host of the inventory's group guests or generators."""
    image: str = DEBIAN_12.name
    """Its golden image."""
    cpus: int = 2
    """Virtual CPUs."""
    memory_mb: int = 2048
    """MiB."""
    iommu: bool = False
    """Whether it has a vIOMMU."""
    adapters: tuple[str, ...] = DEFAULT_ADAPTERS
    """NAME:TYPE:PORTGROUP each, the management adapter first."""
    numa_nodes: int = 1
    """NUMA nodes, which share vCPUs and memory equally."""
    first_adapter_slot: int = FIRST_ADAPTER_SLOT
    """PCI slot of the management adapter; the others follow."""

    @property
    def uuid(self) -> str:
        """The machine's identity, which follows from its name."""
        return str(uuid.uuid5(NAMES, self.name))

    def mac(self, position: int) -> str:
        """Return the MAC address of an adapter."""
        return f"{MAC_PREFIX}:{hashlib.sha256(self.name.encode()).hexdigest()[:2]}:{position:02x}"

    def request(self) -> dict[str, Any]:
        """Return the hypervisor's power-on request (pure)."""
        parts = [adapter.split(":") for adapter in self.adapters]
        return {
            "uuid": self.uuid,
            "name": self.name,
            "cpus": self.cpus,
            # A node is a socket, as in most servers.
            "cores_per_socket": self.cpus // self.numa_nodes,
            "memory_mb": self.memory_mb,
            "iommu": self.iommu,
            "numa_nodes": self.numa_nodes,
            "first_adapter_slot": self.first_adapter_slot,
            "image": self.image,
            "standalone": True,
            "adapters": [
                {"label": name, "type": kind, "network": network, "mac": self.mac(position)}
                for position, (name, kind, network) in enumerate(parts)
            ],
        }

    def variables(self, address: str) -> dict[str, Any]:
        """Return the guest's variables in the inventory (pure), with nfv_adapters as role vm_hardware would set it."""
        parts = [adapter.split(":") for adapter in self.adapters]
        return {
            "ansible_host": address,
            "nfv_adapters": [
                {
                    "name": name,
                    "label": name,
                    "network": network,
                    "mac": self.mac(position),
                    "driver": "pmd" if position else "kernel",
                }
                for position, (name, _kind, network) in enumerate(parts)
            ],
        }


def ssh_command(state: State, guest: Guest) -> list[str]:
    """Return the command that opens a shell in the guest; append words to run a command there instead."""
    variables = yaml.safe_load((state.inventory / "host_vars" / f"{guest.name}.yml").read_text())
    return [
        *("ssh", "-i", str(state.pki / "ssh"), "-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=yes"),
        *("-o", f"HostKeyAlias={generated_inventory.HOST_KEY_ALIAS}"),
        *("-o", f"UserKnownHostsFile={generated_inventory.known_hosts(state)}"),
        *("-o", f"ProxyCommand={proxy_command(state.segments_namespace)}"),
        f"nfv@{variables['ansible_host']}",
    ]


def start(state: State, guest: Guest, say: Say) -> str:
    """Power a guest on unless it runs, wait for its address and for ssh, and return the address."""
    build.ensure(state, say, RELEASES[guest.image])
    began = time.monotonic()
    if guest.uuid not in {entry["uuid"] for entry in _guests(state)}:
        _post(state, "/power-on", guest.request())
    address = _address(state, guest)
    write_variables(state, guest, address)
    _wait_for_ssh(state, guest)
    say(f"guest {guest.name}: {address} ({time.monotonic() - began:.0f} s)")
    return address


def fresh(state: State, guest: Guest, base: str, say: Say) -> bool:
    """Bring a guest of exactly this kind to the snapshot ``base``; a running guest takes a second.

    Makes the snapshot ``booted`` if there is none. Any other snapshot is the caller's to make: if it does not exist
    yet, the guest is at ``booted`` and the answer is False.
    """
    kept = snapshots(state, guest)
    if not kept:
        stop(state, guest, say)
        start(state, guest, say)
        snapshot(state, guest, BOOTED, say)
        kept = {BOOTED}
    restore(state, guest, base if base in kept else BOOTED, say)
    return base in kept


def snapshots(state: State, guest: Guest) -> set[str]:
    """Return the names of a running guest's snapshots; none if it does not run or is of another kind."""
    record = state.machines / guest.uuid / RECORD
    if guest.uuid not in {entry["uuid"] for entry in _guests(state)} or not record.exists():
        return set()
    kept = json.loads(record.read_text())
    return set(kept["snapshots"]) if kept["request"] == guest.request() else set()


def power_off(state: State, guest: Guest, say: Say) -> None:
    """End the guest with all that it has written on its disk, which stays: ``start`` may give it other hardware."""
    subprocess.run([*ssh_command(state, guest), "sudo sync"], check=True, stdin=subprocess.DEVNULL, timeout=60)
    close_connections(state)
    _post(state, "/power-off", {"uuid": guest.uuid, "name": guest.name})
    say(f"guest {guest.name}: powered off")


def write_variables(state: State, guest: Guest, address: str) -> None:
    """Write the guest's variables into the generated inventory."""
    directory = state.inventory / "host_vars"
    directory.mkdir(exist_ok=True)
    (directory / f"{guest.name}.yml").write_text(yaml.safe_dump(guest.variables(address), sort_keys=True))


def snapshot(state: State, guest: Guest, name: str, say: Say) -> None:
    """Save the running guest's memory and disk under a name."""
    began = time.monotonic()
    close_connections(state)
    names = snapshots(state, guest) | {name}
    _post(state, "/snapshot", {"uuid": guest.uuid, "name": guest.name, "snapshot": name})
    record = state.machines / guest.uuid / RECORD
    record.write_text(json.dumps({"request": guest.request(), "snapshots": sorted(names)}))
    say(f"guest {guest.name}: saved as {name} ({time.monotonic() - began:.1f} s)")


def restore(state: State, guest: Guest, name: str, say: Say) -> None:
    """Return the guest to a snapshot, after closing ssh's shared connections to it."""
    began = time.monotonic()
    close_connections(state)
    _post(state, "/restore", {"uuid": guest.uuid, "name": guest.name, "snapshot": name})
    say(f"guest {guest.name}: restored to {name} ({time.monotonic() - began:.1f} s)")


def stop(state: State, guest: Guest, say: Say) -> None:
    """End the guest, if it runs, and remove its disk."""
    close_connections(state)
    _post(state, "/destroy", {"uuid": guest.uuid, "name": guest.name})
    (state.inventory / "host_vars" / f"{guest.name}.yml").unlink(missing_ok=True)
    say(f"guest {guest.name}: ended")


def close_connections(state: State) -> None:
    """Close ssh's shared connections: a restored guest does not know them, and ssh would wait for its answer."""
    for socket in state.ssh.iterdir():
        command = ["ssh", "-o", f"ControlPath={socket}", "-O", "exit", "guest"]
        subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False)
        socket.unlink(missing_ok=True)


def _guests(state: State) -> list[dict[str, Any]]:
    try:
        found: list[dict[str, Any]] = unix_http.request(state.hypervisor_socket, "GET", "/guests")["guests"]
    except OSError as error:
        raise LabError("lab_not_up", f"{state.root}: no hypervisor answers; run `python -m lab up` first") from error
    return found


def _post(state: State, path: str, body: dict[str, Any]) -> None:
    try:
        unix_http.request(state.hypervisor_socket, "POST", path, body, timeout=REQUEST_SECONDS)
    except OSError as error:
        raise LabError("lab_not_up", f"{state.root}: no hypervisor answers; run `python -m lab up` first") from error


def _address(state: State, guest: Guest) -> str:
    until = time.monotonic() + BOOT_SECONDS
    while time.monotonic() < until:
        entry = next((one for one in _guests(state) if one["uuid"] == guest.uuid), None)
        if entry is None:
            break
        if entry["ip_address"]:
            return str(entry["ip_address"])
        time.sleep(1)
    console: Path = state.machines / guest.uuid / "console.log"
    raise LabError("guest_address_missing", f"{guest.name}: it has no address; see its console in {console}")


def _wait_for_ssh(state: State, guest: Guest) -> None:
    """Wait for the guest's ssh server, which answers later than the guest agent."""
    until = time.monotonic() + BOOT_SECONDS
    command = [*ssh_command(state, guest), "true"]
    while True:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
        )
        if done.returncode == 0:
            return
        if time.monotonic() > until:
            raise LabError("guest_no_ssh", f"{guest.name}: ssh: {last_line(done.stderr)}")
        time.sleep(1)


def run(state: State, words: Sequence[str], say: Say) -> bool:
    """Run `python -m lab guest ACTION NAME …`; False if ``fresh`` asks for a snapshot that does not exist yet."""
    parser = argparse.ArgumentParser(prog="python -m lab guest", description=__doc__)
    parser.add_argument("action", choices=["start", "power-off", "stop", "snapshot", "restore", "fresh"])
    parser.add_argument("name", help="a host of the inventory's group guests or generators")
    parser.add_argument("snapshot", nargs="?", help="name of the snapshot")
    parser.add_argument("--image", choices=sorted(RELEASES), default=DEBIAN_12.name)
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--memory", type=int, default=2048, help="MiB")
    parser.add_argument("--iommu", action="store_true", help="with a vIOMMU")
    parser.add_argument("--adapter", action="append", help="NAME:TYPE:PORTGROUP, the management adapter first")
    parser.add_argument("--numa-nodes", type=int, default=1, help="vCPUs and memory are divided equally among them")
    parser.add_argument(
        "--first-adapter-slot",
        type=lambda text: int(text, 0),
        default=FIRST_ADAPTER_SLOT,
        help="PCI slot of the management adapter, such as 0x11",
    )
    given = parser.parse_args(words)
    adapters = tuple(given.adapter or DEFAULT_ADAPTERS)
    guest = Guest(
        given.name,
        given.image,
        given.cpus,
        given.memory,
        given.iommu,
        adapters,
        given.numa_nodes,
        given.first_adapter_slot,
    )
    if given.action in ("snapshot", "restore") and not given.snapshot:
        parser.error(f"{given.action} needs the name of a snapshot")
    if given.action == "fresh":
        return fresh(state, guest, given.snapshot or BOOTED, say)
    if given.action == "start":
        start(state, guest, say)
    elif given.action == "power-off":
        power_off(state, guest, say)
    elif given.action == "stop":
        stop(state, guest, say)
    elif given.action == "snapshot":
        snapshot(state, guest, given.snapshot, say)
    else:
        restore(state, guest, given.snapshot, say)
    return True
