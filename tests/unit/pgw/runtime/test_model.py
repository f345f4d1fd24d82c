# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Meters keep their numbers."""

from __future__ import annotations

import dataclasses

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.model import (
    UserPlane,
    allocate_meters,
    session_rates,
)
from tests.unit.pgw.recorded_plane import ALLOCATED


def test_meters_keep_their_numbers_and_new_ones_fill_the_gaps(plane: UserPlane) -> None:
    assert allocate_meters(session_rates(plane), {}) == ALLOCATED
    more = dataclasses.replace(plane.sessions[0], uplink_kbps=1)
    before = {"198.19.0.2 uplink": 18, "198.19.0.2 downlink": 16, "198.19.0.7 uplink": 17}
    after = allocate_meters(session_rates(dataclasses.replace(plane, sessions=(more, plane.sessions[1]))), before)
    assert after == {"198.19.0.2 uplink": 18, "198.19.0.2 downlink": 16, "198.19.0.1 uplink": 17}
