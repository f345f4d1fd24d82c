# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab of its own for these tests: real namespaces, real QEMU, a disk with nothing on it."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lab import networks, unix_http
from lab.commands import run
from lab.hypervisor import Hypervisor, handlers
from lab.state import State

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

UUID = "42000000-0000-0000-0000-000000000001"


@pytest.fixture(scope="module")
def state() -> Iterator[State]:
    # Sockets' paths are short; pytest's own directories may not be.
    root = Path(tempfile.mkdtemp(prefix="nfv-", dir="/tmp"))
    made = State(root, Path(__file__).resolve().parents[3])
    made.prepare()
    run(
        ["qemu-img", "create", "-q", "-f", "qcow2", made.images / "empty.qcow2", "16M"],
        error_code="x",
        attempted="an empty image",
    )
    networks.ensure(made)
    yield made
    networks.remove(made)
    shutil.rmtree(root)


@dataclass
class Running:
    """A hypervisor under test, and what it reported to vCenter."""

    state: State
    """Its lab."""
    reported: list[dict[str, Any]] = field(default_factory=list)
    """The guest states that vCenter received."""

    def ask(self, operation: str, **body: Any) -> dict[str, Any]:
        return unix_http.request(self.state.hypervisor_socket, "POST", f"/{operation}", {"uuid": UUID, **body})

    def guests(self) -> list[dict[str, Any]]:
        listed = unix_http.request(self.state.hypervisor_socket, "GET", "/guests")["guests"]
        assert isinstance(listed, list)
        return listed


@pytest.fixture
def hypervisor(state: State) -> Iterator[Running]:
    running = Running(state)

    def take(body: Any) -> dict[str, Any]:
        running.reported.append(dict(body))
        return {}

    served = Hypervisor(state, kvm=False)
    servers = [
        unix_http.Server(state.control_socket, {("POST", "/guest-state"): take}),
        unix_http.Server(state.hypervisor_socket, handlers(served)),
    ]
    for server in servers:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield running
    served.stop()
    for server in servers:
        server.shutdown()
        server.server_close()


def wait_for(condition: Callable[[], bool], seconds: float = 30) -> bool:
    until = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > until:
            return False
        time.sleep(0.1)
    return True
