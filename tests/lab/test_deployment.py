"""The running deployment: nothing to do a second time, and verification that fails when it must."""

from __future__ import annotations

import subprocess

import pytest

from tests.lab.conftest import Deployment
from tests.support.playbook import ROOT


def test_make_deploy_again_changes_nothing_and_proves_it_again() -> None:
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


def test_the_untouched_deployment_is_proved(deployment: Deployment) -> None:
    """The positive control: what fails below fails because of the sabotage."""
    verdict = deployment.verify()
    assert verdict.run.succeeded, verdict.run.output
    assert verdict.proved
    assert verdict.failed == set()
    assert verdict.run.changed == 0, verdict.run.changed_tasks


def test_silent_tester_fails(unplugged: Deployment) -> None:
    """Worker threads spin on idle ports and no interrupt rises: without traffic that proves nothing."""
    verdict = unplugged.verify()
    assert not verdict.run.succeeded
    assert not verdict.proved
    assert {"traffic uplink", "traffic downlink", "worker CPU 1", "polled packets"} <= verdict.failed


@pytest.mark.parametrize(
    ("sabotage", "failing"),
    [
        ("kernel_driver", {"driver sgi", "port sgi", "traffic uplink", "traffic downlink"}),
        ("af_packet_port", {"port sgi", "traffic uplink", "traffic downlink"}),
        ("wrong_teid", {"traffic uplink", "traffic downlink"}),
    ],
)
def test_sabotage_fails_with_its_evidence(sabotaged: Deployment, sabotage: str, failing: set[str]) -> None:
    sabotaged.sabotage(sabotage)
    verdict = sabotaged.verify()
    assert not verdict.run.succeeded
    assert not verdict.proved
    assert failing <= verdict.failed, verdict.rows
    assert any("[not_proved]" in message for message in verdict.run.failures)


def test_check_mode_writes_nothing_and_shows_no_difference(deployment: Deployment) -> None:
    """Last, so that it also finds whatever the repairs above have left undone."""
    deployment.control.reset()
    run = deployment.deploy("--check", "--diff")
    assert run.succeeded, run.output
    assert run.changed == 0, run.changed_tasks
    assert run.diffs == []
    assert deployment.control.calls()["Login"] >= 1
    assert deployment.control.mutating_calls() == {}
