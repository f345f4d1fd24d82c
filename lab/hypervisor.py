# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hypervisor's daemon: carries out vCenter's power operations and reports the guests' states to vCenter."""

from __future__ import annotations

import argparse
import contextlib
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lab import accelerator, cpu_time, guest, unix_http
from lab.control import Control
from lab.errors import LabError
from lab.guest_state import GuestState, off_state, running_state, silent_state
from lab.image.inputs import KERNEL_NAME
from lab.machine import parse_machine, parse_uuid
from lab.plan import PORT_GROUPS
from lab.state import State

if TYPE_CHECKING:
    from lab.guest import Guest

POLL_SECONDS = 2.0
"""Interval between queries of a guest that has no address yet."""
SETTLED_POLL_SECONDS = 6.0
"""Interval once the guest has an address: each query costs an emulated guest a little of its time."""
SILENT_POLLS = 3
"""Queries without an answer after which the agent counts as stopped; a busy guest may miss one or two."""
Body = Mapping[str, Any]
Answer = dict[str, Any]


class Hypervisor:
    """The guests of this lab. Each machine has one operation at a time."""

    def __init__(self, state: State, *, kvm: bool) -> None:
        """Start without guests."""
        self.state = state
        self.kvm = kvm
        self.guests: dict[str, Guest] = {}
        self._table = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self.stopping = threading.Event()

    def _lock(self, machine_uuid: str) -> threading.Lock:
        with self._table:
            return self._locks.setdefault(machine_uuid, threading.Lock())

    def _running(self, body: Body) -> Guest:
        machine_uuid = parse_uuid(body)
        found = self.guests.get(machine_uuid)
        if found is None:
            raise LabError("not_powered_on", f"{body.get('name') or machine_uuid}: no guest runs; power it on first")
        return found

    def power_on(self, body: Body) -> Answer:
        """POST /power-on: start a guest from the configuration in the request."""
        machine = parse_machine(body, PORT_GROUPS)
        with self._lock(machine.uuid):
            if self.stopping.is_set():
                raise LabError("hypervisor_stopping", f"{machine.name}: the hypervisor is being stopped")
            if machine.uuid in self.guests:
                raise LabError("already_powered_on", f"{machine.name}: its guest runs already")
            started = guest.power_on(self.state, machine, kvm=self.kvm)
            self.guests[machine.uuid] = started
        log(f"{machine.name}: powered on, {machine.cpus} vCPUs, {machine.memory_mb} MB, "
            f"{', '.join(f'{a.type} in {a.network}' for a in machine.adapters)}")  # fmt: skip
        threading.Thread(target=self._watch, args=(started,), daemon=True).start()
        if not machine.standalone:
            threading.Thread(target=self._measure, args=(started,), daemon=True).start()
        return {}

    def power_off(self, body: Body) -> Answer:
        """POST /power-off: returns once the guest has ended."""
        running = self._running(body)
        with self._lock(running.machine.uuid):
            running.power_off()
            self._forget(running)
        return {}

    def reset(self, body: Body) -> Answer:
        """POST /reset: restart the guest with its current devices."""
        self._running(body).qmp("system_reset")
        return {}

    def shutdown_guest(self, body: Body) -> Answer:
        """POST /shutdown-guest: returns once the guest has been asked; its end is reported later."""
        self._running(body).shut_down("powerdown", "system_powerdown")
        return {}

    def reboot_guest(self, body: Body) -> Answer:
        """POST /reboot-guest: returns once the guest has been asked."""
        self._running(body).shut_down("reboot", "system_reset")
        return {}

    def snapshot(self, body: Body) -> Answer:
        """POST /snapshot: save a running guest's memory and disk under a name."""
        running = self._running(body)
        with self._lock(running.machine.uuid):
            running.snapshot(_snapshot_name(body))
        return {}

    def restore(self, body: Body) -> Answer:
        """POST /restore: return a running guest to one of its snapshots."""
        running = self._running(body)
        with self._lock(running.machine.uuid):
            running.restore(_snapshot_name(body))
        return {}

    def destroy(self, body: Body) -> Answer:
        """POST /destroy: end the guest if it runs, and remove its disk."""
        machine_uuid = parse_uuid(body)
        with self._lock(machine_uuid):
            running = self.guests.get(machine_uuid)
            if running:
                running.power_off()
                self._forget(running)
            guest.destroy(self.state, machine_uuid)
        return {}

    def list_guests(self, _body: Body) -> Answer:
        """GET /guests: list the running guests."""
        return {
            "kvm": self.kvm,
            "guests": [
                {
                    "uuid": running.machine.uuid,
                    "name": running.machine.name,
                    "pid": running.process.pid,
                    "ip_address": running.ip_address,
                }
                for running in list(self.guests.values())
            ],
        }

    def stop(self) -> None:
        """End every guest."""
        self.stopping.set()
        for running in list(self.guests.values()):
            with self._lock(running.machine.uuid):
                running.power_off()
                self._forget(running)

    def _forget(self, ended: Guest) -> None:
        if self.guests.get(ended.machine.uuid) is ended:
            del self.guests[ended.machine.uuid]
            ended.release()
            log(f"{ended.machine.name}: powered off")

    def _watch(self, watched: Guest) -> None:
        """Report every change of a guest to vCenter until the guest's process ends."""
        reported: GuestState | None = None
        silent = 0
        while watched.process.poll() is None:
            seen = observe(watched)
            silent = silent + 1 if seen is None else 0
            current = seen or reported
            if current is None or silent >= SILENT_POLLS:
                current = silent_state(watched.machine)
            watched.ip_address = current["ip_address"]
            if current != reported and (watched.machine.standalone or self._report(current)):
                reported = current
            self._pause(watched, SETTLED_POLL_SECONDS if current["ip_address"] else POLL_SECONDS)
        if watched.expected_end:
            return
        with self._lock(watched.machine.uuid):
            # Powered off by vCenter, or on again, while this thread waited.
            if self.guests.get(watched.machine.uuid) is not watched:
                return
            self._forget(watched)
        if watched.machine.standalone:
            return
        while not self.stopping.is_set() and watched.machine.uuid not in self.guests:
            if self._report(off_state(watched.machine.uuid)):
                return
            time.sleep(POLL_SECONDS)

    def _measure(self, measured: Guest) -> None:
        """Hand the CPU times of a guest's vCPUs to vCenter until the guest's process ends."""
        try:
            threads = cpu_time.vcpu_threads(measured.qmp("query-cpus-fast"))
            before, since = cpu_time.read_times(measured.process.pid, threads), time.monotonic()
        except (OSError, LabError) as error:
            log(f"{measured.machine.name}: its CPU times cannot be read: {error}")
            return
        while True:
            self._pause(measured, cpu_time.INTERVAL_SECONDS)
            if measured.process.poll() is not None:
                return
            try:
                after, now = cpu_time.read_times(measured.process.pid, threads), time.monotonic()
                one = cpu_time.sample(before, after, now - since, time.time())
                before, since = after, now
                Control(self.state.control_socket).report_performance(measured.machine.uuid, [one])
            except (OSError, LabError) as error:
                log(f"{measured.machine.name}: its CPU times were not handed to vCenter: {error}")

    @staticmethod
    def _pause(watched: Guest, seconds: float) -> None:
        """Sleep, but no longer than the guest runs."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            watched.process.wait(timeout=seconds)

    def _report(self, body: GuestState) -> bool:
        try:
            Control(self.state.control_socket).report_guest(**body)
        except (OSError, LabError) as error:
            log(f"{body['uuid']}: vCenter refused the guest's state: {error}")
            return False
        log(f"{body['uuid']}: {body['power_state']}, agent {'answers' if body['tools_running'] else 'silent'},"
            f" address {body['ip_address']}")  # fmt: skip
        return True


def _snapshot_name(body: Body) -> str:
    """Return the snapshot's name in a request. It becomes a word of a monitor command, so only safe names pass."""
    name = str(body.get("snapshot", ""))
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,30}", name):
        raise LabError("request_invalid", f"snapshot {name!r}: a name is lower-case letters, digits and hyphens")
    return name


