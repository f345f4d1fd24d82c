# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's vCenter as a fixture: the real program on loopback, with verified TLS."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from lab.pki import Pki, ensure_pki
from lab.testing.vcenter import VCenter, running_vcenter
from tests.support.playbook import ROOT

# Runs ansible-playbook, which takes about ten CPU seconds each time.
PLAYBOOK_FIXTURE = "ansible"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests that run ansible-playbook; ``make test-fast`` leaves them out."""
    for item in items:
        if PLAYBOOK_FIXTURE in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.playbook)


@pytest.fixture(scope="session", autouse=True)
def packed_modules(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where all runs of ansible-playbook in this session, those of the other processes too, keep packed modules."""
    own = tmp_path_factory.getbasetemp()
    directory = (own.parent if hasattr(request.config, "workerinput") else own) / "packed-modules"
    directory.mkdir(exist_ok=True)
    enabled = [os.environ.get("ANSIBLE_CALLBACKS_ENABLED"), "share_modules"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NFV_PACKED_MODULES", str(directory))
        patch.setenv("ANSIBLE_CALLBACK_PLUGINS", str(ROOT / "tests/support/callbacks"))
        patch.setenv("ANSIBLE_CALLBACKS_ENABLED", ",".join(filter(None, enabled)))
        yield directory


@pytest.fixture(scope="session")
def pki(tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """The keys, certificates and passwords of every vCenter that these tests start."""
    return ensure_pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="module")
def start_vcenter(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., VCenter]]:
    """A function that starts another lab vCenter, with a hypervisor's socket or another inventory if given one.

    Each ends with its file: what one file leaves in a vCenter must not decide whether another passes.
    """
    with ExitStack() as stack:

        def start(
            hypervisor_socket: Path | None = None, inventory: dict[str, Any] | None = None, *, plain: bool = False
        ) -> VCenter:
            directory = tmp_path_factory.mktemp("vc")
            running = running_vcenter(
                directory, pki, hypervisor_socket=hypervisor_socket, inventory=inventory, plain=plain
            )
            return stack.enter_context(running)

        yield start


@pytest.fixture(scope="module")
def vcenter(start_vcenter: Callable[..., VCenter]) -> VCenter:
    """The lab vCenter that the tests of a file share; without a hypervisor, so power operations only change state."""
    return start_vcenter()
