# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nothing but hosts lies in an inventory's directory: Ansible reads every file there as an inventory."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible.inventory.manager import IGNORED, InventoryManager
from ansible.parsing.dataloader import DataLoader

ROOT = Path(__file__).resolve().parents[2]
INVENTORIES = sorted((ROOT / "examples").glob("*/inventory"))
HOST = re.compile(r"[a-z][a-z0-9-]*")


def strange_hosts(inventory: Path) -> set[str]:
    """The hosts whose names are none."""
    hosts = InventoryManager(loader=DataLoader(), sources=[str(inventory)]).hosts
    return {name for name in hosts if not HOST.fullmatch(name)}


@pytest.mark.parametrize("inventory", INVENTORIES, ids=lambda path: path.parent.name)
def test_nothing_but_hosts_is_a_host(inventory: Path) -> None:
    assert strange_hosts(inventory) == set()


def test_lines_of_sessions_are_found(tmp_path: Path) -> None:
    (tmp_path / "sessions").mkdir()
    (tmp_path / "sessions/subscribers.csv").write_text("name,local_teid\nue-1,4097\n")
    assert strange_hosts(tmp_path) == {"name,local_teid", "ue-1,4097"}


def test_host_keys_that_are_learned_are_no_inventory() -> None:
    text = (ROOT / "roles/vm_hardware/vars/main.yml").read_text(encoding="utf-8")
    (name,) = re.findall(r"~ '/([^']+)'\)", text)
    assert IGNORED.search(name.encode())
    assert not IGNORED.search(b"known_hosts")  # as it was called before
