# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A recorded guest that polls, with what its surroundings tell beside it."""

from __future__ import annotations

import json
import random
import typing as t
from pathlib import Path

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.hdr_histogram import encoded
from tests.unit.evidence.test_poll_mode import EXPECTED

_RECORDED = Path(__file__).parents[1] / "evidence/recorded/good.json"
Data = dict[str, t.Any]

DIGEST = f"sha256:{'0123456789abcdef' * 4}"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
PROVENANCE = {
    "versions": {"nfv.vsphere_dpdk": "1.0.0", "ansible-core": "2.19.4", "Python": "3.11.2"},
    "commit": COMMIT,
}
AROUND: Data = {
    **EXPECTED,
    "adapters": [
        {"name": name, "network": network, "type": "vmxnet3", "connected": True, "mac": f"00:50:56:01:0a:0{last}"}
        for name, network, last in (("mgmt", "PG-Mgmt", 1), ("s5u", "PG-S5U", 2), ("sgi", "PG-SGi", 3))
    ],
    "surroundings": {
        "sender": "tester-1",
        "interfaces": {"s5u": "eth1", "sgi": "eth2"},
        "networks": {"s5u": "PG-S5U", "sgi": "PG-SGi"},
    },
    "description": DIGEST,
}


def polled() -> Data:
    """What was observed of it: the recorded samples, with what newer ones have beside that."""
    found: Data = json.loads(_RECORDED.read_text())
    for sample in (found["before"], found["after"]):
        sample["kernel"] = "6.1.0-40-amd64"
        sample["application"]["version"] = "DPDK 22.11.9"
        for one in (*sample["devices"], *sample["workers"]):
            one["numa_node"] = 0
    for number, stream in enumerate(found["traffic"]):
        values = random.Random(number)  # noqa: S311 - no secret
        latencies = [round(values.lognormvariate(16, 0.4)) for _number in range(stream["received"])]
        stream["latency_histogram"] = encoded(latencies) if latencies else None
    return found
