# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole run of the playbook drift on vSphere's side, by the number of hosts, as the run's own report times it.

The reports stay in reports/fleet_playbook: their `stages` say what took longest (docs/run_report.md).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_dataplane import converge
from bench import ROOT
from bench.lab_vcenter import DATACENTER, FleetVCenter, description, fleet_vcenter
from bench.model import Measurement, Size

if t.TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("playbook_drift_1_s", "playbook_drift_100_s", "playbook_drift_1000_s")
REPORTS: t.Final = ROOT / "reports" / "fleet_playbook"


def measure(size: Size) -> Iterator[Measurement]:
    """Measures runs that look at every VM and find nothing."""
    with fleet_vcenter(size.vms) as vcenter, tempfile.TemporaryDirectory(prefix="nfv-drift-") as name:
        converge(vcenter.params(description()), vcenter.connection, check_mode=False)
        drift = _Drift(vcenter, Path(name))
        for measurement, hosts in zip(NAMES, (1, min(100, size.vms), size.vms)):
            yield Measurement(measurement, drift.run(hosts), "s")


class _Drift:
    """Runs the playbook on the first VMs of a fleet."""

    def __init__(self, vcenter: FleetVCenter, directory: Path) -> None:
        self._vcenter = vcenter
        self._directory = directory
        namespace = directory / "ansible_collections" / "nfv"
        namespace.mkdir(parents=True)
        (namespace / "vsphere_dpdk").symlink_to(ROOT)
        (directory / "ansible.cfg").write_text("[defaults]\nlocalhost_warning = false\n", encoding="utf-8")

    def run(self, hosts: int) -> float:
        """Returns the seconds of the run. Raises RuntimeError unless it has looked at every VM and found nothing."""
        connection, reports = self._vcenter.connection, REPORTS / str(hosts)
        variables = {
            "nfv_dataplane": description(),
            "drift_sides": ["vsphere"],
            "nfv_report_dir": str(reports),
            "vsphere_hostname": connection.hostname,
            "vsphere_port": connection.port,
            "vsphere_username": connection.username,
            "vsphere_password": connection.password,
            "vsphere_ca_path": connection.ca_path,
            "vsphere_datacenter": DATACENTER,
        }
        inventory = self._directory / "hosts.json"
        group = {"hosts": {name: {} for name in self._vcenter.names[:hosts]}, "vars": variables}
        inventory.write_text(json.dumps({"fleet": group}), encoding="utf-8")
        environment = {
            **os.environ,
            "ANSIBLE_CONFIG": str(self._directory / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(self._directory),
        }
        command = [
            str(Path(sys.executable).parent / "ansible-playbook"),
            "-i",
            str(inventory),
            "nfv.vsphere_dpdk.drift",
        ]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stdout[-3000:] + done.stderr[-2000:])
        report = json.loads((reports / "run.json").read_text(encoding="utf-8"))
        looked = [host for host in report["hosts"].values() if host["looked"]["vsphere"]]
        if (report["outcome"], len(looked)) != ("clean", hosts):
            raise RuntimeError(f"{report['message']}; looked at {len(looked)} of {hosts}")
        taken: float = report["seconds"]
        return taken
