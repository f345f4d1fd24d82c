"""deploy_pgw.yml, as shipped, against a lab vCenter without guests."""

from __future__ import annotations

import copy
import json
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.playbook import Run, run_playbook
from tests.support.vcenter import VCenter, running_vcenter

DATAPLANE: dict[str, t.Any] = {
    "cpu": {"count": 2, "polling": "1", "exclusivity": "latency_sensitivity"},
    "memory": {
        "size_mb": 2048,
        "reserve_all": True,
        "host_page_size": "1G",
        "hugepages": [{"size": "2M", "amount_mb": 512}],
    },
    "adapters": [
        {"name": "mgmt", "network": "PG-Mgmt", "driver": "kernel"},
        {"name": "s5u", "network": "PG-S5U", "driver": "pmd"},
        {"name": "sgi", "network": "PG-SGi", "driver": "pmd"},
    ],
}
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

    vcenter: VCenter
    directory: Path

    def run(self, *arguments: str, **changes: t.Any) -> Run:
        """Deploy host pgw-1 with the lab's variables, changed by ``changes``."""
        variables = {**self.vcenter.variables, **PGW, "nfv_dataplane": copy.deepcopy(DATAPLANE), **changes}
        inventory = self.directory / "inventory.json"
        hosts = {"pgw-1": {name: value for name, value in variables.items() if value is not None}}
        inventory.write_text(json.dumps({"pgw": {"hosts": hosts}}))
        return run_playbook("nfv.vsphere_dpdk.deploy_pgw", [inventory], *arguments, timeout=300)


@pytest.fixture(scope="session")
def vcenter() -> t.Iterator[VCenter]:
    with running_vcenter() as running:
        yield running


@pytest.fixture
def deployment(vcenter: VCenter, tmp_path: Path) -> Deployment:
    vcenter.control.reset()
    return Deployment(vcenter, tmp_path)
