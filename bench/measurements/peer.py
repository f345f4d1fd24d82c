# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One task over a fleet, against vmware.vmware.vm looped over some of the VMs: seconds per VM, Ansible included."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import typing as t
from pathlib import Path

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.sdk import vim
from bench import ROOT
from bench.lab_vcenter import DATACENTER, FleetVCenter, description, fleet_vcenter
from bench.model import Measurement, Size, at_least, seconds, side_by_side

if t.TYPE_CHECKING:
    from collections.abc import Iterator

NAMES = ("peer_noop_ratio", "peer_change_ratio")
CPUS = (2, 4)


def measure(size: Size) -> Iterator[Measurement]:
    """How many times as long the peer takes per VM, for the settings that both know."""
    with fleet_vcenter(size.vms) as vcenter, tempfile.TemporaryDirectory(prefix="nfv-peer-") as name:
        play = _Playbooks(vcenter, Path(name), size.peer_vms)
        play.ours(CPUS[0])
        play.peers(CPUS[0])  # it also sets what is off already, where vSphere shows it as unset
        noop = side_by_side(play.our_noop, play.peers_noop, size.runs)
        change = side_by_side(play.our_change, play.peers_change, size.runs)
    yield noop.inverse("peer_noop_ratio", at_least(150))
    yield change.inverse("peer_change_ratio", at_least(60))


class _Playbooks:
    """Both sides as playbooks; each returns its seconds per VM."""

    def __init__(self, vcenter: FleetVCenter, directory: Path, peer_vms: int) -> None:
        self._vcenter = vcenter
        self._directory = directory
        self._names = vcenter.names[:peer_vms]
        self._turn = 0
        namespace = directory / "ansible_collections" / "nfv"
        namespace.mkdir(parents=True)
        (namespace / "vsphere_dpdk").symlink_to(ROOT)
        (directory / "ansible.cfg").write_text("[defaults]\nlocalhost_warning = false\n", encoding="utf-8")

    def ours(self, cpus: int) -> float:
        """All VMs in one task."""
        options = self._vcenter.params(description(cpus))
        task = {"nfv.vsphere_dpdk.vm_dataplane": {**self._vcenter.connection_options(), **options}}
        return self._run(task) / len(self._vcenter.names)

    def peers(self, cpus: int) -> float:
        """The peer's module, once for each VM."""
        connection = self._vcenter.connection
        wanted = description(cpus)
        task = {
            "vmware.vmware.vm": {
                "hostname": connection.hostname,
                "port": connection.port,
                "username": connection.username,
                "password": connection.password,
                "datacenter": DATACENTER,
                "name": "{{ item }}",
                "cpu": {"cores": cpus, "enable_hot_add": False},
                "memory": {
                    "size_mb": wanted["memory"]["size_mb"],
                    "enable_hot_add": False,
                    "reserve_all_memory": True,
                },
            },
            "loop": list(self._names),
        }
        return self._run(task) / len(self._names)

    def our_noop(self) -> float:
        """A run of this collection without changes."""
        return self._counted(lambda: self.ours(CPUS[0]), at_most=0)

    def peers_noop(self) -> float:
        """A run without changes, on the peer's side."""
        return self._counted(lambda: self.peers(CPUS[0]), at_most=0)

    def our_change(self) -> float:
        """A number of CPUs other than last time's; the peer may have given it to some VMs in between."""
        self._turn += 1
        least = len(self._vcenter.names) - len(self._names)
        return self._counted(lambda: self.ours(CPUS[self._turn % 2]), at_least=least)

    def peers_change(self) -> float:
        """A number of CPUs other than the VMs', whoever changed them last."""
        with self._vcenter.open(closed_for_writes=True) as client:
            found = client.in_view({vim.VirtualMachine: ["name", "config.hardware.numCPU"]})
        there = next(each["config.hardware.numCPU"] for _vm, each in found if each["name"] == self._names[0])
        cpus = CPUS[0] if there == CPUS[1] else CPUS[1]
        return self._counted(lambda: self.peers(cpus), at_least=len(self._names))

    def _counted(self, work: t.Callable[[], float], at_least: int = 0, at_most: float = float("inf")) -> float:
        """Runs the work, and asserts the number of reconfigurations."""
        self._vcenter.control.reset_calls()
        taken = work()
        assert at_least <= self._vcenter.control.calls().get("ReconfigVM_Task", 0) <= at_most
        return taken

    def _run(self, task: dict[str, t.Any]) -> float:
        playbook = self._directory / "playbook.yml"
        playbook.write_text(json.dumps([{"hosts": "localhost", "gather_facts": False, "tasks": [task]}]))
        authority = str(self._vcenter.connection.ca_path)
        environment = {
            **os.environ,
            "ANSIBLE_CONFIG": str(self._directory / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(self._directory),
            # vmware.vmware takes a certificate authority from the environment only.
            "SSL_CERT_FILE": authority,
            "REQUESTS_CA_BUNDLE": authority,
        }
        command = [str(Path(sys.executable).parent / "ansible-playbook"), str(playbook)]

        def play() -> None:
            done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
            if done.returncode != 0:
                raise RuntimeError(done.stdout[-3000:] + done.stderr[-2000:])

        return seconds(play)
