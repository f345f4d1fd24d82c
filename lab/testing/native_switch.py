# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Open vSwitch's userspace datapath in namespaces of its own: the guest's OpenFlow, tunnel and meter code, no DPDK.

The device ports are veth pairs instead of VMXNET3 adapters; everything else is what a guest runs. The machine
itself stays untouched: database, sockets and logs lie in a temporary directory, and no service is needed or disturbed.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import typing as t
from pathlib import Path

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest, apply
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import Plan
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.pgw_sessions import decide
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.layout import (
    DAEMON_CONFIGURATION,
    DAEMON_STATUS,
    DAEMON_UNIT,
    EXPORT_UNIT_FILE,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.observe import Ask
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.model import UserPlane
from lab.testing.pgw_packets import PEER, SERVER, SERVER6

# Debian keeps the daemons outside of a user's search path.
SEARCH = f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/lib/openvswitch-switch"
PROGRAMS = ("ovsdb-server", "ovsdb-tool", "ovs-vswitchd", "ovs-vsctl", "ovs-ofctl", "ovs-appctl")
OURS = ("/etc/nfv-vsphere-dpdk", "/run/nfv-vsphere-dpdk", "/usr/lib/nfv-vsphere-dpdk", "/var/lib/prometheus")


def find_schema() -> Path:
    """The database's schema, which lies beside the package's programs."""
    server = shutil.which("ovsdb-server", path=SEARCH)
    if server is None:
        raise FileNotFoundError("ovsdb-server: install Debian's openvswitch-switch")
    return Path(server).resolve().parents[1] / "share/openvswitch/vswitch.ovsschema"


class NativeSwitch:
    """A switch, and a tester on the other side of its two ports."""

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="nfv-", dir="/tmp"))
        self.switch, self.tester = f"{self.root.name}-s", f"{self.root.name}-t"
        self.run_directory = self.root / "run/openvswitch"
        self.environment = {
            **os.environ,
            "PATH": SEARCH,
            "OVS_RUNDIR": str(self.run_directory),
            "OVS_LOGDIR": str(self.root / "log"),
            "OVS_DBDIR": str(self.root / "db"),
        }
        self._handler: subprocess.Popen[bytes] | None = None
        self.guest = Guest(self._step, str(self.root))

    def start(self) -> None:
        """Makes namespaces, veth pairs, the switch and its two bridges."""
        for directory in (self.run_directory, self.root / "log", self.root / "db"):
            directory.mkdir(parents=True)
        for namespace in (self.switch, self.tester):
            self.call("ip", "netns", "add", namespace, here=True)
            self.call("ip", "-n", namespace, "link", "set", "lo", "up", here=True)
        for port in ("s5u", "sgi"):
            self.call(
                "ip",
                "-n",
                self.switch,
                "link",
                "add",
                port,
                "type",
                "veth",
                "peer",
                port,
                "netns",
                self.tester,
                here=True,
            )
            for namespace in (self.switch, self.tester):
                # As on a wire: no checksum is left to an adapter that does not exist.
                off = ("tx", "off", "rx", "off", "gso", "off", "gro", "off", "tso", "off")
                self.call("ip", "netns", "exec", namespace, "ethtool", "-K", port, *off, here=True)
                self.call("ip", "-n", namespace, "link", "set", port, "addrgenmode", "none", here=True)
                self.call("ip", "-n", namespace, "link", "set", port, "mtu", "1504", "up", here=True)
        self._start_database()
        self.start_switch()
        self._make_bridges()

    def _start_database(self) -> None:
        database = self.root / "db/conf.db"
        self.call("ovsdb-tool", "create", str(database), str(find_schema()))
        quiet = ("--pidfile", "--detach", "--log-file", "-vconsole:off")
        self.call("ovsdb-server", str(database), f"--remote=punix:{self.run_directory}/db.sock", *quiet)
        self.call("ovs-vsctl", "--no-wait", "init")

    def _make_bridges(self) -> None:
        commands: list[str] = []
        for bridge in ("br-s5u", "br-sgi"):
            commands += [
                "--",
                "add-br",
                bridge,
                "--",
                "set",
                "Bridge",
                bridge,
                "datapath_type=netdev",
                "fail_mode=secure",
            ]
        flow = ("type=gtpu", "options:key=flow", "options:remote_ip=flow")
        for bridge, port, number, settings in (
            ("br-s5u", "s5u", 1, ()),
            ("br-sgi", "sgi", 1, ()),
            ("br-sgi", "gtpu", 2, flow),
            ("br-sgi", "pgw-path", 3, ("type=internal",)),
            ("br-sgi", "gtpu-messages", 4, (*flow, "options:packet_type=ptap")),
        ):
            commands += [
                "--",
                "add-port",
                bridge,
                port,
                "--",
                "set",
                "Interface",
                port,
                f"ofport_request={number}",
                *settings,
            ]
        self.call("ovs-vsctl", *commands)

    def start_switch(self) -> None:
        """Starts ovs-vswitchd, initially or after it was killed."""
        self.call(
            "ovs-vswitchd", f"unix:{self.run_directory}/db.sock", "--pidfile", "--detach", "--log-file", "-vconsole:off"
        )

    def kill_switch(self) -> None:
        """Ends ovs-vswitchd as a crash would."""
        pid = int((self.run_directory / "ovs-vswitchd.pid").read_text())
        os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z":
            if time.monotonic() > deadline:
                raise TimeoutError("ovs-vswitchd does not end")
            time.sleep(0.05)

    def stop(self) -> None:
        """Stops and removes everything that start() made."""
        self.stop_handler()
        for name in ("ovs-vswitchd", "ovsdb-server"):
            with contextlib.suppress(OSError, ValueError):
                os.kill(int((self.run_directory / f"{name}.pid").read_text()), signal.SIGTERM)
        time.sleep(0.5)
        for namespace in (self.switch, self.tester):
            subprocess.run(["ip", "netns", "del", namespace], check=False, capture_output=True)
        shutil.rmtree(self.root, ignore_errors=True)

    def call(self, *argv: str, here: bool = False, text: str | None = None) -> str:
        """Output of a command in the switch's namespace (here: the machine's own). Raises RuntimeError if it fails."""
        where = [] if here else ["ip", "netns", "exec", self.switch]
        done = subprocess.run(
            [*where, *argv], env=self.environment, input=text, capture_output=True, text=True, check=False, timeout=120
        )
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(argv)[:500]} ended with status {done.returncode}: {done.stderr}")
        return done.stdout

    def converge(self, plane: UserPlane | None) -> Plan:
        """Does what pgw_sessions does. Raises AssertionError if changes are left afterwards."""
        done = self.decide(plane)
        apply(done.steps, self.guest)
        left = self.decide(plane)
        if left.changed:
            raise AssertionError(f"still to do after the change: {left.steps}")
        return done

    def decide(self, plane: UserPlane | None) -> Plan:
        """The plan that pgw_sessions would carry out."""
        os.environ["OVS_RUNDIR"] = str(self.run_directory)
        return decide(self.guest, self.ask, plane)

    @property
    def ask(self) -> Ask:
        """Stands for AnsibleModule.run_command in the guest; this class also stands for systemd."""
        return self._command

    def _command(self, argv: t.Sequence[str], text: str) -> tuple[int, str, str]:
        if argv[0] == "systemctl":
            return self._systemctl(argv)
        there = [f"{self.root}{word}" if word.startswith(OURS) else word for word in argv]
        if there[0].endswith("python3"):
            there[0] = sys.executable
        done = subprocess.run(
            ["ip", "netns", "exec", self.switch, *there],
            env=self.environment,
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        return done.returncode, done.stdout, done.stderr

    def _step(self, argv: t.Sequence[str]) -> tuple[int, str, str]:
        return self._command(argv, "")

    def _systemctl(self, argv: t.Sequence[str]) -> tuple[int, str, str]:
        """Enough of systemd for the plan: units are what their files say, and starting one runs its commands."""
        unit, files = argv[-1], self.root / "etc/systemd/system"
        started = self.root / "run/started"
        if argv[1] == "show":
            active = (started / unit).exists() or (unit == DAEMON_UNIT and self._handler is not None)
            return (
                0,
                f"ActiveState={'active' if active else 'inactive'}\nUnitFileState={'enabled' if active else ''}\n",
                "",
            )
        if unit.endswith(".timer") and argv[1] in ("enable", "start", "restart"):
            started.mkdir(parents=True, exist_ok=True)
            (started / unit).touch()
        elif unit.endswith(".timer"):
            (started / unit).unlink(missing_ok=True)
        elif argv[1] in ("enable", "start") and unit != DAEMON_UNIT:
            started.mkdir(parents=True, exist_ok=True)
            for line in (files / unit).read_text().splitlines():
                if line.startswith("ExecStart="):
                    status, output, errors = self._step(line.partition("=")[2].split())
                    if status != 0:
                        return status, output, errors
            (started / unit).touch()
            self.start_handler()
        elif argv[1] == "restart":
            self.stop_handler()
            self.start_handler()
        elif argv[1] in ("disable", "stop") and f"/etc/systemd/system/{unit}" != EXPORT_UNIT_FILE:
            self.stop_handler()
            (started / unit).unlink(missing_ok=True)
        return 0, "", ""

    def unit_lost(self) -> None:
        """Stops the units, as systemd does when ovs-vswitchd, which they are bound to, has ended."""
        (self.root / "run/started/nfv-pgw.service").unlink(missing_ok=True)
        self.stop_handler()

    def start_handler(self) -> None:
        """Starts the handler that pgw_sessions installed, as its unit does, after stopping an earlier one."""
        self.stop_handler()
        (self.root / DAEMON_STATUS[1:]).parent.mkdir(parents=True, exist_ok=True)
        program = (
            "-m",
            "nfv_pgw.path_daemon",
            "pgw-path",
            "br-s5u",
            f"{self.root}{DAEMON_CONFIGURATION}",
            f"{self.root}{DAEMON_STATUS}",
        )
        self._handler = subprocess.Popen(
            ["ip", "netns", "exec", self.switch, sys.executable, *program],
            env={**self.environment, "PYTHONPATH": f"{self.root}/usr/lib/nfv-vsphere-dpdk"},
        )

    def stop_handler(self) -> None:
        """Ends the handler."""
        if self._handler is not None:
            self._handler.terminate()
            self._handler.wait(timeout=10)
            self._handler = None

    def export_statistics(self) -> subprocess.CompletedProcess[str]:
        """Runs the command that the statistics' timer starts."""
        unit = (self.root / EXPORT_UNIT_FILE[1:]).read_text()
        (command,) = [line.partition("=")[2] for line in unit.splitlines() if line.startswith("ExecStart=")]
        words = [f"{self.root}{word}" if word.startswith(OURS) else word for word in command.split()[1:]]
        return subprocess.run(
            ["ip", "netns", "exec", self.switch, sys.executable, *words],
            env={**self.environment, "PYTHONPATH": f"{self.root}/usr/lib/nfv-vsphere-dpdk"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def status(self) -> dict[str, t.Any]:
        """What the handler has written of its state."""
        path = self.root / DAEMON_STATUS[1:]
        content: dict[str, t.Any] = json.loads(path.read_text()) if path.exists() else {"counters": {}, "peers": {}}
        return content


@contextlib.contextmanager
def native_switch() -> t.Iterator[NativeSwitch]:
    """Yields a running switch whose tester answers for peer, server and next hops."""
    switch = NativeSwitch()
    try:
        switch.start()
        for port, addresses in (("s5u", (f"{PEER}/24",)), ("sgi", (f"{SERVER}/24", f"{SERVER6}/64"))):
            for address in addresses:
                more = ("nodad",) if ":" in address else ()
                switch.call("ip", "-n", switch.tester, "address", "add", address, "dev", port, *more, here=True)
        yield switch
    finally:
        switch.stop()
