# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The judge on recorded samples: the good one is proved, and each way of faking or failing is not."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.judge import judge
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.model import Expected
from tests.unit.evidence.conftest import recording

Sample = dict[str, t.Any]
Change = t.Callable[[Sample], object]


def verdict(samples: Sample, expected: Expected, errors: t.Sequence[str] = ()) -> dict[str, t.Any]:
    return judge(samples["before"], samples["after"], samples["traffic"], expected, errors)


def failed(result: dict[str, t.Any]) -> dict[str, str]:
    """The reasons of the rows that fail, by name."""
    return {row["name"]: row["reason"] for row in result["evidence"] if row["verdict"] != "pass"}


def test_a_guest_that_polls_and_forwards_is_proved(good: Sample, expected: Expected) -> None:
    result = verdict(good, expected)
    assert failed(result) == {}
    assert (result["proved"], result["error_code"]) == (True, "")
    assert len(result["evidence"]) == 20
    assert result["traffic"] == good["traffic"]


def test_every_row_says_what_was_asked_and_seen(good: Sample, expected: Expected) -> None:
    assert all(row["asked"] and row["seen"] for row in verdict(good, expected)["evidence"])


# Recorded in real guests, each with a real attempt to look as if it polled.
@pytest.mark.parametrize(
    ("name", "rows"),
    [
        # The adapter given back to vmxnet3, nothing attached: no packet comes through.
        (
            "kernel",
            {
                "driver s5u": "kernel's vmxnet3 before and after",
                "holder s5u": "no device file",
                "port s5u": "not started",
                "counters s5u": "not observed",
                "interrupts s5u": "line rose by",
                "polled packets": "they received",
                "traffic uplink": "200 of 200 lost",
                "traffic downlink": "200 of 200 lost",
                "traffic wrong TEID": "nothing else came through",
            },
        ),
        # Open vSwitch's dpdk port on a net_af_packet device over the kernel's adapter: every packet comes through.
        (
            "af_packet",
            {
                "driver s5u": "kernel's vmxnet3",
                "holder s5u": "no device file",
                "port s5u": "driver net_af_packet",
                "counters s5u": "not observed",
                "interrupts s5u": "line rose by",
            },
        ),
        # Open vSwitch on the kernel's interface itself: every packet comes through.
        (
            "system",
            {
                "driver s5u": "kernel's vmxnet3",
                "holder s5u": "no device file",
                "port s5u": "of type system",
                "counters s5u": "not observed",
                "interrupts s5u": "line rose by",
                "polled packets": "they received",
            },
        ),
        # The tester sent nothing to a guest that spins on idle ports.
        (
            "silent",
            {
                "counters s5u": "no traffic seen",
                "counters sgi": "no traffic seen",
                "interrupts s5u": "no traffic seen",
                "interrupts sgi": "no traffic seen",
                "worker CPU 1": "no traffic seen",
                "polled packets": "no traffic seen",
                "traffic uplink": "no traffic seen",
                "traffic downlink": "no traffic seen",
                "traffic wrong TEID": "no traffic seen",
            },
        ),
    ],
)
def test_recorded_fakes_fail(name: str, rows: dict[str, str], expected: Expected) -> None:
    result = verdict(recording(name), expected)
    reasons = failed(result)
    assert set(reasons) == set(rows)
    for row, reason in rows.items():
        assert reason in reasons[row]
    assert (result["proved"], result["error_code"]) == (False, "poll_mode_not_proved")
    assert [line.partition(":")[0] for line in result["failures"]] == list(reasons)


def device(sample: Sample) -> Sample:
    return t.cast(Sample, sample["after"]["devices"][0])


def port(sample: Sample) -> Sample:
    return t.cast(Sample, next(one for one in sample["after"]["ports"] if one["name"] == "0000:00:04.0"))


def interface(sample: Sample) -> Sample:
    return t.cast(Sample, next(one for one in sample["after"]["interfaces"] if one["name"] == "s5u"))


def worker(sample: Sample) -> Sample:
    return t.cast(Sample, sample["after"]["workers"][0])


def leg(sample: Sample, name: str) -> Sample:
    return t.cast(Sample, next(one for one in sample["traffic"] if one["name"] == name))


def rise(counter: str, by: int) -> Change:
    return lambda sample: port(sample)["counters"].update({counter: port(sample)["counters"][counter] + by})


def sleeping(sample: Sample) -> None:
    """A worker in interrupt mode: it yields, and its CPU idles."""
    before = sample["before"]["workers"][0]
    worker(sample)["voluntary_switches"] = before["voluntary_switches"] + 400
    worker(sample)["user_ticks"] = before["user_ticks"] + 10
    worker(sample)["system_ticks"] = before["system_ticks"]


