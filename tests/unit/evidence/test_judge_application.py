# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge on an application that is no Open vSwitch: frames between two ports, or no traffic at all."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.filter.poll_mode import FilterModule
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.application import false_arguments
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.judge import judge
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.model import Expected

Sample = dict[str, t.Any]
DIRECTIONS = {"uplink": "forth", "downlink": "back"}


@pytest.fixture
def forwarding(good: Sample) -> Sample:
    """The good recording as testpmd would show it: no switch, and frames both ways."""
    for when in ("before", "after"):
        good[when]["application"].update(kind="dpdk", executable="dpdk-testpmd")
        good[when].update(interfaces=None, cycles=[])
        for worker in good[when]["workers"]:
            worker["name"] = "rte-worker-1"
    dropped = sum(leg["sent"] for leg in good["traffic"] if leg["expected"] == 0)
    good["after"]["ports"][0]["counters"]["ipackets"] -= dropped
    good["traffic"] = [
        {**leg, "name": DIRECTIONS[leg["direction"]], "direction": DIRECTIONS[leg["direction"]]}
        for leg in good["traffic"]
        if leg["expected"]
    ]
    return good


@pytest.fixture
def asked(expected: Expected) -> Expected:
    return dataclasses.replace(
        expected, executable="dpdk-testpmd", traffic="frames", sides={"first": "s5u", "second": "sgi"}
    )


def reasons(samples: Sample, expected: Expected) -> dict[str, str]:
    result = judge(samples["before"], samples["after"], samples["traffic"], expected)
    found = {row["name"]: row["reason"] for row in result["evidence"] if row["verdict"] != "pass"}
    assert result["proved"] is (not found)
    return found


def test_an_application_that_forwards_frames_is_proved(forwarding: Sample, asked: Expected) -> None:
    assert reasons(forwarding, asked) == {}


def test_without_traffic_nothing_is_proved(forwarding: Sample, asked: Expected) -> None:
    """However well everything else looks: idle ports are polled just as hard."""
    forwarding["traffic"] = []
    for port in range(2):
        forwarding["after"]["ports"][port]["counters"] = dict(forwarding["before"]["ports"][port]["counters"])
    found = reasons(forwarding, dataclasses.replace(asked, traffic="none", sides={}))
    assert found["traffic"] == "no traffic seen: not proved"
    assert set(found) == {
        *("traffic", "worker CPU 1", "counters s5u", "counters sgi", "interrupts s5u", "interrupts sgi"),
    }


def test_both_directions_are_needed(forwarding: Sample, asked: Expected) -> None:
    forwarding["traffic"] = [leg for leg in forwarding["traffic"] if leg["name"] == "forth"]
    assert reasons(forwarding, asked)["traffic back"] == "no traffic seen: not proved"


def test_packets_that_the_application_makes_itself(forwarding: Sample, asked: Expected) -> None:
    """testpmd recirculating: the counters rise by far more than was sent."""
    for port in forwarding["after"]["ports"]:
        port["counters"]["ipackets"] += 50_000
        port["counters"]["opackets"] += 50_000
    found = reasons(forwarding, asked)
    assert "the port received" in found["counters s5u"]
    assert "the port sent" in found["counters sgi"]


def test_telemetry_of_another_process_than_the_units(forwarding: Sample, asked: Expected) -> None:
    forwarding["after"]["application"]["telemetry_pid"] = 4242
    assert "process 4242's" in reasons(forwarding, asked)["process"]


@pytest.mark.parametrize(
    ("words", "false"),
    [
        (["--vdev", "net_null0"], ["net_null0"]),
        (["--vdev=net_tap0,iface=dtap0"], ["--vdev=net_tap0,iface=dtap0"]),
        (["--vdev", "crypto_aesni_mb0"], []),
        (["--vdev=crypto_aesni_mb0"], []),
        (["--vdev=net_bonding0,mode=1"], []),
        (["--no-huge"], ["--no-huge"]),
        (["-a", "0000:00:04.0"], []),
    ],
)
def test_only_virtual_ports_are_false(words: list[str], false: list[str]) -> None:
    assert false_arguments(words) == false


def test_an_unknown_kind_of_traffic_is_refused() -> None:
    verdict = FilterModule().filters()["poll_mode_verdict"]
    with pytest.raises(AnsibleFilterError, match="traffic must be one of"):
        verdict({}, {"traffic": "much", "devices": [], "sides": {}, "polling_cpus": [], "hugepages": []})


@pytest.fixture
def own_thread(forwarding: Sample) -> Sample:
    """The polling thread is the application's own, and EAL's worker sleeps on the same CPU, as in Suricata."""
    for when in ("before", "after"):
        thread = forwarding[when]["workers"][0]
        thread["name"] = "W#01-0000:00:04"
        forwarding[when]["workers"].insert(
            0, {**thread, "tid": 9, "name": "dpdk-worker1", "user_ticks": 3, "system_ticks": 0}
        )
    return forwarding


def test_the_thread_that_polls_is_judged_and_not_the_one_that_sleeps(own_thread: Sample, asked: Expected) -> None:
    assert reasons(own_thread, asked) == {}


def test_two_threads_that_poll_one_cpu_are_not_proved(own_thread: Sample, asked: Expected) -> None:
    own_thread["after"]["workers"][0]["user_ticks"] += 20
    assert reasons(own_thread, asked) == {"worker CPU 1": "it shares CPU 1 with dpdk-worker1 (9)"}
