# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A valid description to mangle."""

from __future__ import annotations

import typing as t

import pytest

from lab.testing.descriptions import adapter, hugepages
from lab.testing.descriptions import description as complete_description


@pytest.fixture
def description() -> dict[str, t.Any]:
    return complete_description(
        cpu={"count": 4, "polling": "2-3", "exclusivity": "latency_sensitivity"},
        memory={"size_mb": 4096, "reserve_all": True, "host_page_size": "1G", "hugepages": hugepages(1024)},
        adapters=[adapter("mgmt"), adapter("s5u", queues=1), adapter("sgi", queues=1)],
        placement={"cluster": "nfv-a", "numa": "auto", "keep_apart_from": "pgw"},
    )
