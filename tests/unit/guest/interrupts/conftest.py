# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A recorded guest whose kernel also forwards: interfaces, drivers' settings, interrupts, tunnels and services."""

from __future__ import annotations

import errno
import json
import os
import shutil
import socket
import struct
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest import procfs
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine import netlink
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.interrupts import look
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.interrupts.model import IRQBALANCE, TUNNEL
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic import boot_files, pci
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.service import show_command
from tests.unit.guest.conftest import MACS, MGMT, RECORDED, S5U, SGI, RecordedGuest

UNIT = "vnf-testpmd.service"
STATE = "/kernel.json"
"""What the kernel and systemd hold: a file, so that it outlives a process that is killed."""
INTERFACES = {"enp0s4": S5U, "enp0s5": SGI}
VECTORS = {S5U: ("30", "31"), SGI: ("40", "41")}
READ = ("/etc/nfv-vsphere-dpdk/", "/proc/sys/", "/sys/bus/pci/devices/", "/sys/class/dmi/")
LRO = 1 << 15
_NO_COALESCING = [0] * 22


class ForwardingGuest(RecordedGuest):
    """The recorded guest with an application that runs, and a kernel that keeps what it is told in a file."""

    hardware_13: bool = True
    """Whether vmxnet3 can coalesce."""
    stubborn_lro: bool = False
    """Whether the driver accepts that LRO goes off, and leaves it on."""

    def start(self) -> None:
        """Lays out what the recording lacks."""
        self.lay_out(procfs.BOOT_ID, "first-boot")
        self.lay_out("/sys/devices/system/cpu/online", "0-3\n")
        self.save({"links": {}, "services": {UNIT: "active", IRQBALANCE: "active"}, "tunnels": []})
        for interface, address in INTERFACES.items():
            if self.exists(f"{pci.DEVICES}/{address}/net"):
                self._appear(interface, address)

    @property
    def kernel(self) -> dict[str, t.Any]:
        """What the kernel holds now."""
        return t.cast("dict[str, t.Any]", json.loads(self.path(STATE).read_text()))

    def save(self, state: t.Mapping[str, t.Any]) -> None:
        self.path(STATE).write_text(json.dumps(state))

    def change(self, interface: str, **settings: t.Any) -> None:
        """Changes what the kernel holds of an interface."""
        state = self.kernel
        state["links"][interface].update(settings)
        self.save(state)

    def reboot(self) -> None:
        """Everything in memory is gone; the unit at boot binds the adapters, and enabled services start."""
        self.path(procfs.BOOT_ID).write_text("second-boot")
        self.save({"links": {}, "services": {UNIT: "active", IRQBALANCE: "active"}, "tunnels": []})
        for address in (S5U, SGI):
            self.path(f"{pci.DEVICES}/{address}/driver_override").write_text("\n")
            if self.exists(f"{pci.DEVICES}/{address}/driver"):
                self._unbind(address)
            self._probe(address)
        for entry in json.loads(self.text(boot_files.ADAPTERS) or '{"adapters": []}')["adapters"]:
            self.path(f"{pci.DEVICES}/{entry['pci_address']}/driver_override").write_text(f"{entry['driver']}\n")
            self._unbind(entry["pci_address"])
            self._probe(entry["pci_address"])

    def _unbind(self, address: str) -> None:
        super()._unbind(address)
        shutil.rmtree(self.path(f"{pci.DEVICES}/{address}/msi_irqs"), ignore_errors=True)
        for number in VECTORS[address]:
            shutil.rmtree(self.path(f"/proc/irq/{number}"), ignore_errors=True)
        state = self.kernel
        for interface, at in INTERFACES.items():
            if at == address:
                state["links"].pop(interface, None)
        self.save(state)

    def _probe(self, address: str) -> None:
        super()._probe(address)
        for interface, at in INTERFACES.items():
            if at == address and self.exists(f"{pci.DEVICES}/{address}/net"):
                self._appear(interface, address)

    def _appear(self, interface: str, address: str | None) -> None:
        state = self.kernel
        state["links"][interface] = {
            "up": False,
            # As the kernel's gtp has it, which leaves room for a longer header.
            "mtu": 1452 if interface == TUNNEL else 1500,
            "master": None,
            "addresses": [],
            "neighbours": {},
            "routes": {},
            "lro": True,
            "gro": True,
            "coalescing": _NO_COALESCING,
            "pci_address": address,
        }
        self.save(state)
        for path in look.sysctl_paths(interface):
            self.path(path).parent.mkdir(parents=True, exist_ok=True)
            self.path(path).write_text("0")
        for number in VECTORS.get(address or "", ()):
            self.lay_out(f"{pci.DEVICES}/{address}/msi_irqs/{number}", "msix")

    def _answer(self, argv: t.Sequence[str]) -> tuple[int, str, str]:
        if argv[:2] == ("systemctl", "show"):
            return 0, self._service(argv), ""
        if argv[0] == "systemctl" and argv[1] in ("start", "stop"):
            state = self.kernel
            state["services"][argv[2]] = "active" if argv[1] == "start" else "inactive"
            self.save(state)
        elif tuple(argv) in (look.ADDRESS_COMMAND, look.NEIGHBOUR_COMMAND, look._ROUTES):
            return 0, json.dumps(self._tables(tuple(argv))), ""
        elif argv[0] == "ip" and argv[1] != "-json":
            if " ".join(argv) in self.failing:
                return 2, "", "RTNETLINK answers: failed on purpose"
            self._ip(list(argv[1:]))
        return super()._answer(argv)

    def _service(self, argv: t.Sequence[str]) -> str:
        unit = argv[-1]
        assert tuple(argv) == show_command(unit)
        state = self.kernel["services"].get(unit)
        return f"ActiveState={state or 'inactive'}\nMainPID=0\nUnitFileState={'enabled' if state else ''}\n"

    def _tables(self, command: tuple[str, ...]) -> list[dict[str, t.Any]]:
        links = self.kernel["links"]
        recorded = json.loads(self.outputs.get(" ".join(command), "[]") or "[]")
        if command == look.ADDRESS_COMMAND:
            return [*recorded, *(self._shown(name, link) for name, link in links.items())]
        found = [] if command == look.NEIGHBOUR_COMMAND else [one for one in recorded if one["dev"] not in links]
        for name, link in links.items():
            if command == look.NEIGHBOUR_COMMAND:
                found += [{"dst": dst, "dev": name, "lladdr": mac} for dst, mac in link["neighbours"].items()]
            else:
                # As iproute2 writes a host's route.
                found += [
                    {"dst": dst.removesuffix("/32"), "dev": name, **({"gateway": hop} if hop else {})}
                    for dst, hop in link["routes"].items()
                ]
        return found

    @staticmethod
    def _shown(name: str, link: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        split = [one.split("/") for one in link["addresses"]]
        return {
            "ifname": name,
            "ifindex": 40,
            "flags": ["UP"] if link["up"] else [],
            "mtu": link["mtu"],
            **({"master": link["master"]} if link["master"] else {}),
            "addr_info": [
                {"family": "inet", "local": local, "prefixlen": int(length), "scope": "global"}
                for local, length in split
            ],
        }

    def _ip(self, argv: list[str]) -> None:
        what, verb = argv[:2]
        name = argv[argv.index("dev") + 1] if "dev" in argv else argv[argv.index("name") + 1]
        if (what, verb) == ("link", "add"):
            self._appear(name, None)
            return
        state = self.kernel
        link = state["links"][name]
        if (what, verb) == ("link", "delete"):
            del state["links"][name]
            for other in state["links"].values():
                other["master"] = None if other["master"] == name else other["master"]
            state["tunnels"] = [] if name == TUNNEL else state["tunnels"]
            shutil.rmtree(self.path(f"/proc/sys/net/ipv4/conf/{name}"))
        elif what == "link" and argv[-1] in ("up", "down"):
            link["up"] = argv[-1] == "up"
            if not link["up"]:
                link["routes"] = {}
            self._interrupts(link)
        elif what == "link":
            key, value = argv[-2:]
            assert key in ("mtu", "master")
            link[key] = int(value) if key == "mtu" else value
        elif what == "address":
            rest = [one for one in link["addresses"] if one != argv[2]]
            link["addresses"] = [*rest, argv[2]] if verb == "replace" else rest
            if verb == "delete":
                # The kernel forgets with an interface's last address what it knew of its network.
                link.update(neighbours={}, routes={})
        else:
            table = link["neighbours" if what == "neighbour" else "routes"]
            assert verb == "replace" or argv[2] in table, "the kernel refuses to delete what is not there"
            table.pop(argv[2], None)
            if verb == "replace":
                assert link["up"], "the kernel refuses a route through an interface that is down"
                key = {"neighbour": "lladdr", "route": "via"}[what]
                table[argv[2]] = argv[argv.index(key) + 1] if key in argv else ""
        self.save(state)

    def _interrupts(self, link: dict[str, t.Any]) -> None:
        """vmxnet3 asks for its interrupts when it comes up, and learns then how the host coalesces."""
        if not link["pci_address"]:
            return
        for number in VECTORS[link["pci_address"]]:
            path = self.path(look.vector_path(number))
            # An interrupt keeps its CPUs while nobody handles it (Linux: kernel/irq/manage.c, irq_setup_affinity).
            kept = path.with_name("kept")
            if not link["up"]:
                path.rename(kept)
            elif kept.exists():
                kept.rename(path)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text("0-3")
        if not link["up"]:
            return
        if link["coalescing"] == _NO_COALESCING:
            link["coalescing"] = [0] * 9 + [1] + [0] * 12  # adaptive

    def ask_driver(self, interface: str, request: bytes) -> bytes:
        (command,) = struct.unpack_from("=I", request)
        state = self.kernel
        link = state["links"].get(interface)
        if link is None:
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        if command in (0x0E, 0x0F):
            if not self.hardware_13:
                raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))
            if command == 0x0E:
                return struct.pack("=23I", command, *link["coalescing"])
            link["coalescing"] = list(struct.unpack("=23I", request)[1:])
        elif command in (0x25, 0x2B):
            return struct.pack("=II", command, int(link["gro"]) if command == 0x2B else LRO * link["lro"] | 0x100)
        elif command == 0x26:
            value = struct.unpack("=II", request)[1]
            assert value & 0x100, "the interface's other flags stay"
            link["lro"] = bool(value & LRO) or self.stubborn_lro
        else:
            link["gro"] = bool(struct.unpack("=II", request)[1])
        self.save(state)
        return request

    def ask_family(self, family: str, requests: t.Sequence[bytes], *, dump: bool = False) -> list[bytes]:
        assert family == "gtp"
        if dump:
            return [_tunnel(*one) for one in self.kernel["tunnels"]]
        for request in requests:
            state = self.kernel
            found = netlink.attributes(request[4:])
            local = struct.unpack("=I", found[8])[0]
            if request[0] == 1:
                state["tunnels"] = [one for one in state["tunnels"] if one[0] != local]
            else:
                addresses = [socket.inet_ntoa(found[kind]) for kind in (4, 5)]
                state["tunnels"].append([local, struct.unpack("=I", found[9])[0], *addresses])
            self.save(state)
        return []


