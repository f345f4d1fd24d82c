# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tester and its neighbour in network namespaces: ready, and each row failing alone, by the module itself."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
import time
import typing as t

import pytest

TESTER, OTHER = "198.18.10.10", "198.18.10.2"
OTHER_MAC = "00:50:56:01:00:02"
ARGUMENTS: dict[str, t.Any] = {"name": "tester-1", "cpus": 1}


@dataclasses.dataclass(frozen=True)
class Segment:
    """A tester's namespace and its neighbour's, with a veth pair between them."""

    tester: str
    """Namespace of the tester, whose interface is eth1."""
    other: str
    """Namespace of the neighbour, whose interface is port."""

    def ip(self, namespace: str, *words: str) -> None:
        subprocess.run(["ip", "-n", namespace, *words], check=True, timeout=10, capture_output=True)

    def rows(self, *before: str, interface: str = "eth1", **asked: t.Any) -> dict[str, dict[str, t.Any]]:
        """Runs the module in the tester's namespace, behind the command ``before``; returns the rows by check."""
        one = {"name": interface, "address": TESTER, "mtu": 1500, **asked.pop("interface_asked", {})}
        one.setdefault("neighbours", [{"address": OTHER, "macs": [OTHER_MAC.upper()], "must_answer": True}])
        arguments = {**ARGUMENTS, "controller_time": time.time(), "interfaces": [one], **asked}
        module = "ansible_collections.nfv.vsphere_dpdk.plugins.modules.tester_readiness_info"
        done = subprocess.run(
            ["ip", "netns", "exec", self.tester, *before, sys.executable, "-m", module],
            input=json.dumps({"ANSIBLE_MODULE_ARGS": arguments}),
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        result = json.loads(done.stdout)
        assert result["changed"] is False
        return {row["check"]: row for row in result["rows"]}


@pytest.fixture
def segment() -> t.Iterator[Segment]:
    made = Segment(f"nfv-rt-{os.getpid()}", f"nfv-ro-{os.getpid()}")
    try:
        for namespace in (made.tester, made.other):
            subprocess.run(["ip", "netns", "add", namespace], check=True, timeout=10)
        made.ip(made.tester, "link", "add", "eth1", "type", "veth", "peer", "name", "port", "netns", made.other)
        made.ip(made.other, "link", "set", "port", "address", OTHER_MAC, "up")
        made.ip(made.other, "address", "add", f"{OTHER}/24", "dev", "port")
        made.ip(made.tester, "link", "set", "eth1", "up")
        made.ip(made.tester, "address", "add", f"{TESTER}/24", "dev", "eth1")
        yield made
    finally:
        for namespace in (made.tester, made.other):
            subprocess.run(["ip", "netns", "del", namespace], check=False, timeout=10, capture_output=True)


NEIGHBOUR = f"neighbour {OTHER}"


def failing(rows: t.Mapping[str, t.Mapping[str, t.Any]]) -> dict[str, tuple[str, str]]:
    for row in rows.values():
        assert bool(row["remedy"]) is (row["verdict"] in ("not_ready", "unknown")), row
    return {check: (row["verdict"], row["code"]) for check, row in rows.items() if row["code"]}


def test_ready_and_nobody_learned_of_it(segment: Segment) -> None:
    rows = segment.rows()
    assert {row["verdict"] for row in rows.values()} == {"ready"}, rows
    assert rows[NEIGHBOUR]["seen"] == OTHER_MAC
    assert {row["object"] for row in rows.values()} == {"tester-1", "tester-1 eth1"}
    for namespace in (segment.tester, segment.other):
        known = subprocess.run(["ip", "-n", namespace, "neigh", "show"], check=True, capture_output=True, text=True)
        assert "198.18" not in known.stdout


def test_interface_that_is_not_there_leaves_no_row_out(segment: Segment) -> None:
    rows = segment.rows(interface="eth9")
    assert rows.keys() == segment.rows().keys()
    assert failing(rows) == {
        "interface": ("not_ready", "tester_interface_unusable"),
        "mtu": ("unknown", "tester_interface_unusable"),
        "address": ("unknown", "tester_interface_unusable"),
        "address_taken": ("unknown", "readiness_unknown"),
        NEIGHBOUR: ("unknown", "readiness_unknown"),
    }
    assert "eth1" in rows["interface"]["seen"]


@pytest.mark.parametrize("namespace", ["tester", "other"])
def test_interface_that_is_down_is_no_proof_of_silence(segment: Segment, namespace: str) -> None:
    """Nobody answers without a carrier. With a queue, as NICs have, the kernel drops what is sent and says nothing."""
    qdisc = ["tc", "-n", segment.tester, "qdisc", "add", "dev", "eth1", "root", "pfifo"]
    subprocess.run(qdisc, check=True, timeout=10, capture_output=True)
    side = {"tester": (segment.tester, "eth1"), "other": (segment.other, "port")}[namespace]
    segment.ip(side[0], "link", "set", side[1], "down")
    assert failing(segment.rows()) == {
        "interface": ("not_ready", "tester_interface_unusable"),
        "address_taken": ("unknown", "readiness_unknown"),
        NEIGHBOUR: ("unknown", "readiness_unknown"),
    }


def test_missing_address_fails_alone(segment: Segment) -> None:
    segment.ip(segment.tester, "address", "flush", "dev", "eth1")
    assert failing(segment.rows()) == {"address": ("not_ready", "tester_address_missing")}


def test_small_mtu_fails_alone(segment: Segment) -> None:
    rows = segment.rows(interface_asked={"mtu": 1536})
    assert failing(rows) == {"mtu": ("not_ready", "tester_mtu_small")}


def test_address_of_the_testers_that_another_has_fails_alone(segment: Segment) -> None:
    segment.ip(segment.other, "address", "add", f"{TESTER}/24", "dev", "port")
    rows = segment.rows()
    assert failing(rows) == {"address_taken": ("not_ready", "tester_address_taken")}
    assert OTHER_MAC in rows["address_taken"]["seen"]


@pytest.mark.parametrize("macs", [[], ["00:50:56:01:00:99"]])
def test_foreign_neighbour_fails_alone(segment: Segment, macs: list[str]) -> None:
    """Nobody is expected before the deployment, and the guest's adapter alone after it."""
    rows = segment.rows(interface_asked={"neighbours": [{"address": OTHER, "macs": macs}]})
    assert failing(rows) == {NEIGHBOUR: ("not_ready", "address_foreign")}
    assert OTHER_MAC in rows[NEIGHBOUR]["remedy"]


def test_silent_neighbour_fails_alone_where_it_must_answer(segment: Segment) -> None:
    segment.ip(segment.other, "address", "flush", "dev", "port")
    assert failing(segment.rows()) == {NEIGHBOUR: ("not_ready", "neighbour_silent")}
    assert failing(segment.rows(interface_asked={"neighbours": [{"address": OTHER, "macs": []}]})) == {}


def test_without_packet_sockets_nobody_is_asked(segment: Segment) -> None:
    rows = segment.rows("setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw")
    assert failing(rows) == {
        "raw_sockets": ("not_ready", "tester_raw_sockets_refused"),
        "address_taken": ("unknown", "readiness_unknown"),
        NEIGHBOUR: ("unknown", "readiness_unknown"),
    }


def test_clock_and_cpus_fail_alone(segment: Segment) -> None:
    assert failing(segment.rows(controller_time=time.time() + 100)) == {"clock": ("not_ready", "clock_differs")}
    assert failing(segment.rows(cpus=4096)) == {"cpus": ("not_ready", "tester_cpus_missing")}
