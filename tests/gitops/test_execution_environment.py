# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A new Python with exactly what the execution environment lists deploys to the lab's vCenter, and compares."""

from __future__ import annotations

import json
import subprocess
import typing as t
from pathlib import Path

import pytest

from tests.integration.examples.test_examples import connection, inventory
from tests.support.execution_environment import install_collections, listed, python_with
from tests.support.guests import answering_guests
from tests.support.playbook import ROOT

if t.TYPE_CHECKING:
    from lab.testing.vcenter import VCenter

FLEET = ROOT / "examples/gitops/inventory"


class Environment(t.NamedTuple):
    """What a container of the image has."""

    programs: Path
    """The directory of ansible-playbook."""
    collections: Path
    """Where Ansible finds collections; nowhere else are any."""

    def playbook(self, name: str, vcenter: VCenter, reports: Path, *arguments: str) -> tuple[int, dict[str, t.Any]]:
        """Runs a playbook with nothing of this machine's own environment; returns Ansible's status, and run.json."""
        own = {"nfv_report_dir": str(reports), "nfv_known_hosts": str(reports / "known_hosts"), "nfv_readiness": "skip"}
        variables = {**connection(vcenter), **own}
        command = [self.programs / "ansible-playbook", f"nfv.vsphere_dpdk.{name}", f"--inventory={FLEET}"]
        done = subprocess.run(
            [*command, "--extra-vars", json.dumps(variables), *arguments],
            cwd=reports,
            env={
                "PATH": f"{self.programs}:/usr/bin:/bin",
                "HOME": str(reports),
                "LC_ALL": "C.UTF-8",
                "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
                "ANSIBLE_VAULT_PASSWORD_FILE": str(ROOT / "examples/gitops/vault-password"),
                "VAULT_PASSWORD": "example",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=900,
            check=False,
        )
        assert (reports / "run.json").is_file(), done.stdout + done.stderr
        report: dict[str, t.Any] = json.loads((reports / "run.json").read_text())
        print(done.stdout, done.stderr)
        return done.returncode, report


@pytest.fixture(scope="module")
def collections(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install_collections(tmp_path_factory.mktemp("collections"))


def environment(collections: Path, directory: Path, *, without: str = "") -> Environment:
    found = listed(collections)
    packages = [line for line in [*found.ansible, *found.python] if not without or without not in line.lower()]
    assert bool(without) is (len(packages) < len(found.ansible) + len(found.python))
    return Environment(python_with(directory, packages), collections)


SIDE = ("--extra-vars", '{"drift_sides": ["vsphere"]}')


def test_what_is_listed_is_enough(collections: Path, start_vcenter: t.Callable[..., VCenter], tmp_path: Path) -> None:
    vcenter = start_vcenter(inventory=inventory())
    whole = environment(collections, tmp_path / "python")
    status, missing = whole.playbook("drift", vcenter, tmp_path, *SIDE)
    assert (status, missing["outcome"]) == (2, "drift")
    assert [each["looked"]["vsphere"] for each in missing["hosts"].values()] == [True, True]
    with answering_guests(vcenter):
        status, made = whole.playbook("deploy", vcenter, tmp_path, "--tags=vsphere")
    # Guests are none here, so that nothing is proved.
    assert (status, made["outcome"]) == (0, "not_proved")
    assert {change["setting"] for host in made["hosts"].values() for change in host["changes"]} >= {"vm"}
    status, compared = whole.playbook("drift", vcenter, tmp_path, *SIDE)
    assert (status, compared["outcome"]) == (0, "clean")


def test_without_one_of_them_the_run_is_refused(collections: Path, vcenter: VCenter, tmp_path: Path) -> None:
    """The negative control: nothing else of this machine stands in for a library that is not listed."""
    spoiled = environment(collections, tmp_path / "python", without="pyvmomi")
    status, report = spoiled.playbook("drift", vcenter, tmp_path, *SIDE)
    assert (status, report["outcome"]) == (2, "failed")
    assert "library_missing" in json.dumps(report)
    assert "pyvmomi" in json.dumps(report)
