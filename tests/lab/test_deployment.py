"""The running deployment: a second run changes nothing, and verification fails when it must."""

from __future__ import annotations

import re
import subprocess

import pytest

from tests.lab.conftest import SABOTAGES, Deployment
from tests.lab.gateway import run_in_guest
from tests.support.playbook import ROOT

# From the ping to the last sample, by a run that changes nothing.
MOST_MODULES = 10
OTHER_UUID = "420b5e3f-1122-7788-99aa-bbccddeeff01"


def test_make_deploy_again_changes_nothing_and_proves_it_again() -> None:
    """The positive control, too: what fails below fails because of the sabotage."""
    done = subprocess.run(
        ["make", "deploy"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=1500,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    recap = [line for line in done.stdout.splitlines() if "changed=" in line]
    assert recap, done.stdout
    assert all("changed=0 " in line and "failed=0 " in line for line in recap), recap
    assert "the PGW is PROVED" in done.stdout
    executed = re.search(r"modules executed in pgw-1: (\d+) \((.*)\)", done.stdout)
    assert executed, done.stdout
    assert executed[2].endswith("pmd_evidence"), executed[2]
    assert int(executed[1]) <= MOST_MODULES, executed[2]


def test_nothing_has_drifted_on_either_side(deployment: Deployment) -> None:
    report = deployment.drift()
    assert (report["outcome"], report["sides"], report["lines"]) == ("none", ["vsphere", "guest"], [])


def test_guest_reaches_the_archives_of_its_packages(deployment: Deployment) -> None:
    """What is removed can be installed again; remove_and_deploy does both in make test-guests."""
    said = run_in_guest(deployment, deployment.address, "apt-get", "update", "--error-on=any", seconds=300)
    assert re.search(r"^(Get|Hit):\d+ http://198\.18\.0\.1/\S+ bookworm InRelease", said, re.MULTILINE), said


def test_another_machine_at_the_vms_address_is_refused(deployment: Deployment) -> None:
    """The VM's UUID is pretended to be another one; that the real one passes, every other test shows."""
    run = deployment.deploy("--tags", "guest", nfv_vm_uuid=OTHER_UUID)
    (message,) = run.failures
    assert message.startswith("[guest_identity_differs] pgw-1: ")
    assert OTHER_UUID in message
    assert run.changed == 0, run.changed_tasks


@pytest.mark.again
def test_two_lost_adapters_fail_with_their_evidence(sabotaged: Deployment) -> None:
    """One adapter each, and each is told for itself."""
    for sabotage in SABOTAGES:
        sabotaged.sabotage(sabotage)
    verdict = sabotaged.verify()
    assert not verdict.run.succeeded
    assert verdict.status == "failed"
    assert {"driver s5u", "port s5u", "port sgi", "traffic uplink", "traffic downlink"} <= verdict.failed, verdict.rows
    assert any("[poll_mode_not_proved]" in message for message in verdict.run.failures)
    differences = sabotaged.drift()["vms"]["pgw-1"]["differences"]
    assert {"guest"} == {each["side"] for each in differences}
    assert any("s5u" in each["setting"] for each in differences), differences


def test_check_mode_writes_nothing_and_shows_no_difference(deployment: Deployment) -> None:
    """Last, so that it also finds what the repairs above left undone."""
    deployment.control.reset_calls()
    run = deployment.deploy("--check", "--diff")
    assert run.succeeded, run.output
    assert run.changed == 0, run.changed_tasks
    assert run.diffs == []
    assert deployment.control.calls()["Login"] >= 1
    assert deployment.control.mutating_calls() == {}