def observe(watched: Guest) -> GuestState | None:
    """Return the guest's state from its agent; None if the agent does not answer."""
    try:
        with watched.agent() as agent:
            host_name = agent.ask("guest-get-host-name")["host-name"]
            interfaces = agent.ask("guest-network-get-interfaces")
    except (OSError, LabError):
        return None
    return running_state(watched.machine, host_name, interfaces, watched.said())


def log(line: str) -> None:
    """Write one line with the time to the daemon's log (standard output)."""
    print(time.strftime("%H:%M:%S"), line, flush=True)


def handlers(hypervisor: Hypervisor) -> dict[tuple[str, str], unix_http.Handler]:
    """Return the operations that the socket serves, by method and path."""
    return {
        ("POST", "/power-on"): hypervisor.power_on,
        ("POST", "/power-off"): hypervisor.power_off,
        ("POST", "/reset"): hypervisor.reset,
        ("POST", "/shutdown-guest"): hypervisor.shutdown_guest,
        ("POST", "/reboot-guest"): hypervisor.reboot_guest,
        ("POST", "/snapshot"): hypervisor.snapshot,
        ("POST", "/restore"): hypervisor.restore,
        ("POST", "/destroy"): hypervisor.destroy,
        ("GET", "/guests"): hypervisor.list_guests,
    }


def serve(state: State) -> None:
    """Serve until SIGTERM, then end every guest."""
    chosen = accelerator.choose(state.images / KERNEL_NAME)
    log(f"{'hardware virtualisation (KVM)' if chosen.kvm else 'software emulation'}: {chosen.reason}")
    hypervisor = Hypervisor(state, kvm=chosen.kvm)
    server = unix_http.Server(state.hypervisor_socket, handlers(hypervisor))

    def stop(_signal: int, _frame: object) -> None:
        # shutdown() waits for serve_forever(), which runs in this thread.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.serve_forever(poll_interval=0.2)
    hypervisor.stop()
    state.hypervisor_socket.unlink(missing_ok=True)


def main() -> int:
    """Run the daemon (started by `python -m lab up`)."""
    parser = argparse.ArgumentParser(prog="python -m lab.hypervisor", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="the lab's state directory")
    parser.add_argument("--checkout", type=Path, required=True, help="the checkout that the lab belongs to")
    arguments = parser.parse_args()
    serve(State(arguments.state, arguments.checkout))
    return 0


if __name__ == "__main__":
    sys.exit(main())