def _tunnel(local: int, peer: int, peer_address: str, ue_address: str) -> bytes:
    """A tunnel as the kernel dumps it (gtp_genl_fill_info): link, version, addresses, TEIDs."""
    numbers = ((1, 40), (2, 1), (8, local), (9, peer))
    return b"".join(netlink.attribute(kind, struct.pack("=I", value)) for kind, value in numbers) + b"".join(
        netlink.attribute(kind, socket.inet_aton(value)) for kind, value in ((4, peer_address), (5, ue_address))
    )


@pytest.fixture
def forwarding(tmp_path: Path) -> t.Callable[[str], ForwardingGuest]:
    """Lays a recording out as such a guest; each call makes one of its own."""

    def lay_out(name: str) -> ForwardingGuest:
        root = tmp_path / f"{name}-{len(list(tmp_path.iterdir()))}"
        root.mkdir()
        recording = json.loads((RECORDED / f"{name}.json").read_text())
        # Few files, for there are many guests: one for each write that a run can be killed before.
        files = {path: content for path, content in recording["files"].items() if path.startswith(READ)}
        guest = ForwardingGuest(root, {**recording, "files": files})
        guest.start()
        return guest

    return lay_out


__all__ = ["MACS", "MGMT", "S5U", "SGI", "ForwardingGuest"]
