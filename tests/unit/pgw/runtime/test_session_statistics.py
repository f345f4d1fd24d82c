# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statistics add up by peer and by reason, and Prometheus can read them."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.flow_dump import MeterReading, carried
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.openflow_meters import MeterCount
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.session_statistics import (
    UNREADABLE,
    parse_names,
    parse_status,
    statistics,
    textfile,
)
from tests.support.exposition import parse

NAMES = {"198.19.0.1": 'the "first"', "198.19.0.2": "ue-2"}
STATUS = {
    "counters": {"echo_requests_received": 4},
    "peers": {"198.18.1.2": {"state": "up"}, "198.18.1.9": {"state": "down"}},
}


def test_sums(dump: str) -> None:
    reading = MeterReading({16: 2000, 17: 4000}, {2: MeterCount(2, 0), 16: MeterCount(7, 3), 17: MeterCount(3, 1)})
    found = statistics(carried(dump, NAMES, reading), STATUS)
    assert found["dropped"] == {
        "uplink": 9,
        "downlink": 5,
        "unknown_teid": 3,
        "spoofed_source": 3,
        "wrong_source": 0,
        "strangers": 0,
        "unknown_destination": 2,
        "too_big": 2,
        "uplink_too_big": 0,
        "over_rate": 4,
    }
    peer = found["peers"]["198.18.1.2"]
    assert (peer["state"], peer["sessions"], peer["uplink_packets"], peer["downlink_packets"]) == ("up", 2, 14, 5)
    assert found["peers"]["198.18.1.9"] == {"state": "down"}


def test_text_for_prometheus(dump: str) -> None:
    found = parse(textfile(statistics(carried(dump, NAMES), STATUS)))
    assert found["nfv_pgw_up"].value() == 1
    assert found["nfv_pgw_session_packets_total"].value(session='the "first"', direction="uplink") == 7
    assert found["nfv_pgw_peer_packets_total"].value(peer="198.18.1.2", direction="uplink") == 14
    assert found["nfv_pgw_peer_state"].value(peer="198.18.1.9") == 0
    assert found["nfv_pgw_sessions"].value() == 2
    # A peer that no session uses has no packets; saying 0 would be a reset of a counter that there never was.
    assert ("peer", "198.18.1.9") not in {
        label for labels in found["nfv_pgw_peer_packets_total"].samples for label in labels
    }


def test_session_without_a_name_is_told_by_its_address(dump: str) -> None:
    lines = "\n".join(line for line in dump.splitlines() if "nw_" not in line)
    (labels, *_rest) = parse(textfile(statistics(carried(lines, {}), {})))["nfv_pgw_session_packets_total"].samples
    assert ("session", "2001:db8:1:2::/64") in labels


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (None, {}),
        ("{", {}),
        ("[" * 100_000, {}),
        ("[]", {}),
        ('{"198.19.0.1": "ue-1", "198.19.0.2": 7}', {"198.19.0.1": "ue-1"}),
    ],
)
def test_damaged_names_cost_names_only(text: str | None, names: dict[str, str]) -> None:
    """The next run writes the file anew, because it differs from what is wanted."""
    assert parse_names(text) == names


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (None, ({}, {})),
        ("{", ({}, {})),
        ("[" * 100_000, ({}, {})),
        ("[]", ({}, {})),
        ('{"peers": [], "counters": 7}', ({}, {})),
        ('{"peers": {"a": {"state": "odd"}, "b": 1, "c": {"state": "up"}}}', ({"c": {"state": "up"}}, {})),
        ('{"counters": {"a": 1, "b": "x", "c": true}}', ({}, {"a": 1})),
    ],
)
def test_malformed_status_of_the_daemon_costs_its_figures_alone(text: str | None, known: t.Any) -> None:
    found = parse_status(text)
    assert (found["peers"], found["counters"]) == known
    textfile(statistics(carried("", {}), found))


def test_what_stands_in_the_place_of_an_unreadable_switch() -> None:
    assert {name: family.value() for name, family in parse(UNREADABLE).items()} == {"nfv_pgw_up": 0}


@pytest.mark.parametrize(
    "text",
    [
        "nfv_pgw_up 1\n",
        "# HELP a b\n# TYPE a gauge\na 1",
        "# HELP a b\n# TYPE a gauge\na 1\na 2\n",
        "# HELP a b\n# TYPE a counter\na 1\n",
        '# HELP a b\n# TYPE a gauge\na{b="c"d"} 1\n',
        '# HELP a b\n# TYPE a gauge\na{b="c"} one\n',
        "# TYPE a gauge\na 1\n",
    ],
)
def test_wrong_exposition_is_refused(text: str) -> None:
    """The control of what the tests above read with."""
    with pytest.raises(ValueError, match=r"line|ended"):
        parse(text)
