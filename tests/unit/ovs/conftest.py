# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest whose switch runs as described: Debian 12 with OVS 3.1.0, and the database as ovs-vsctl printed it there."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._ovs.observe import ALTERNATIVE, DPDK_BUILD, PID_FILE
from tests.unit.ovs.recorded_switch import answering

RECORDED = Path(__file__).parent / "recorded"


@pytest.fixture
def guest(tmp_path: Path) -> Guest:
    """The recorded guest: its database, and a process that runs the DPDK build."""
    for path, text in {
        PID_FILE: "1741\n",
        "/proc/1741/stat": f"1741 (ovs-vswitchd) S {' '.join(['0'] * 18)} 250739 0 0\n",
        DPDK_BUILD: "",
        "/etc/nfv-vsphere-dpdk/ovs_dpdk.json": '{"other_config": {}}\n',
    }.items():
        file = tmp_path / path[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    for path in (ALTERNATIVE, "/proc/1741/exe"):
        link = tmp_path / path[1:]
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(DPDK_BUILD)
    return Guest(answering(0, (RECORDED / "ovs_tables.jsonl").read_text(), ""), str(tmp_path))
