"""What deploy_pgw refuses: one clear line with an error code, before anything is made.

tests/integration/vsphere/test_playbook.py has wrong descriptions and sessions, and runs that break off.
"""

from __future__ import annotations

import copy
import json
import socket
from pathlib import Path

from lab.pki import ensure_pki
from tests.integration.playbooks.conftest import DATAPLANE, Deployment
from tests.support.playbook import Run


def refusal(run: Run) -> str:
    """The one line that says why a run failed."""
    assert run.exit_status != 0, "the run was not refused"
    assert run.failures, run.output
    message = run.failures[0]
    assert "\n" not in message, f"not one line: {message}"
    assert "Traceback" not in message
    return message


def test_wrong_first_boot_is_refused_before_any_connection(deployment: Deployment) -> None:
    message = refusal(deployment.run(nfv_guest={"addresses": ["192.0.2.10"]}))
    assert "[address_invalid] pgw-1: nfv_guest.addresses[0] must be an address with prefix" in message
    assert deployment.control.calls() == {}


def test_verify_refuses_to_look_at_nothing(deployment: Deployment) -> None:
    message = refusal(deployment.run(playbook="nfv.vsphere_dpdk.verify", dpdk_verify_mode="skip"))
    assert message.startswith("[verification_skipped] pgw-1: ")
    assert deployment.control.calls() == {}


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_vcenter_out_of_reach(deployment: Deployment) -> None:
    message = refusal(deployment.run(vsphere_port=closed_port()))
    assert "[vcenter_unreachable]" in message
    assert "localhost" in message


def test_wrong_password(deployment: Deployment) -> None:
    run = deployment.run(vsphere_password="not-the-password")
    assert "[authentication_failed]" in refusal(run)
    assert "not-the-password" not in run.output
    assert deployment.control.mutating_calls() == {}


def test_untrusted_certificate(deployment: Deployment, tmp_path: Path) -> None:
    stranger = ensure_pki(tmp_path)
    assert "[certificate_untrusted]" in refusal(deployment.run(vsphere_ca_path=str(stranger.ca_certificate)))
    assert "Login" not in deployment.control.calls()


def test_missing_template(deployment: Deployment) -> None:
    """Of any host: the VMs of the others would have been made before its own failed."""
    message = refusal(deployment.run(own={"pgw-2": {"vsphere_template": "debian-99"}}))
    assert "[template_not_found]" in message
    assert "debian-99" in message
    assert deployment.control.mutating_calls() == {}


def test_missing_port_group(deployment: Deployment) -> None:
    dataplane = copy.deepcopy(DATAPLANE)
    dataplane["adapters"][2]["network"] = "PG-Nowhere"
    message = refusal(deployment.run(nfv_dataplane=dataplane))
    assert "[network_not_found]" in message
    assert "PG-Nowhere" in message
    assert deployment.control.mutating_calls() == {}


def test_check_mode_writes_nothing_to_vcenter(deployment: Deployment) -> None:
    reports = deployment.directory / "deploy.json"
    reports.write_text('{"outcome": "proved", "proved": true}')
    run = deployment.run("--check", "--diff", nfv_report_dir=str(deployment.directory))
    assert run.succeeded, run.output
    assert run.changed == 1
    assert "pgw-1 would be made from template debian-12-dpdk" in run.output
    assert deployment.control.mutating_calls() == {}
    # The count that refusals before any connection find to be zero does count.
    assert deployment.control.calls()["Login"] >= 1
    # A preview is no proof, neither this run's nor an earlier one's.
    assert json.loads(reports.read_text())["outcome"] == "skipped"
    assert "pgw-1 is skipped: nothing was verified" in run.result_of("Say what was proved")["msg"]
    assert run.tasks[-1].task.startswith("nfv.vsphere_dpdk.dpdk_verify : ")
