"""The deployment that Molecule's scenario or `make deploy` left running in the lab."""

from __future__ import annotations

import json
import subprocess
import typing as t
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab import unix_http
from lab.control import Control
from lab.state import State, find_state
from tests.support.playbook import ROOT, Run, run_playbook

SABOTAGE = Path(__file__).parent / "sabotage"
# Fewer packets than a deployment sends: what fails here fails at once.
SHORT_PROOF = {"dpdk_verify_packets": 300, "dpdk_verify_pps": 200}


@dataclass(frozen=True)
class Verdict:
    """The result of one verification of pgw-1, from its report."""

    run: Run
    """The playbook's run."""
    proved: bool
    """The report's verdict."""
    rows: dict[str, dict[str, t.Any]]
    """The evidence by name."""

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

    @property
    def inventories(self) -> list[Path]:
        return [ROOT / "examples/one_pgw/inventory", self.state.inventory]

    def deploy(self, *arguments: str, **variables: t.Any) -> Run:
        """Run deploy_pgw.yml, as a user would a second time."""
        variables = {"nfv_report_dir": str(self.reports), **variables}
        return run_playbook("nfv.vsphere_dpdk.deploy_pgw", self.inventories, *arguments, variables=variables)

    def verify(self, **variables: t.Any) -> Verdict:
        """Run verify.yml and read its report."""
        report = self.reports / "deploy.json"
        report.unlink(missing_ok=True)
        variables = {"nfv_report_dir": str(self.reports), **SHORT_PROOF, **variables}
        run = run_playbook("nfv.vsphere_dpdk.verify", self.inventories, variables=variables)
        assert report.is_file(), f"verify.yml wrote no report:\n{run.output}"
        content = json.loads(report.read_text())
        rows = {row["name"]: row for row in content["hosts"]["pgw-1"]["evidence"]}
        return Verdict(run, content["proved"], rows)

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

    def plug_tester(self, *, plugged: bool) -> None:
        """Connect the tester's interfaces to their port groups, or disconnect them."""
        for port in ("tester-s5u", "tester-sgi"):
            command = ["ip", "-n", self.state.segments_namespace, "link", "set", port, "up" if plugged else "down"]
            subprocess.run(command, check=True, timeout=30)


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    state = find_state()
    if not state.control_socket.exists():
        pytest.fail("no lab is up: run make deploy, or scripts/molecule test --destroy never")
    return Deployment(state, Control(state.control_socket), tmp_path_factory.mktemp("reports"))


@pytest.fixture
def sabotaged(deployment: Deployment, request: pytest.FixtureRequest) -> t.Iterator[Deployment]:
    """A deployment to break; afterwards a rerun must converge and prove it."""
    yield deployment
    for sabotage in request.node.callspec.params["sabotages"]:
        if (SABOTAGE / f"undo/{sabotage}.yml").is_file():
            deployment.sabotage(f"undo/{sabotage}")
    repaired = deployment.deploy("--tags", "guest", **SHORT_PROOF)
    assert repaired.succeeded, f"a rerun did not repair the deployment:\n{repaired.output}"
    assert repaired.changed > 0, "there was nothing to repair: was there any sabotage?"


@pytest.fixture
def unplugged(deployment: Deployment) -> t.Iterator[Deployment]:
    """A deployment whose tester is disconnected for the test."""
    deployment.plug_tester(plugged=False)
    yield deployment
    deployment.plug_tester(plugged=True)
