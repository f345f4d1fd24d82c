# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Statistics add up by peer and by reason, and Prometheus can read them."""

from __future__ import annotations

import re

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.meters import Passed
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.sessions_read import Metering, carried
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.sessions_statistics import statistics, textfile

NAMES = {"198.19.0.1": 'the "first"', "198.19.0.2": "ue-2"}
STATUS = {
    "counters": {"echo_requests_received": 4},
    "peers": {"198.18.1.2": {"state": "up"}, "198.18.1.9": {"state": "down"}},
}


def test_sums(dump: str) -> None:
    metering = Metering({16: 2000, 17: 4000}, {2: Passed(2, 0), 16: Passed(7, 3), 17: Passed(3, 1)})
    found = statistics(carried(dump, NAMES, metering), STATUS)
    assert found["dropped"] == {
        "uplink": 9,
        "downlink": 5,
        "unknown_teid": 3,
        "spoofed_source": 3,
        "unknown_destination": 2,
        "too_big": 2,
        "over_rate": 4,
    }
    peer = found["peers"]["198.18.1.2"]
    assert (peer["state"], peer["sessions"], peer["uplink_packets"], peer["downlink_packets"]) == ("up", 2, 14, 5)
    assert found["peers"]["198.18.1.9"] == {"state": "down"}


def test_text_for_prometheus(dump: str) -> None:
    text = textfile(statistics(carried(dump, NAMES), STATUS))
    assert r'nfv_pgw_session_packets_total{session="the \"first\"",direction="uplink"} 7' in text
    assert 'nfv_pgw_peer_state{peer="198.18.1.9"} 0' in text
    assert "nfv_pgw_sessions 2" in text
    sample = re.compile(r'^nfv_pgw_[a-z_]+(\{([a-z]+="([^"\\]|\\.)*",?)+\})? \d+$')
    assert all(line.startswith("#") or sample.match(line) for line in text.splitlines())