def other_thread(sample: Sample) -> None:
    thread = {"pid": 77, "tid": 77, "name": "stress", "cpu": 1, "ticks": 5}
    sample["before"]["other_threads"] = [thread]
    sample["after"]["other_threads"] = [{**thread, "ticks": 6}]


def unsent(sample: Sample) -> None:
    for one in sample["traffic"]:
        one.update(sent=0, received=0, frame_loss_tolerance=0, warm_up_sent=0, warm_up_received=0)
        one["problems"] = ["nothing sent: nobody answers ARP for 198.18.1.1 on eth1"]


# One change to the good recording, the row that must fail for it, and words of its reason.
CONTROLS: list[tuple[str, Change, str, str]] = [
    ("device gone", lambda s: device(s).update(present=False), "driver s5u", "no device at 0000:00:04.0 after"),
    ("devbind left no driver", lambda s: device(s).update(driver=None), "driver s5u", "no driver at all"),
    ("devbind skipped", lambda s: device(s).update(driver="vmxnet3"), "driver s5u", "kernel's vmxnet3"),
    ("kernel interface left", lambda s: device(s).update(net=["enp0s4"]), "driver s5u", "the kernel has it as enp0s4"),
    ("nobody holds it", lambda s: device(s).update(holders=[]), "holder s5u", "not held by the application alone"),
    (
        "another process holds it too",
        lambda s: device(s)["holders"].append({"pid": 9, "executable": "dpdk-testpmd"}),
        "holder s5u",
        "not held by the application alone",
    ),
    ("port not started", lambda s: port(s).update(started=False), "port s5u", "DPDK has not started it after"),
    ("wrong MAC", lambda s: port(s).update(mac="00:50:56:01:0a:99"), "port s5u", "its MAC is 00:50:56:01:0a:99"),
    ("--no-pci", lambda s: port(s).update(name="net_null0"), "port s5u", "DPDK has no port at 0000:00:04.0"),
    (
        "null device",
        lambda s: interface(s).update(options={"dpdk-devargs": "net_null0"}, status={"driver_name": "net_null"}),
        "port s5u",
        "driver net_null",
    ),
    ("tap device", lambda s: interface(s).update(type="tap", options={}), "port s5u", "s5u of type tap"),
    (
        "another driver",
        lambda s: interface(s)["status"].update(driver_name="net_e1000_em"),
        "port s5u",
        "driver of Open vSwitch's s5u is net_e1000_em",
    ),
    ("port error", lambda s: interface(s).update(error="could not add"), "port s5u", "is could not add"),
    ("no port at all", lambda s: s["after"].update(interfaces=[]), "port s5u", "no interface of Open vSwitch"),
    ("database silent", lambda s: s["after"].update(interfaces=None), "port s5u", "were not observed"),
    ("packets lost before the port", rise("ipackets", -30), "counters s5u", "the port received"),
    ("packets from elsewhere", rise("ipackets", 5000), "counters s5u", "the port received"),
    ("packets not sent", rise("opackets", -30), "counters s5u", "the tester received"),
    ("packets sent astray", rise("opackets", 5000), "counters s5u", "more than the tester's packets that may come"),
    ("missed packets", rise("imissed", 1), "counters s5u", "imissed rose by 1"),
    ("no buffers", rise("rx_nombuf", 1), "counters s5u", "rx_nombuf rose by 1"),
    ("errors", rise("oerrors", 1), "counters s5u", "oerrors rose by 1"),
    ("no counters", lambda s: port(s).update(counters=None), "counters s5u", "not observed"),
    (
        "interrupts rise",
        lambda s: device(s)["interrupts"][0].update(count=s["before"]["devices"][0]["interrupts"][0]["count"] + 40),
        "interrupts s5u",
        "interrupt line rose by 40",
    ),
    (
        "own interrupts rise",
        lambda s: device(s).update(uio_events=s["before"]["devices"][0]["uio_events"] + 3),
        "interrupts s5u",
        "raised 3 interrupts",
    ),
    ("application gone", lambda s: s["after"]["application"].update(pid=None), "process", "does not run"),
    ("application restarted", lambda s: s["after"]["application"].update(pid=7), "process", "became 7"),
    ("guest rebooted", lambda s: s["after"].update(boot_id="x"), "process", "booted between the samples"),
    (
        "another program",
        lambda s: s["after"]["application"].update(executable="dpdk-testpmd"),
        "process",
        "the process is dpdk-testpmd",
    ),
    (
        "statistics of another process",
        lambda s: s["after"]["application"].update(telemetry_pid=4242),
        "process",
        "is process 4242's",
    ),
    ("no telemetry", lambda s: s["after"]["application"].update(telemetry_pid=None), "process", "no telemetry after"),
    ("no EAL arguments", lambda s: s["after"]["application"].update(eal_parameters=None), "EAL arguments", "not obse"),
    ("not isolated (not rebooted)", lambda s: s["after"].update(isolated_cpus=[]), "isolated CPUs", "not isolated"),
    ("no worker", lambda s: s["after"].update(workers=[]), "worker CPU 1", "no polling thread"),
    ("worker not bound", lambda s: worker(s).update(allowed_cpus=[0, 1]), "worker CPU 1", "no polling thread"),
    ("worker replaced", lambda s: worker(s).update(tid=1), "worker CPU 1", "not the thread of the first sample"),
    ("worker sleeps", sleeping, "worker CPU 1", "yielded 400 times"),
    ("worker's CPU idles", sleeping, "worker CPU 1", "does not use its CPU fully"),
    ("worker stands still", sleeping, "worker CPU 1", "of wall-clock time"),
    ("switches unknown", lambda s: worker(s).update(voluntary_switches=None), "worker CPU 1", "were not observed"),
    ("ran elsewhere", lambda s: worker(s).update(cpu=0), "worker CPU 1", "runs on CPU 0"),
    ("not alone", other_thread, "worker CPU 1", "shares CPU 1 with stress (77)"),
    (
        "samples too close",
        lambda s: worker(s).update(monotonic=s["before"]["workers"][0]["monotonic"] + 0.5),
        "worker CPU 1",
        "only 0.5 s apart",
    ),
    (
        "a second worker astray",
        lambda s: worker(s).update(allowed_cpus=[0]),
        "worker pmd-c01/id:8",
        "outside the polling",
    ),
    ("no cycles", lambda s: s["after"].update(cycles=[]), "polled packets", "not observed"),
    ("others handled them", lambda s: s["after"]["cycles"][0].update(packets=0), "polled packets", "handled elsewhere"),
    ("no busy cycle", lambda s: s["after"]["cycles"][0].update(busy=0), "polled packets", "no cycles on packets"),
    ("--no-huge", lambda s: s["after"].update(hugepages_mapped_kb=0), "hugepages", "maps no hugepages"),
    (
        "free pages not observed",
        lambda s: s["after"]["hugepages"][1].update(free=None),
        "hugepages",
        "but only 0 kB of the pools are in use",
    ),
    ("pool fell short", lambda s: s["after"]["hugepages"][1].update(total=100), "hugepages", "has 100 of 256 pages"),
    (
        "pool untouched",
        lambda s: s["after"]["hugepages"][1].update(free=256),
        "hugepages",
        "only 0 kB of the pools",
    ),
    ("nothing sent", unsent, "traffic uplink", "nobody answers ARP"),
    ("nothing sent, nothing dropped", unsent, "traffic wrong TEID", "no traffic seen"),
    ("half sent", lambda s: leg(s, "uplink").update(sent=100, received=100), "traffic uplink", "only 100 of 200 sent"),
    (
        "uplink lost",
        lambda s: leg(s, "uplink").update(received=199, lost=1),
        "traffic uplink",
        "1 of 200 lost",
    ),
    ("downlink twice", lambda s: leg(s, "downlink").update(duplicate=2), "traffic downlink", "2 arrived twice"),
    ("downlink changed", lambda s: leg(s, "downlink").update(corrupt=3), "traffic downlink", "3 arrived changed"),
    ("wrong TEID passes", lambda s: leg(s, "wrong TEID").update(received=1), "traffic wrong TEID", "1 packets came"),
    ("wrong source passes", lambda s: leg(s, "wrong source").update(corrupt=1), "traffic wrong source", "1 packets"),
    ("no downlink leg", lambda s: s["traffic"].remove(leg(s, "downlink")), "traffic downlink", "no traffic seen"),
    ("no uplink leg", lambda s: s["traffic"].remove(leg(s, "uplink")), "traffic uplink", "no traffic seen"),
]


