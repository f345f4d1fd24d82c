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

from lab.state import State
from tests.support.quickstart import Newcomer
from tests.support.running_lab import Site, fresh_lab, site
from tests.support.shipped import build_collection

if t.TYPE_CHECKING:
    from pathlib import Path

ADDRESS = "198.18.0.5"
GUEST = {"addresses": f"[{ADDRESS}/24]", "gateways": "[198.18.0.1]", "dns_servers": "[198.18.0.1]"}


@pytest.fixture
def lab() -> t.Iterator[State]:
    """A lab with nothing in it but the template, started for this test."""
    with fresh_lab() as state:
        yield state


def newcomer(here: Site, home: Path, tarball: Path) -> Newcomer:
    """Somebody at this lab, who has its vCenter's password, a way to its guests, and its tester."""
    public_key = here.keys.ssh_public_key.read_text()
    way = here.login("ANSIBLE_SSH_COMMON_ARGS")
    return Newcomer(
        home, here.vcenter, here.tester, GUEST, public_key, here.password, tarball, environment=way, afresh=True
    )


def test_a_newcomer_ends_with_a_proved_gateway(lab: State, tmp_path_factory: pytest.TempPathFactory) -> None:
    here = site(lab)
    home = tmp_path_factory.mktemp("home")  # shorter than tmp_path: ssh's sockets are below it
    somebody = newcomer(here, home, build_collection(tmp_path_factory.mktemp("build")))
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
    assert here.keys.host_public_key.read_text().split()[1] not in known
