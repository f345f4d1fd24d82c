# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's networks as Linux has them; frames as a wire would carry them."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from lab import networks
from lab.plan import PORT_GROUPS

if TYPE_CHECKING:
    from lab.state import State


def ip(*arguments: str) -> Any:
    return json.loads(subprocess.run(["ip", "-json", *arguments], capture_output=True, check=True).stdout or "[]")


def test_namespaces_have_bridges_and_tester_and_the_machine_has_nothing(state: State) -> None:
    bridges = {link["ifname"] for link in ip("-n", state.segments_namespace, "link", "show", "type", "bridge")}
    assert bridges == set(PORT_GROUPS)
    tester = {link["ifname"]: link for link in ip("-n", state.tester_namespace, "address")}
    assert set(tester) == {"lo", "s5u", "sgi"}
    assert [entry["local"] for entry in tester["s5u"]["addr_info"]] == ["198.18.1.2", "198.18.1.77"]
    routes = {route["dst"]: route.get("gateway") for route in ip("-n", state.tester_namespace, "route")}
    assert routes["198.19.0.0/16"] == "198.18.2.1"
    assert "default" not in routes
    assert not {name for _, name in socket.if_nameindex()} & {*PORT_GROUPS, "s5u", "sgi"}
    assert not [route for route in ip("route") if route["dst"].startswith(("198.18.", "198.19."))]


def test_a_second_time_changes_nothing(state: State) -> None:
    assert not networks.ensure(state)


def test_two_taps_of_one_port_group_see_each_other_and_no_other_does(state: State) -> None:
    for tap, port_group in (("one", "PG-S5U"), ("two", "PG-S5U"), ("three", "PG-SGi")):
        networks.add_tap(state, tap, port_group)
    links = {link["ifname"]: link.get("master") for link in ip("-n", state.segments_namespace, "link")}
    assert (links["one"], links["two"], links["three"]) == ("PG-S5U", "PG-S5U", "PG-SGi")
    for tap in ("one", "two", "three", "never-there"):
        networks.remove_tap(state, tap)
    assert not {"one", "two", "three"} & {link["ifname"] for link in ip("-n", state.segments_namespace, "link")}


SEND_TO_NOBODY = """
import socket, sys
sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sender.settimeout(1)
sender.connect((sys.argv[1], 2152))
sender.send(b"to nobody")
try:
    sender.recv(1)
except (TimeoutError, ConnectionRefusedError) as error:
    print(type(error).__name__)
"""


def send_to_nobody(namespace: str, address: str) -> str:
    """Return what a sender hears of a G-PDU port where nobody listens."""
    command = ["ip", "netns", "exec", namespace, sys.executable, "-c", SEND_TO_NOBODY, address]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_the_tester_answers_no_packet_with_port_unreachable(state: State) -> None:
    inside = ["ip", "-n", state.segments_namespace, "address"]
    subprocess.run([*inside, "add", "198.18.1.3/24", "dev", "PG-S5U"], check=True)
    assert send_to_nobody(state.segments_namespace, "198.18.1.2") == "TimeoutError"
    # The other way round nothing is limited, and the sender hears of it.
    assert send_to_nobody(state.tester_namespace, "198.18.1.3") == "ConnectionRefusedError"
    subprocess.run([*inside, "delete", "198.18.1.3/24", "dev", "PG-S5U"], check=True)