@pytest.mark.parametrize(("change", "name", "reason"), [one[1:] for one in CONTROLS], ids=[one[0] for one in CONTROLS])
def test_each_change_for_the_worse_fails(
    change: Change, name: str, reason: str, good: Sample, expected: Expected
) -> None:
    change(good)
    result = verdict(good, expected)
    assert reason in failed(result).get(name, "the row passed")
    assert not result["proved"]


@pytest.mark.parametrize(
    "word",
    ["--no-huge", "--no-pci", "--vdev", "--vdev=net_tap0", "net_af_packet0,iface=eth1", "net_null0", "net_ring0"],
)
def test_eal_arguments_that_fake_something_fail(word: str, good: Sample, expected: Expected) -> None:
    good["after"]["application"]["eal_parameters"].append(word)
    assert word in failed(verdict(good, expected))["EAL arguments"]


@pytest.mark.parametrize("word", ["--in-memory", "--huge-dir=/dev/hugepages", "-a", "0000:00:04.0"])
def test_other_eal_arguments_pass(word: str, good: Sample, expected: Expected) -> None:
    good["after"]["application"]["eal_parameters"].append(word)
    assert verdict(good, expected)["proved"]


def test_no_two_negative_legs_are_needed_but_one_is(good: Sample, expected: Expected) -> None:
    good["traffic"].remove(leg(good, "wrong source"))
    assert "not run" not in str(failed(verdict(good, expected)))
    good["traffic"].remove(leg(good, "wrong TEID"))
    assert failed(verdict(good, expected))["traffic wrong TEID"] == "no traffic seen: not proved"


