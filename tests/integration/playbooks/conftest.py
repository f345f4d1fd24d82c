"""deploy_pgw.yml, as shipped, against a lab vCenter without guests."""

from __future__ import annotations

import json
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.control import Control
from lab.testing.descriptions import description
from lab.testing.vcenter import VCenter
from tests.support.playbook import Run, run_playbook

DATAPLANE = description(
    cpu={"exclusivity": "latency_sensitivity"}, memory={"reserve_all": True, "host_page_size": "1G"}
)
PGW = {
    "pgw_s5u": {"adapter": "s5u", "address": "198.18.1.1/24"},
    "pgw_sgi": {"adapter": "sgi", "address": "198.18.2.1/24", "next_hop": "198.18.2.2"},
    "pgw_sessions": [
        {
            "name": "ue-1",
            "ue_address": "198.19.0.1",
            "local_teid": 4097,
            "peer_teid": 8193,
            "peer_address": "198.18.1.2",
        }
    ],
}


@dataclass(frozen=True)
class Deployment:
    """deploy_pgw with an inventory of its own."""

    vsphere: t.Mapping[str, t.Any]
    control: Control
    directory: Path

    def run(
        self,
        *arguments: str,
        playbook: str = "nfv.vsphere_dpdk.deploy_pgw",
        hosts: t.Sequence[str] = ("pgw-1",),
        own: t.Mapping[str, t.Mapping[str, t.Any]] | None = None,
        **changes: t.Any,
    ) -> Run:
        """Run a playbook on hosts with the lab's variables, changed by ``changes``, and by ``own`` for each host."""
        # Tests run side by side: none must find the reports of another.
        fixed = {"nfv_dataplane": DATAPLANE, "nfv_report_dir": str(self.directory / "reports")}
        variables = {**self.vsphere, **PGW, **fixed, **changes}
        inventory = self.directory / "inventory.json"
        of_hosts = {
            **dict.fromkeys(hosts, variables),
            **{name: {**variables, **one} for name, one in (own or {}).items()},
        }
        inventory.write_text(json.dumps({"pgw": {"hosts": of_hosts}}))
        return run_playbook(playbook, [inventory], *arguments, timeout=300)


@pytest.fixture
def fresh_vcenter(start_vcenter: t.Callable[[], VCenter]) -> VCenter:
    """A vCenter of the test's own that has had no call yet."""
    return start_vcenter()


@pytest.fixture
def deployment(fresh_vcenter: VCenter, tmp_path: Path) -> Deployment:
    """A deployment in the fresh vCenter."""
    vsphere = {
        "vsphere_hostname": "localhost",
        "vsphere_port": fresh_vcenter.port,
        "vsphere_username": fresh_vcenter.username,
        "vsphere_password": fresh_vcenter.password,
        "vsphere_ca_path": str(fresh_vcenter.ca_path),
        "vsphere_datacenter": "nfv-dc",
        "vsphere_cluster": "nfv-a",
        "vsphere_template": "debian-12-dpdk",
        "vsphere_template_folder": "/nfv-dc/vm/templates",
        # Other tests look before a deployment; here it would cost each of them five seconds.
        "nfv_readiness": "skip",
    }
    return Deployment(vsphere, Control(fresh_vcenter.control_socket), tmp_path)
