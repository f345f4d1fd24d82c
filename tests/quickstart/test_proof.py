# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/quickstart.md, line by line, with a guest behind the lab's vCenter: it ends with a gateway that is proved.

The collection is its tarball, in a virtual environment that has ansible-core and what else the page installs.
"""

from __future__ import annotations

import json
import time
import typing as t

import pytest

from lab import generated_inventory, lifecycle, pki, vcenter_process
from lab.plan import proxy_command
from lab.state import State, find_state
from tests.support.quickstart import Newcomer
from tests.support.shipped import build_collection

if t.TYPE_CHECKING:
    from pathlib import Path

ADDRESS = "198.18.0.5"
GUEST = {"addresses": f"[{ADDRESS}/24]", "gateways": "[198.18.0.1]", "dns_servers": "[198.18.0.1]"}


@pytest.fixture
def lab() -> t.Iterator[State]:
    """A lab with nothing in it but the template, started for this test."""
    state = find_state()
    lifecycle.down(state, print)
    lifecycle.up(state, print)
    yield state
    lifecycle.down(state, print)


def way_to_the_guests(state: State, keys: pki.Pki) -> dict[str, str]:
    """Stands for the route to the management network and the newcomer's ssh agent; an emulated guest answers slowly."""
    return {
        "ANSIBLE_SSH_COMMON_ARGS": f'-o ProxyCommand="{proxy_command(state.segments_namespace)}"',
        "ANSIBLE_PRIVATE_KEY_FILE": str(keys.ssh_key),
        "ANSIBLE_TIMEOUT": "60",
    }


def newcomer(state: State, home: Path, tarball: Path) -> Newcomer:
    """Somebody at this lab, who has its vCenter's password, a way to its guests, and its tester."""
    keys = pki.ensure_pki(state.pki)
    vcenter = vcenter_process.running(state)
    assert vcenter is not None
    groups = generated_inventory.variables(state, keys, vcenter.port, keys.password.read_text())
    site = groups["all"]
    password = site.pop("vsphere_password")
    public_key = keys.ssh_public_key.read_text()
    way = way_to_the_guests(state, keys)
    return Newcomer(home, site, groups["testers"], GUEST, public_key, password, tarball, environment=way, afresh=True)


def test_a_newcomer_ends_with_a_proved_gateway(lab: State, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("home")  # shorter than tmp_path: ssh's sockets are below it
    somebody = newcomer(lab, home, build_collection(tmp_path_factory.mktemp("build")))
    began = time.monotonic()
    for line, done in somebody.follow():
        print(f"{time.monotonic() - began:5.0f} s  {line}\n{done.stdout[-3000:]}")
        assert done.returncode == 0, f"{line}\n{done.stdout}\n{done.stderr}"
        assert somebody.password not in done.stdout + done.stderr
    # With ansible-core alone, not with the package ansible, which has a hundred collections.
    packages = {path.name for path in home.glob("nfv/lib/python3*/site-packages/*")}
    assert "ansible" in packages and "ansible_collections" not in packages
    report = json.loads((home / "reports/deploy.json").read_text())
    assert report["outcome"] == "proved", report["message"]
    assert report["hosts"]["pgw-1"]["status"] == "proved"
    assert (home / "reports/deploy.html").is_file()
    # The key that the guest made, not the one that all clones of the template have.
    known = (home / "inventory/.known_hosts").read_text()
    assert known.startswith(f"pgw-1,{ADDRESS} ")
    assert pki.ensure_pki(lab.pki).host_public_key.read_text().split()[1] not in known
