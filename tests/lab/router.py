# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A second tester behind the first one, which becomes a router: the gateway's next hop on SGi is no tester then."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import typing as t
from dataclasses import dataclass
from pathlib import Path

import yaml

from lab.plan import Command, offloads_off
from lab.state import State
from tests.lab.gateway import VARIABLES

NAME = "tester-2"
# RFC 5737: a network behind the next hop.
SERVER, ROUTER = "203.0.113.2", "203.0.113.1"
_PORT, _BEHIND = "tester-2-s5u", "behind"


@dataclass(frozen=True)
class Router:
    """The lab's first tester as a router, and the second tester behind it."""

    state: State
    """The running lab."""
    inventory: Path
    """The second tester as a host."""

    @property
    def namespace(self) -> str:
        """The second tester's network namespace."""
        return f"{self.state.tester_namespace}-2"

    @property
    def session(self) -> dict[str, t.Any]:
        """The example's session for verification, with the server behind the router."""
        described = yaml.safe_load(VARIABLES.read_text())["pgw_verify_session"]
        return {**described, "server_address": SERVER, "server_gateway": ROUTER}

    @property
    def variables(self) -> dict[str, t.Any]:
        """What a verification by the second tester is given."""
        return {"dpdk_verify_tester": NAME, "pgw_verify_session": self.session}

    @classmethod
    @contextlib.contextmanager
    def running(cls, state: State, directory: Path) -> t.Iterator[Router]:
        """Makes the second tester and lets the first one route; takes everything back afterwards."""
        router = cls(state, directory / "second_tester.yml")
        router._write_inventory(directory)
        before = router._read("/proc/sys/net/ipv4/ip_forward")
        try:
            for command in router._commands():
                _run(command)
            with router.address_of_the_first(held=False):
                router.forward(on=True)
                yield router
        finally:
            router.forward(on=before == "1\n")
            for namespace, port in ((state.segments_namespace, _PORT), (state.tester_namespace, _BEHIND)):
                subprocess.run(["ip", "-n", namespace, "link", "del", port], check=False, capture_output=True)
            subprocess.run(["ip", "netns", "del", router.namespace], check=False, capture_output=True)

    @contextlib.contextmanager
    def address_of_the_first(self, *, held: bool) -> t.Iterator[None]:
        """Lets the first tester have the address on S5-U that is set aside for verification, or not, for a while."""
        address = (f"{self.session['peer_address']}/24", "dev", "s5u")
        first, then = ("add", "del") if held else ("del", "add")
        _run(("ip", "-n", self.state.tester_namespace, "address", first, *address))
        try:
            yield
        finally:
            _run(("ip", "-n", self.state.tester_namespace, "address", then, *address))

    def forward(self, *, on: bool) -> None:
        """Lets the router forward packets, or drop them."""
        _run(_inside(self.state.tester_namespace, "sysctl", "-qw", f"net.ipv4.ip_forward={int(on)}"))

    def forwarded(self) -> int:
        """How many packets the router has forwarded (RFC 2863's ipForwDatagrams, in /proc/net/snmp)."""
        names, values = (line.split() for line in self._read("/proc/net/snmp").splitlines()[:2])
        return int(dict(zip(names, values))["ForwDatagrams"])

    def sent(self) -> int:
        """How many frames the second tester has sent on S5-U."""
        return int(self._read("/sys/class/net/s5u/statistics/tx_packets", self.namespace))

    def _read(self, path: str, namespace: str = "") -> str:
        return _run(_inside(namespace or self.state.tester_namespace, "cat", path))

    def _write_inventory(self, directory: Path) -> None:
        python = directory / "second-tester-python"
        python.write_text(f'#!/bin/sh\nexec ip netns exec {self.namespace} {sys.executable} "$@"\n')
        python.chmod(0o755)
        hosts = {NAME: {"ansible_python_interpreter": str(python)}}
        self.inventory.write_text(yaml.safe_dump({"testers": {"hosts": hosts}}))

    def _commands(self) -> t.Iterator[Command]:
        segments, first, second = self.state.segments_namespace, self.state.tester_namespace, self.namespace
        yield "ip", "netns", "add", second
        for scope in ("all", "default"):
            yield _inside(second, "sysctl", "-qw", f"net.ipv6.conf.{scope}.disable_ipv6=1")
        yield "ip", "-n", second, "link", "set", "lo", "up"
        yield "ip", "-n", segments, "link", "add", _PORT, "type", "veth", "peer", "name", "s5u", "netns", second
        yield "ip", "-n", segments, "link", "set", _PORT, "master", "PG-S5U", "up"
        yield "ip", "-n", first, "link", "add", _BEHIND, "type", "veth", "peer", "name", "sgi", "netns", second
        addresses = (
            (first, _BEHIND, ROUTER),
            (second, "sgi", SERVER),
            (second, "s5u", self.session["peer_address"]),
        )
        for namespace, interface, address in addresses:
            yield offloads_off(namespace, interface)
            yield "ip", "-n", namespace, "address", "add", f"{address}/24", "dev", interface
            yield "ip", "-n", namespace, "link", "set", interface, "up"
        yield offloads_off(segments, _PORT)


def _inside(namespace: str, *command: str) -> Command:
    return ("ip", "netns", "exec", namespace, *command)


def _run(command: Command) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=30).stdout
