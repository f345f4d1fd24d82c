# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's vCenter with a fleet, for as long as a benchmark needs it."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import subprocess
import tempfile
import time
import typing as t
from pathlib import Path

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Connection
from bench import ROOT
from lab import unix_http, vcenter_process
from lab.pki import ensure_pki
from lab.state import State

if t.TYPE_CHECKING:
    from collections.abc import Iterator

START_SECONDS = 300
# The lab's own inventory, to which the fleet is added.
LAB = ROOT / "lab" / "vcenter" / "lab.json"
DATACENTER = "nfv-dc"
API_VERSION = json.loads(LAB.read_text(encoding="utf-8"))["apiVersion"]
NAME = "fleet-%05d"
# A VM of the fleet, as a template leaves it.
MACHINE: t.Final[dict[str, t.Any]] = {
    "name": NAME,
    "cpus": 2,
    "memoryMB": 2048,
    "diskGB": 4,
    "networks": ["PG-Mgmt", "PG-S5U", "PG-SGi"],
}


def description(cpus: int = 4) -> dict[str, t.Any]:
    """The description of the fleet's VMs."""
    return {
        "cpu": {"count": cpus, "polling": "1"},
        "memory": {"size_mb": 4096, "host_page_size": "1G", "hugepages": [{"size": "2M", "amount_mb": 512}]},
        "adapters": [
            {"name": "mgmt", "network": "PG-Mgmt", "driver": "kernel"},
            {"name": "s5u", "network": "PG-S5U", "driver": "pmd"},
            {"name": "sgi", "network": "PG-SGi", "driver": "pmd"},
        ],
    }


@dataclasses.dataclass(frozen=True)
class FleetVCenter:
    """A running vCenter with a fleet of VMs."""

    connection: Connection
    control: Path
    names: tuple[str, ...]

    def calls(self) -> dict[str, int]:
        """The calls since the last reset, by method."""
        return {name: count for name, count in unix_http.request(self.control, "GET", "/calls").items() if count}

    def reset_calls(self) -> None:
        """Starts counting from zero."""
        unix_http.request(self.control, "POST", "/calls/reset", {})

    def open(self, closed_for_writes: bool = False) -> Client:
        """A session of our client."""
        return Client.open(self.connection, closed_for_writes)

    def params(self, dataplane: t.Mapping[str, t.Any], vms: int | None = None, **options: t.Any) -> dict[str, t.Any]:
        """The options of vm_dataplane for so many VMs of the fleet, all unless given."""
        return {
            "vms": [{"name": name} for name in self.names[:vms]],
            "dataplane": dict(dataplane),
            "datacenter": DATACENTER,
            "state": "present",
            "power_cycle": "never",
            **options,
        }

    def connection_options(self) -> dict[str, t.Any]:
        """The connection as options of a module."""
        return {**dataclasses.asdict(self.connection), "datacenter": DATACENTER}


@contextlib.contextmanager
def fleet_vcenter(vms: int) -> Iterator[FleetVCenter]:
    """Builds and starts the lab's vCenter with so many VMs; ends it afterwards."""
    with tempfile.TemporaryDirectory(prefix="nfv-bench-") as name:
        directory = Path(name)
        binary = vcenter_process.build(State(directory / "state", ROOT))
        pki = ensure_pki(directory / "pki")
        ready, control = directory / "ready.json", directory / "control.sock"
        shape = json.loads(LAB.read_text(encoding="utf-8"))
        shape["fleet"] = {"count": vms, "vm": MACHINE}
        (directory / "inventory.json").write_text(json.dumps(shape), encoding="utf-8")
        command: list[str | Path] = [
            *(binary, "--listen", "127.0.0.1:0", "--certificate", pki.certificate, "--key", pki.key),
            *("--username", vcenter_process.USERNAME, "--password-file", pki.password),
            *("--control-socket", control, "--ready-file", ready, "--inventory", directory / "inventory.json"),
        ]
        with (directory / "log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
            try:
                port = _port(ready, process, directory / "log")
                password = pki.password.read_text(encoding="utf-8").strip()
                yield FleetVCenter(
                    Connection("127.0.0.1", port, vcenter_process.USERNAME, password, ca_path=str(pki.ca_certificate)),
                    control,
                    tuple(NAME % (number + 1) for number in range(vms)),
                )
            finally:
                process.terminate()


def _port(ready: Path, process: subprocess.Popen[bytes], log: Path) -> int:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if ready.exists():
            return int(json.loads(ready.read_text(encoding="utf-8"))["port"])
        time.sleep(0.05)
    raise RuntimeError(f"the lab's vCenter did not start: {log.read_text(encoding='utf-8')[-2000:]}")