def test_nothing_is_proved_without_samples(good: Sample, expected: Expected) -> None:
    result = judge(None, good["after"], good["traffic"], expected)
    assert failed(result) == {"samples": "no sample before the traffic"}
    assert not result["proved"]


def test_an_observation_that_failed_is_a_row(good: Sample, expected: Expected) -> None:
    result = verdict(good, expected, ["Sample the guest: no route to host"])
    assert failed(result) == {"observation": "Sample the guest: no route to host"}


def test_a_vanished_guest_never_passes(expected: Expected) -> None:
    result = judge({}, {}, [], expected)
    assert not result["proved"]
    assert set(failed(result)) == {"samples", "traffic uplink", "traffic downlink", "traffic wrong TEID"}


def test_wrong_outer_checksums_fail_where_they_are_asked_for(good: Sample, expected: Expected) -> None:
    assert leg(good, "downlink")["bad_outer_checksum"] == 200
    strict = dataclasses.replace(expected, outer_checksum=True)
    assert "200 G-PDUs have a wrong outer UDP checksum" in failed(verdict(good, strict))["traffic downlink"]
    remark = next(row for row in verdict(good, expected)["evidence"] if row["name"] == "traffic downlink")
    assert (remark["verdict"], "200 G-PDUs" in remark["reason"]) == ("pass", True)


def test_loss_may_be_allowed(good: Sample, expected: Expected) -> None:
    leg(good, "uplink").update(received=198, lost=2)
    next(one for one in good["after"]["ports"] if one["name"] == "0000:00:05.0")["counters"]["opackets"] -= 2
    assert failed(verdict(good, dataclasses.replace(expected, frame_loss_tolerance=2))) == {}
    assert "traffic uplink" in failed(verdict(good, dataclasses.replace(expected, frame_loss_tolerance=1)))


def test_a_device_that_no_traffic_goes_through_is_not_proved(good: Sample, expected: Expected) -> None:
    elsewhere = dataclasses.replace(expected, sides={"s5u": "s5u", "sgi": "other"})
    reasons = failed(verdict(good, elsewhere))
    assert "no traffic seen" in reasons["counters sgi"]
    assert "no traffic seen" in reasons["interrupts sgi"]


def test_a_polling_cpu_without_a_thread_is_not_proved(good: Sample, expected: Expected) -> None:
    reasons = failed(verdict(good, dataclasses.replace(expected, polling_cpus=(1, 2))))
    assert "no polling thread" in reasons["worker CPU 2"]
    assert "CPU 2 not isolated" in reasons["isolated CPUs"]


def test_no_description_proves_nothing(good: Sample, expected: Expected) -> None:
    empty = dataclasses.replace(expected, polling_cpus=(), hugepages=(), devices=())
    assert {"isolated CPUs", "hugepages"} <= set(failed(verdict(good, empty)))


def on_nodes(sample: Sample, *totals: int) -> None:
    sample["after"]["node_hugepages"] = [
        {"node": node, "size_kb": 2048, "total": total, "free": 0} for node, total in enumerate(totals)
    ]


def test_pools_of_nodes_are_looked_for_on_their_nodes(good: Sample, expected: Expected) -> None:
    pools = [{"size_kb": 2048, "count": 128, "node": 0}, {"size_kb": 2048, "count": 128, "node": 1}]
    asked = dataclasses.replace(expected, hugepages=tuple(pools))
    on_nodes(good, 128, 128)
    assert failed(verdict(good, asked)) == failed(verdict(good, expected))
    # As many pages in all, and all of them on one node.
    on_nodes(good, 256, 0)
    (row,) = [row for row in verdict(good, asked)["evidence"] if row["name"] == "hugepages"]
    assert row["reason"] == "the pool of 2048 kB pages on NUMA node 1 has 0 of 128 pages"
    del good["after"]["node_hugepages"]
    assert "hugepages" in failed(verdict(good, asked))
