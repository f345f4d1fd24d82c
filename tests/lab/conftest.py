"""The deployment that Molecule's scenario or `make deploy` left running in the lab."""

from __future__ import annotations

import contextlib
import json
import socket
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets
from lab import unix_http
from lab.control import Control
from lab.networks import inside
from lab.state import State, find_state
from lab.testing.bidirectional_traffic import PORT
from lab.testing.pgw_packets import PEER, SERVER
from tests.lab.gateway import Gateway
from tests.support.playbook import ROOT, Run, run_playbook

HERE = Path(__file__).parent
SABOTAGE = HERE / "sabotage"
SABOTAGES = ("kernel_driver", "af_packet_port")
# Fewer packets than a deployment sends: what fails here fails at once.
SHORT_PROOF = {"dpdk_verify_packets": 300, "dpdk_verify_pps": 200}


@dataclass(frozen=True)
class Verdict:
    """The result of one verification of pgw-1, from its report."""

    run: Run
    """The playbook's run."""
    status: str
    """The report's verdict: proved, running or failed."""
    rows: dict[str, dict[str, t.Any]]
    """The evidence by name."""
    traffic: dict[str, dict[str, t.Any]]
    """The tester's counts by name."""

    @property
    def proved(self) -> bool:
        """Whether it is proved, and the playbook says so by its exit status."""
        return self.run.succeeded and self.status == "proved"

    @property
    def failed(self) -> set[str]:
        """Names of the evidence that failed."""
        return {name for name, row in self.rows.items() if row["verdict"] != "pass"}


@dataclass(frozen=True)
class Deployment:
    """The lab's PGW."""

    state: State
    """The running lab."""
    control: Control
    """Its vCenter's control socket."""
    reports: Path
    """Where playbooks leave their reports."""

    more: tuple[Path, ...] = ()
    """Further inventories."""

    @property
    def inventories(self) -> list[Path]:
        return [ROOT / "examples/one_pgw/inventory", self.state.inventory, *self.more]

    def deploy(self, *arguments: str, **variables: t.Any) -> Run:
        """Run deploy_pgw.yml, as a user would a second time."""
        variables = {"nfv_report_dir": str(self.reports), **variables}
        return run_playbook("nfv.vsphere_dpdk.deploy_pgw", self.inventories, *arguments, variables=variables)

    def verify(self, playbook: str = "nfv.vsphere_dpdk.verify", **variables: t.Any) -> Verdict:
        """Run verify.yml, or another playbook that verifies, and read its report."""
        report = self.reports / "deploy.json"
        report.unlink(missing_ok=True)
        variables = {"nfv_report_dir": str(self.reports), **SHORT_PROOF, **variables}
        run = run_playbook(playbook, self.inventories, variables=variables)
        assert report.is_file(), f"{playbook} wrote no report:\n{run.output}"
        content = json.loads(report.read_text())
        found = content["hosts"]["pgw-1"]
        assert content["outcome"] == found["status"]
        assert content["proved"] is found["proved"] is (found["status"] == "proved")
        by_name = ({row["name"]: row for row in found[section]} for section in ("evidence", "traffic"))
        return Verdict(run, found["status"], *by_name)

    def verify_again(self, earlier: Verdict, **variables: t.Any) -> Verdict:
        """Run role dpdk_verify alone, with what an earlier run of verify.yml has found: in half its time."""
        found = {
            "ansible_host": self.address,
            "nfv_devices": earlier.run.fact("nfv_devices"),
            "nfv_adapters": earlier.run.fact("nfv_adapters"),
        }
        return self.verify(str(HERE / "verify_again.yml"), **found, **variables)

    def drift(self) -> dict[str, t.Any]:
        """Run drift.yml on both sides and read its report."""
        report = self.reports / "drift.json"
        report.unlink(missing_ok=True)
        variables = {"nfv_report_dir": str(self.reports)}
        run = run_playbook("nfv.vsphere_dpdk.drift", self.inventories, variables=variables)
        assert report.is_file(), f"drift.yml wrote no report:\n{run.output}"
        content: dict[str, t.Any] = json.loads(report.read_text())
        assert run.succeeded is (content["outcome"] == "none"), run.output
        return content

    def sabotage(self, name: str) -> None:
        """Break the deployment by a playbook of this directory."""
        variables = {"ansible_host": self.address}
        run = run_playbook(str(SABOTAGE / f"{name}.yml"), self.inventories, variables=variables)
        assert run.succeeded, run.output

    @property
    def address(self) -> str:
        """The guest's address, as the hypervisor knows it."""
        (guest,) = unix_http.request(self.state.hypervisor_socket, "GET", "/guests")["guests"]
        return str(guest["ip_address"])


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    state = find_state()
    if not state.control_socket.exists():
        pytest.fail("no lab is up: run make deploy, or scripts/molecule test --destroy never")
    return Deployment(state, Control(state.control_socket), tmp_path_factory.mktemp("reports"))


@pytest.fixture
def sabotaged(deployment: Deployment) -> t.Iterator[Deployment]:
    """A deployment to break; afterwards a rerun must converge and prove it."""
    yield deployment
    for sabotage in SABOTAGES:
        if (SABOTAGE / f"undo/{sabotage}.yml").is_file():
            deployment.sabotage(f"undo/{sabotage}")
    repaired = deployment.deploy("--tags", "guest", **SHORT_PROOF)
    assert repaired.succeeded, f"a rerun did not repair the deployment:\n{repaired.output}"
    assert repaired.changed > 0, "there was nothing to repair: was there any sabotage?"


@pytest.fixture(scope="module")
def gateway(deployment: Deployment, tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[Gateway]:
    """The PGW, and the tester's two ends."""
    found = Gateway.find(deployment, tmp_path_factory.mktemp("pgw"))
    namespace = deployment.state.tester_namespace
    with contextlib.ExitStack() as stack:
        stack.callback(found.close)
        # The tester's kernel says nothing about datagrams for ports that somebody holds.
        for address, port in ((PEER, packets.GTPU_PORT), (SERVER, PORT)):
            with inside(namespace):
                held = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                held.bind((address, port))
        yield found
