"""The guest and the tester of the deployment, as readiness sees them."""

from __future__ import annotations

import time
import typing as t
from pathlib import Path

from tests.lab.conftest import Deployment
from tests.support.playbook import run_playbook

LOOK = Path(__file__).parent / "readiness.yml"
# A package that the deployment does not install, so that the archives are asked.
PACKAGE = "bird2"


def look(deployment: Deployment, **variables: t.Any) -> dict[str, dict[str, t.Any]]:
    """The rows of guest and tester, by subject, object and check."""
    asked = {"guest_address": deployment.address, "packages": [PACKAGE], **variables}
    run = run_playbook(str(LOOK), deployment.inventories, variables=asked)
    assert run.succeeded, run.output
    assert run.changed == 0
    rows = [row for task in run.tasks for row in task.result.get("rows", ())]
    return {f"{row['subject']} {row['object']} {row['check']}": row for row in rows}


def failing(rows: t.Mapping[str, t.Mapping[str, t.Any]]) -> dict[str, str]:
    return {name: row["code"] for name, row in rows.items() if row["code"]}


def test_guest_and_tester_are_ready(deployment: Deployment) -> None:
    rows = look(deployment)
    assert failing(rows) == {}, rows
    assert "http://198.18.0.1/" in rows["guest pgw-1 packages"]["seen"]
    assert rows["guest pgw-1 driver"]["verdict"] == rows["guest pgw-1 memory"]["verdict"] == "ready"
    assert rows["guest pgw-1 root"]["seen"] == "root, by sudo of nfv"
    # The user plane answers the tester's probes.
    assert ":" in rows["tester tester-1 s5u neighbour 198.18.1.1"]["seen"]


def test_what_is_taken_from_the_guest_is_told(deployment: Deployment) -> None:
    nowhere = {"http_proxy": "http://198.18.0.1:9", "https_proxy": "http://198.18.0.1:9"}
    rows = look(deployment, archives=nowhere, controller_time=time.time() - 3600)
    assert failing(rows) == {
        "guest pgw-1 packages": "packages_unreachable",
        "guest pgw-1 clock": "clock_differs",
        "tester tester-1 clock": "clock_differs",
    }
    assert PACKAGE in rows["guest pgw-1 packages"]["seen"]
