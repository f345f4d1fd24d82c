# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Samples and a guest's files, as recorded in real guests."""

from __future__ import annotations

import copy
import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.model import Expected

RECORDED = Path(__file__).parent / "recorded"


def recording(name: str) -> dict[str, t.Any]:
    data: dict[str, t.Any] = json.loads((RECORDED / f"{name}.json").read_text())
    return data


@pytest.fixture(scope="session")
def _good() -> dict[str, t.Any]:
    return recording("good")


@pytest.fixture
def good(_good: dict[str, t.Any]) -> dict[str, t.Any]:
    """Two samples of a guest that polls, around traffic; a copy to mangle."""
    return copy.deepcopy(_good)


@pytest.fixture
def expected() -> Expected:
    """What was asked of the recorded guest. Its Open vSwitch is 3.1, which writes wrong outer checksums."""
    return Expected(
        devices=(
            {"name": "s5u", "pci_address": "0000:00:04.0", "mac": "00:50:56:01:0a:02"},
            {"name": "sgi", "pci_address": "0000:00:05.0", "mac": "00:50:56:01:0a:03"},
        ),
        sides={"s5u": "s5u", "sgi": "sgi"},
        polling_cpus=(1,),
        hugepages=({"size_kb": 2048, "count": 256, "node": None},),
        outer_checksum=False,
    )
