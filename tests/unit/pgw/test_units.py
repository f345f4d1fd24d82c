# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The units start with the switch, and the timer exists only with statistics."""

from __future__ import annotations

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.layout import TIMER_FILE, UNIT_FILE
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.model import StatisticsExport
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.units import exported_textfile, unit_files


def test_unit_is_bound_to_the_switch() -> None:
    unit = unit_files(None)[UNIT_FILE]
    assert "BindsTo=ovs-vswitchd.service" in unit
    assert "WantedBy=ovs-vswitchd.service" in unit
    assert unit.index("br-sgi.flows") < unit.index("-batch")


def test_timer_exists_only_with_statistics() -> None:
    files = unit_files(StatisticsExport("/var/lib/prometheus/node-exporter", 30))
    assert "OnUnitInactiveSec=30s" in files[TIMER_FILE]
    assert exported_textfile(files) == "/var/lib/prometheus/node-exporter/nfv_pgw.prom"
    assert TIMER_FILE not in unit_files(None)
    assert exported_textfile({}) is None
