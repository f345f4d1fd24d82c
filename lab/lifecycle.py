# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Starts and stops the whole lab, and reports what runs."""

from __future__ import annotations

import os
import shutil
import sys
import time
from typing import TYPE_CHECKING, Any

from lab import generated_inventory, guest, networks, processes, unix_http, vcenter_process
from lab.commands import require_programs
from lab.errors import LabError
from lab.image import build
from lab.pki import ensure_pki
from lab.services import Service, start, stop

if TYPE_CHECKING:
    from collections.abc import Callable

    from lab.pki import Pki
    from lab.state import State

    Say = Callable[[str], None]

HYPERVISOR = "hypervisor"
PATIENCE = {HYPERVISOR: 60.0}
"""Seconds that a service gets to end by itself; the hypervisor first ends its guests."""


def require_root() -> None:
    """Raise ``not_root`` unless this runs as root, which network namespaces and images need."""
    if os.geteuid() != 0:
        raise LabError("not_root", "the lab makes network namespaces and a root file system: run this as root")


def up(state: State, say: Say) -> None:
    """Start what does not run. vCenter and hypervisor start and end together: each holds the other's machines."""
    require_root()
    require_programs()
    started = time.monotonic()
    with state.locked():
        pki = ensure_pki(state.pki)
        build.ensure(state, say)
        if networks.ensure(state):
            say("networks: made (a second)")
        vcenter = vcenter_process.running(state)
        if vcenter is None or not _hypervisor_answers(state):
            _end_machines(state)
            vcenter = _start_both(state, pki, say)
        generated_inventory.write(state, pki, vcenter.port)
    say(f"the lab is up: vCenter at {vcenter.url} ({time.monotonic() - started:.0f} s)")


def _start_both(state: State, pki: Pki, say: Say) -> vcenter_process.Endpoint:
    say("vCenter: building from lab/vcenter (1-3 minutes the first time, then seconds)")
    binary = vcenter_process.build(state.checkout)
    command = (sys.executable, "-m", "lab.hypervisor", "--state", str(state.root), "--checkout", str(state.checkout))
    say("hypervisor: starting, with a trial of hardware virtualisation (up to 15 s)")
    start(state, Service(HYPERVISOR, command), ready=lambda: _hypervisor_answers(state), patience=60)
    say(f"  {_accelerator(state)}")
    return vcenter_process.start_vcenter(state, binary, pki)


def _guests(state: State) -> dict[str, Any] | None:
    try:
        return unix_http.request(state.hypervisor_socket, "GET", "/guests", timeout=5)
    except (OSError, LabError):
        return None


def _hypervisor_answers(state: State) -> bool:
    return _guests(state) is not None


def _accelerator(state: State) -> str:
    lines = (state.run / f"{HYPERVISOR}.log").read_text().splitlines()
    return lines[0].split(" ", 1)[-1] if lines else "?"


def down(state: State, say: Say) -> None:
    """End every guest and service by its recorded id, and remove namespaces and machines. Images and keys stay."""
    require_root()
    with state.locked():
        _end_machines(state)
        networks.remove(state)
        generated_inventory.remove(state)
    say("the lab is down; golden images and keys are kept")


def _end_machines(state: State) -> None:
    """End hypervisor, vCenter and all guests, including those of a crashed hypervisor, and remove their disks."""
    for name in (HYPERVISOR, vcenter_process.NAME):
        stop(state, name, patience=PATIENCE.get(name, 10.0))
    for record in guest.recorded(state).values():
        processes.end(record)
    shutil.rmtree(state.machines, ignore_errors=True)
    state.machines.mkdir()
    for socket in (*state.run.glob("*.sock"), *state.ssh.iterdir()):
        socket.unlink()


def status(state: State, say: Say) -> bool:
    """Say what runs; return whether the lab is up."""
    vcenter = vcenter_process.running(state)
    guests = _guests(state)
    networked = networks.are_up(state)
    say(f"state       {state.root}")
    say(f"vCenter     {vcenter.url if vcenter else 'not running'}")
    say(f"hypervisor  {_accelerator(state) if guests else 'not running'}")
    say(f"networks    {', '.join(sorted((state.segments_namespace, state.tester_namespace))) if networked else 'none'}")
    for entry in guests["guests"] if guests else []:
        memory = processes.peak_memory_kib(entry["pid"]) // 1024
        say(f"guest       {entry['name']}: {entry['ip_address'] or 'no address yet'}, peak memory {memory} MiB")
    return vcenter is not None and guests is not None and networked


def process_ids(state: State) -> dict[str, int]:
    """Return the process ids of vCenter, the hypervisor and each guest, by name."""
    services = {name: processes.read_record(state.run / f"{name}.pid") for name in (HYPERVISOR, vcenter_process.NAME)}
    found = {name: record.pid for name, record in services.items() if record and processes.is_running(record)}
    guests = {f"guest {uuid}": record.pid for uuid, record in guest.recorded(state).items()}
    return {**found, **guests}
