# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A lab vCenter, VMs in it, and the rulebook that watches them."""

from __future__ import annotations

import itertools
import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client
from lab.pki import ensure_pki
from lab.testing.vcenter import VCenter, running_vcenter
from tests.eda.rulebook import RULEBOOK, Rulebook
from tests.support.by_hand import clones

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def vcenter(tmp_path_factory: pytest.TempPathFactory) -> t.Iterator[VCenter]:
    assert RULEBOOK.exists(), "run scripts/rulebook first"
    with running_vcenter(tmp_path_factory.mktemp("vc"), ensure_pki(tmp_path_factory.mktemp("pki"))) as running:
        yield running


@pytest.fixture(scope="session")
def session(vcenter: VCenter) -> t.Iterator[Client]:
    """Somebody else's session."""
    with Client.open(vcenter.connection, closed_for_writes=False) as client:
        yield client


@pytest.fixture
def make_vm(session: Client) -> t.Iterator[t.Callable[[], t.Any]]:
    """A function that clones the lab's template; its VMs are destroyed after the test."""
    with clones(session, f"eda-{next(_numbers)}-") as make:
        yield make


@pytest.fixture
def make_rulebook(tmp_path: Path, vcenter: VCenter) -> t.Iterator[t.Callable[..., Rulebook]]:
    """A function that makes a rulebook, not started yet; it is ended after the test."""
    made: list[Rulebook] = []

    def make(**options: t.Any) -> Rulebook:
        made.append(Rulebook(tmp_path, vcenter, **options))
        (made[-1].inventory / "hosts.json").write_text(json.dumps({"all": {"hosts": {}}}))
        return made[-1]

    yield make
    for rulebook in made:
        rulebook.end()
