# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab vCenter of one's own: tests and benchmarks start as many as they need, each on a free port of loopback."""

from __future__ import annotations

import functools
import json
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Connection
from lab import vcenter_process
from lab.commands import last_line
from lab.control import Control
from lab.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lab.pki import Pki

CHECKOUT = Path(__file__).resolve().parents[2]
START_SECONDS = 300
"""A vCenter with 10,000 VMs takes a minute to make them."""


@dataclass(frozen=True)
class VCenter(Control):
    """A running lab vCenter and how to reach it."""

    url: str
    """Its SOAP endpoint."""
    port: int
    """The port of its SOAP and REST endpoints."""
    pid: int
    """Its process."""
    username: str
    """The administrator."""
    password: str
    """The administrator's password."""
    readonly_username: str
    """A user with the role Read-only."""
    readonly_password: str
    """The read-only user's password."""
    ca_path: Path
    """PEM file of the authority that signed its certificate."""
    hostname: str = "127.0.0.1"
    """A name in its certificate."""

    @property
    def connection(self) -> Connection:
        """The administrator's connection, as the collection's modules make it from their options."""
        return Connection(self.hostname, self.port, self.username, self.password, ca_path=str(self.ca_path))


@functools.cache
def _binary() -> Path:
    return vcenter_process.build(CHECKOUT)


@contextmanager
def running_vcenter(
    directory: Path,
    pki: Pki,
    *,
    hypervisor_socket: Path | None = None,
    inventory: dict[str, Any] | None = None,
    plain: bool = False,
) -> Iterator[VCenter]:
    """Run a vCenter for as long as the context lasts; its inventory is lost with the process.

    ``directory`` takes its log and sockets; ``inventory`` replaces the lab's own (docs/lab.md); ``plain`` leaves every
    call to govmomi's simulator. Without a hypervisor's socket a power operation changes the VM's state and nothing
    else. Raises LabError (``service_failed``) with the log's last line if vCenter does not start.
    """
    files = vcenter_process.Files(directory / "vcenter.json", directory / "control.sock", hypervisor_socket)
    more: list[str] = ["--plain"] if plain else []
    if inventory is not None:
        described = directory / "inventory.json"
        described.write_text(json.dumps(inventory), encoding="utf-8")
        more += ["--inventory", str(described)]
    command = [*vcenter_process.command(_binary(), pki, files), *more]
    log = directory / "vcenter.log"
    with log.open("wb") as output, subprocess.Popen(command, stdout=output, stderr=output) as process:
        try:
            listening = _wait(files, process, log)
            yield VCenter(
                control_socket=files.control_socket,
                url=listening.url,
                port=listening.port,
                pid=process.pid,
                username=vcenter_process.USERNAME,
                password=pki.password.read_text(encoding="utf-8"),
                readonly_username=vcenter_process.READONLY_USERNAME,
                readonly_password=pki.readonly_password.read_text(encoding="utf-8"),
                ca_path=pki.ca_certificate,
            )
        finally:
            process.terminate()


def _wait(files: vcenter_process.Files, process: subprocess.Popen[bytes], log: Path) -> vcenter_process.Endpoint:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        endpoint = vcenter_process.read_endpoint(files.ready)
        if endpoint is not None:
            return endpoint
        time.sleep(0.02)
    raise LabError("service_failed", f"Starting vCenter: {last_line(log.read_text(encoding='utf-8'))} (see {log})")
