# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of a deployment's proof: the path of the packets, their latencies, and what the proof is about."""

from __future__ import annotations

import copy
import html
import re
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.filter.poll_mode import poll_mode_report, poll_mode_verdict
from ansible_collections.nfv.vsphere_dpdk.plugins.filter.report import report_html
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.poll_mode.page import HostProof, poll_mode_page
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._report.poll_mode.path import MOST_COLUMNS
from tests.unit.evidence.test_poll_mode import CREATED, EXPECTED
from tests.unit.report.pages import Page
from tests.unit.report.polled import AROUND, COMMIT, DIGEST, PROVENANCE, Data, polled


def report(observed: Data | None = None, expected: Data | None = None, **more: t.Any) -> Data:
    verdict = poll_mode_verdict(polled() if observed is None else observed, expected or AROUND)
    return poll_mode_report({"pgw-1": {**verdict, **more}}, ["pgw-1"], CREATED, provenance=PROVENANCE)


def host(data: Data) -> HostProof:
    (found,) = poll_mode_page(data).hosts
    return found


def texts(proof: HostProof, title: str) -> list[str]:
    """What stands in a picture."""
    (found,) = (one for one in proof.pictures if one.title == title)
    return [html.unescape(text) for text in re.findall(r"<text[^>]*>(.*?)</text>", found.svg.__html__())]


def test_the_path_goes_from_the_tester_to_the_tester() -> None:
    proof = host(report())
    path, latency = proof.pictures
    assert path.text.startswith(
        "uplink: tester-1, eth1 → PG-S5U → VMXNET3 s5u on NUMA node 0 → net_vmxnet3, port 0"
        " → ovs-vswitchd-dpdk on CPU 1 (NUMA node 0) → net_vmxnet3, port 1 → VMXNET3 sgi on NUMA node 0 → PG-SGi"
        " → tester-1, eth2; 200 of 200 packets arrived. downlink: tester-1, eth2 → PG-SGi → "
    )
    assert latency.title == "Latency"
    assert texts(proof, "Path of the packets") == [
        *("guest pgw-1", "ovs-vswitchd-dpdk", "lcores: CPU 1 (NUMA node 0)", "DPDK 22.11.9"),
        *("net_vmxnet3, port 0", "uio_pci_generic", "net_vmxnet3, port 1", "uio_pci_generic"),
        *("VMXNET3 s5u", "0000:00:04.0", "NUMA node 0", "00:50:56:01:0a:02"),
        *("VMXNET3 sgi", "0000:00:05.0", "NUMA node 0", "00:50:56:01:0a:03"),
        *("port group", "PG-S5U", "port group", "PG-SGi", "tester-1", "eth1 to s5u, eth2 to sgi"),
    ]


def arrows(proof: HostProof, colour: int) -> list[bool]:
    """Whether each arrow of a direction points up, from left to right and from above to below."""
    (lanes,) = ([one for one in proof.pictures if one.title == "Path of the packets"],)
    found = re.findall(rf'<g class="series-{colour}">(.*?)</g>', lanes[0].svg.__html__())
    return [
        float(end) < float(start)
        for lane in found
        for start, end in re.findall(r'points="[\d.]+,([\d.]+) [\d.]+,([\d.]+)" stroke', lane)
    ]


def test_arrows_of_the_directions_go_opposite_ways() -> None:
    uplink, downlink = (arrows(host(report()), colour) for colour in (1, 2))
    assert uplink == [True] * 4 + [False] * 4
    assert downlink == [False] * 4 + [True] * 4


def test_what_is_not_known_is_said() -> None:
    proof = host(report(expected=EXPECTED))
    assert proof.adapters[0][:4] == ("s5u", "unknown", "unknown", "unknown")
    assert "sender unknown" in texts(proof, "Path of the packets")
    old = polled()
    for sample in (old["before"], old["after"]):
        del sample["kernel"], sample["application"]["version"], sample["workers"][0]["numa_node"]
    facts = dict(host(report(old)).facts)
    assert (facts["DPDK"], facts["Kernel"], facts["lcores"]) == ("unknown", "unknown", "CPU 1 (NUMA node unknown)")


def test_without_a_sender_no_arrow_is_drawn() -> None:
    passive = {**AROUND, "traffic": "passive", "sides": {}, "surroundings": {}}
    proof = host(report({**polled(), "traffic": []}, passive))
    (path,) = proof.pictures
    assert path.text == "No known packets were sent through ovs-vswitchd-dpdk."
    assert "no sender: whatever passes" in texts(proof, "Path of the packets")
    assert (arrows(proof, 1), proof.directions, dict(proof.facts)["Sender"]) == ([], (), "none")


def test_a_long_name_is_cut_off_in_the_picture_and_whole_in_the_table() -> None:
    long = copy.deepcopy(AROUND)
    long["adapters"][1]["network"] = "PG-of-a-name-that-no-box-has-room-for-at-all"
    proof = host(report(expected=long))
    assert "PG-of-a-name-that-no-box…" in texts(proof, "Path of the packets")
    assert proof.adapters[0][2] == long["adapters"][1]["network"]


def test_a_picture_has_room_for_some_adapters_and_the_table_for_all() -> None:
    many = copy.deepcopy(AROUND)
    for last in range(9):
        more = {"name": f"x{last}", "pci_address": f"0000:00:1{last}.0", "mac": f"00:50:56:01:0b:0{last}"}
        many["devices"].append(more)
    proof = host(report(expected=many))
    assert len(proof.adapters) == 11
    assert texts(proof, "Path of the packets").count("port group") == MOST_COLUMNS


def test_a_histogram_that_cannot_be_read_is_said() -> None:
    broken = polled()
    broken["traffic"][0]["latency_histogram"] = "HISTFAAA"
    (text,) = (one.text for one in host(report(broken)).pictures if one.title == "Latency")
    assert "uplink cannot be told, because its histogram cannot be read; downlink " in text
    for stream in broken["traffic"]:
        stream["latency_histogram"] = None
    assert [one.title for one in host(report(broken)).pictures] == ["Path of the packets"]


def test_provenance_and_the_description_are_told() -> None:
    page = Page(report_html(report(), "poll_mode"))
    for text in (
        "Version of nfv.vsphere_dpdk 1.0.0",
        "Version of ansible-core 2.19.4",
        "6.1.0-40-amd64",
        COMMIT,
        DIGEST,
    ):
        assert text in page.text
    nothing = Page(report_html(poll_mode_report({}, ["pgw-1"], CREATED, "[hosts_missing] none"), "poll_mode"))
    assert "Where this report comes from" not in nothing.text


def test_several_hosts_begin_with_a_table_of_all() -> None:
    verdict = poll_mode_verdict(polled(), AROUND)
    data = poll_mode_report({"pgw-1": verdict}, ["pgw-1", "pgw-2"], CREATED)
    text = Page(report_html(data, "poll_mode")).text
    assert "pgw-1 proved 22 of 22 uplink 200 of 200, downlink 200 of 200 pgw-2 not proved 0 of 1 –" in text
    assert "Evidence that holds" not in Page(report_html(report(), "poll_mode")).text


@pytest.mark.parametrize("key", ["path", "evidence", "traffic"])
def test_a_report_that_lacks_a_key_is_refused(key: str) -> None:
    data = report()
    del data["hosts"]["pgw-1"][key]
    with pytest.raises(Exception, match=f"this is no poll_mode report: '{key}'"):
        report_html(data, "poll_mode")
