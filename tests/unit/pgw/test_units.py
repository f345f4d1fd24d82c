# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses and sessions start with the switch, the timer exists only with statistics, and no unit may do much."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.layout import (
    DAEMON_UNIT_FILE,
    EXPORT_UNIT_FILE,
    TIMER_FILE,
    UNIT_FILE,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.model import StatisticsExport
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.units import exported_textfile, unit_files

EXPORT = StatisticsExport("/var/lib/prometheus/node-exporter", 30)
SERVICES = (UNIT_FILE, DAEMON_UNIT_FILE, EXPORT_UNIT_FILE)


def test_unit_is_bound_to_the_switch() -> None:
    unit = unit_files(None)[UNIT_FILE]
    assert "BindsTo=ovs-vswitchd.service" in unit
    assert "WantedBy=ovs-vswitchd.service" in unit
    assert unit.index("br-sgi.flows") < unit.index("-batch")


def test_timer_exists_only_with_statistics() -> None:
    files = unit_files(EXPORT)
    assert "OnUnitInactiveSec=30s" in files[TIMER_FILE]
    assert exported_textfile(files) == "/var/lib/prometheus/node-exporter/nfv_pgw.prom"
    assert TIMER_FILE not in unit_files(None)
    assert exported_textfile({}) is None


@pytest.mark.parametrize("path", SERVICES)
def test_no_start_is_ever_the_last(path: str) -> None:
    """systemd gives up after five starts in ten seconds unless told otherwise (systemd.unit(5))."""
    section = unit_files(EXPORT)[path].partition("[Unit]")[2].partition("[Service]")[0]
    assert "StartLimitIntervalSec=0" in section.splitlines()


def test_daemon_has_a_user_of_its_own_and_starts_again() -> None:
    lines = unit_files(None)[DAEMON_UNIT_FILE].splitlines()
    assert {"DynamicUser=yes", "AmbientCapabilities=CAP_NET_RAW", "Restart=always"} <= set(lines)


# systemd-analyze's exposure times ten: "OK" ends at 50. What costs most is to be root and to write where others own.
@pytest.mark.parametrize(("path", "most"), [(UNIT_FILE, 40), (DAEMON_UNIT_FILE, 20), (EXPORT_UNIT_FILE, 30)])
def test_systemd_knows_every_setting_and_grants_little(path: str, most: int, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.fail("missing: systemd-analyze (make setup)")
    unit = tmp_path / Path(path).name
    unit.write_text(unit_files(EXPORT)[path])
    for name in ("ovs-vswitchd.service", "nfv-pgw.service", "nfv-pgw-path.service"):
        if not (tmp_path / name).exists():
            (tmp_path / name).write_text("[Service]\nExecStart=/bin/true\n")
    verified = analyzed("verify", "--man=no", "--recursive-errors=one", str(unit))
    assert [line for line in verified.stderr.splitlines() if unit.name in line] == []
    judged = analyzed("security", "--offline=yes", f"--threshold={most}", "--no-pager", str(unit))
    assert judged.returncode == 0, judged.stdout + judged.stderr


def test_analysis_sees_a_setting_that_is_not_there(tmp_path: Path) -> None:
    """The control: a misspelt setting is told, and a unit without any is refused."""
    unit = tmp_path / "bare.service"
    unit.write_text("[Service]\nExecStart=/bin/true\nPrivateDevice=yes\n")
    assert "PrivateDevice" in analyzed("verify", "--man=no", str(unit)).stderr
    assert analyzed("security", "--offline=yes", "--threshold=50", "--no-pager", str(unit)).returncode != 0


def analyzed(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False, timeout=60)
