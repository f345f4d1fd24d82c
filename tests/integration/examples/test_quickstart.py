# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/quickstart.md, line by line, up to the guests; tests/quickstart goes on to the proof."""

from __future__ import annotations

import os
import subprocess
import sys
import typing as t
from pathlib import Path

import pytest

from tests.support.guests import HOST_KEY, answering_guests
from tests.support.quickstart import ALREADY_INSTALLED, COLLECTION, PAGE, VAULT, Newcomer, commands
from tests.support.shipped import build_collection

from .test_examples import connection, running

if t.TYPE_CHECKING:
    from lab.testing.vcenter import VCenter

DEPLOY = "ansible-playbook -i inventory nfv.vsphere_dpdk.deploy"
DRIFT = "ansible-playbook -i inventory nfv.vsphere_dpdk.drift"


@pytest.fixture
def tester(tmp_path: Path) -> t.Iterator[Path]:
    """A Python that runs on a tester: in a namespace with an interface in each of the example's two networks."""
    name = f"nfv-tester-{os.getpid()}"
    interpreter = tmp_path / "tester-python"
    interpreter.write_text(f'#!/bin/sh\nexec ip netns exec {name} {sys.executable} "$@"\n')
    interpreter.chmod(0o755)
    ip("netns", "add", name)
    try:
        for interface, address in (("s5u", "198.18.1.77/24"), ("sgi", "198.18.2.77/24")):
            ip("-n", name, "link", "add", interface, "type", "veth", "peer", "name", f"{interface}-switch")
            ip("-n", name, "address", "add", address, "dev", interface)
            for end in (interface, f"{interface}-switch"):
                ip("-n", name, "link", "set", end, "up")
        yield interpreter
    finally:
        ip("netns", "delete", name)


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


def test_a_newcomer_comes_up_to_the_guests(
    start_vcenter: t.Callable[..., VCenter], tester: Path, tmp_path: Path
) -> None:
    """Guests are none here, so the deployment and the comparison end with vSphere's side."""
    vcenter = start_vcenter()
    site = connection(vcenter)
    password = site.pop("vsphere_password")
    home = tmp_path / "home"
    home.mkdir()
    changes = {DEPLOY: f"{DEPLOY} --tags vsphere", DRIFT: f'{DRIFT} -e \'{{"drift_sides": ["vsphere"]}}\''}
    reached = {"ansible_connection": "local", "ansible_python_interpreter": str(tester)}
    guest = {"addresses": "[198.18.0.11/24]", "gateways": "[198.18.0.1]"}
    tarball = build_collection(tmp_path / "build")
    newcomer = Newcomer(home, site, reached, guest, HOST_KEY, password, tarball, changes=changes)
    assert {*changes, *ALREADY_INSTALLED, COLLECTION, VAULT} <= set(commands(PAGE.read_text(encoding="utf-8")))
    with answering_guests(vcenter):
        for line, done in newcomer.follow():
            assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
            assert password not in done.stdout + done.stderr
            if "--check" in line or "readiness" in line:
                assert vcenter.mutating_calls() == {}, line
    assert running(vcenter) == {"pgw-1"}
    vault = home / "inventory/group_vars/all/vault.yml"
    assert vault.read_text(encoding="utf-8").startswith("$ANSIBLE_VAULT;")
    known = (home / "inventory/.known_hosts").read_text(encoding="utf-8")
    assert known == f"pgw-1,198.18.0.11 {HOST_KEY}\n"
