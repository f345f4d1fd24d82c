# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A valid user plane to mangle, and the flows of a real guest (Debian 12, OVS 3.1.0)."""

from __future__ import annotations

import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.model import UserPlane

RECORDED = Path(__file__).parent / "recorded"


@pytest.fixture
def variables() -> dict[str, t.Any]:
    return {
        "s5u": {"adapter": "s5u", "address": "198.18.1.1/24"},
        "sgi": {
            "adapter": "sgi",
            "address": "198.18.2.1/24",
            "next_hop": "198.18.2.2",
            "ipv6_address": "2001:db8:2::1/64",
            "ipv6_next_hop": "2001:db8:2::2",
        },
        "sessions": [
            {
                "name": f"ue-{number}",
                "imsi": f"00101000000000{number}",
                "ue_address": f"198.19.0.{number}",
                "local_teid": 4096 + number,
                "peer_teid": 8192 + number,
                "peer_address": "198.18.1.2",
                **more,
            }
            for number, more in (
                (1, {}),
                (2, {"ue_ipv6_prefix": "2001:db8:1:2::/64", "uplink_kbps": 2000, "downlink_kbps": 4000}),
            )
        ],
        "path_management": {"echo_interval": 60, "response_seconds": 3, "echo_requests": 5},
    }


@pytest.fixture
def plane(variables: dict[str, t.Any]) -> UserPlane:
    return UserPlane.of(**variables)


@pytest.fixture
def dump() -> str:
    """The flows of the SGi bridge with these sessions, as OVS 3.1.0 printed them after some traffic."""
    return (RECORDED / "br-sgi.dump").read_text()
