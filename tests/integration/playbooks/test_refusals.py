"""What deploy_pgw refuses: one clear line with an error code, and nothing half done left unsaid."""

from __future__ import annotations

import copy
import json
import socket
import typing as t
from pathlib import Path

import pytest

from lab.pki import ensure_pki
from tests.integration.playbooks.conftest import DATAPLANE, PGW, Deployment
from tests.support.playbook import Run


def described(**changes: t.Any) -> dict[str, t.Any]:
    """The lab's description with keys replaced by path: cpu__polling="7"."""
    dataplane = copy.deepcopy(DATAPLANE)
    for path, value in changes.items():
        section, _, key = path.partition("__")
        dataplane[section] = {**dataplane[section], key: value} if key else value
    return dataplane


def adapters(*names_and_drivers: tuple[str, str]) -> list[dict[str, str]]:
    return [
        {"name": name, "network": adapter["network"], "driver": driver}
        for (name, driver), adapter in zip(names_and_drivers, DATAPLANE["adapters"], strict=True)
    ]


def refusal(run: Run) -> str:
    """The one line that says why a run failed."""
    assert run.exit_status != 0, "the run was not refused"
    assert run.failures, run.output
    message = run.failures[0]
    assert "\n" not in message, f"not one line: {message}"
    assert "Traceback" not in message
    return message


WRONG_DESCRIPTIONS = {
    "unknown key": (described(cpu__colour="red"), "nfv_dataplane.cpu.colour", "key_unknown", "count"),
    "polling vCPU beyond the count": (
        described(cpu__polling="1,7"),
        "nfv_dataplane.cpu.polling",
        "polling_beyond_count",
        "0 to 1",
    ),
    "hugepages beyond memory": (
        described(memory__hugepages=[{"size": "2M", "amount_mb": 4096}]),
        "nfv_dataplane.memory.hugepages",
        "hugepages_beyond_memory",
        "1792",
    ),
    "two adapters of one name": (
        described(adapters=adapters(("mgmt", "kernel"), ("s5u", "pmd"), ("s5u", "pmd"))),
        "nfv_dataplane.adapters[2].name",
        "name_repeated",
        "s5u",
    ),
    "no management adapter": (
        described(adapters=adapters(("mgmt", "pmd"), ("s5u", "pmd"), ("sgi", "pmd"))),
        "nfv_dataplane.adapters",
        "management_adapter_missing",
        "kernel",
    ),
}


@pytest.mark.parametrize("case", WRONG_DESCRIPTIONS)
def test_wrong_description_is_refused_before_any_connection(deployment: Deployment, case: str) -> None:
    dataplane, path, error_code, right = WRONG_DESCRIPTIONS[case]
    message = refusal(deployment.run(nfv_dataplane=dataplane))
    assert f"[{error_code}]" in message
    assert path in message
    assert right in message
    assert deployment.control.calls() == {}


def test_wrong_first_boot_is_refused_before_any_connection(deployment: Deployment) -> None:
    message = refusal(deployment.run(nfv_guest={"addresses": ["192.0.2.10"]}))
    assert "[address_invalid] pgw-1: nfv_guest.addresses[0] must be an address with prefix" in message
    assert deployment.control.calls() == {}


def test_wrong_sessions_are_refused_before_any_connection(deployment: Deployment) -> None:
    message = refusal(deployment.run(pgw_sessions=[*PGW["pgw_sessions"], *PGW["pgw_sessions"]]))
    assert "pgw_sessions[1]" in message
    assert deployment.control.calls() == {}


def test_verify_refuses_to_look_at_nothing(deployment: Deployment) -> None:
    message = refusal(deployment.run(playbook="nfv.vsphere_dpdk.verify", dpdk_verify_mode="skip"))
    assert message.startswith("[verification_skipped] pgw-1: ")
    assert deployment.control.calls() == {}


def test_a_right_description_does_connect(deployment: Deployment) -> None:
    """The count that the cases above find to be zero does count."""
    deployment.run("--check")
    assert deployment.control.calls()["Login"] >= 1


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
    dataplane = described()
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
    assert deployment.control.mutating_calls() == {}
    # A preview is no proof, neither this run's nor an earlier one's.
    assert json.loads(reports.read_text())["outcome"] == "skipped"
    assert "pgw-1 is skipped: nothing was verified" in run.tasks[-1].result["msg"]


def test_guest_without_address_is_told_and_the_next_run_goes_on(deployment: Deployment) -> None:
    first = deployment.run(vm_hardware_address_timeout=5)
    message = refusal(first)
    assert "[guest_address_missing]" in message
    assert "pgw-1" in message
    deployment.control.reset_calls()
    second = deployment.run(vm_hardware_address_timeout=5)
    assert "[guest_address_missing]" in refusal(second)
    # Everything up to the address was done by the first run: the second has nothing to change.
    assert second.changed == 0, second.changed_tasks
    assert deployment.control.mutating_calls() == {}
