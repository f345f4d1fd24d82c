# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tester between a PGW's networks."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.gtpu import (
    GatewaySegment,
    GtpuProbe,
    ProbeSession,
)


@pytest.fixture(scope="session")
def probe() -> GtpuProbe:
    return GtpuProbe(
        run=0x0123456789ABCDEF,
        s5u=GatewaySegment("02:00:00:00:01:02", "198.18.1.2", "00:50:56:01:00:02", "198.18.1.1"),
        sgi=GatewaySegment("02:00:00:00:02:02", "198.18.2.2", "00:50:56:01:00:03", "198.18.2.1"),
        sessions=(
            ProbeSession("ue-1", "198.19.0.1", 4097, 8193, "198.18.1.2"),
            ProbeSession("ue-2", "198.19.0.2", 4098, 8194, "198.18.1.2"),
        ),
        size=128,
    )
