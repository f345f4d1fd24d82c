# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which DPDK is new enough."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.requirement import Requirement, oldest_dpdk


@pytest.mark.parametrize(
    ("minimum", "queues", "from_source", "version", "reason"),
    [
        ("22.11", [1, 2], False, "22.11", "minimum_version asks for"),
        ("1.7", [], False, "1.8", "the VMXNET3 driver needs"),
        ("20.11", [1, 16], False, "20.11", "minimum_version asks for"),
        # Version 6 of the device: more queues than 16, or no power of two.
        ("20.11", [1, 3], False, "22.07", "adapters with 3 queues need"),
        ("20.11", [32, 1], False, "22.07", "adapters with 32 queues need"),
        ("20.11", [1], True, "22.11", "building it here needs"),
        ("24.11", [32], True, "24.11", "minimum_version asks for"),
    ],
)
def test_the_strictest_counts(minimum: str, queues: list[int], from_source: bool, version: str, reason: str) -> None:
    dataplane = {"adapters": [{"name": f"a{number}", "queues": count} for number, count in enumerate(queues)]}
    assert oldest_dpdk(minimum, dataplane, from_source) == Requirement(version, reason)


def test_adapters_have_one_queue_unless_told() -> None:
    assert oldest_dpdk("20.11", {"adapters": [{"name": "mgmt"}]}, from_source=False).version == "20.11"
    assert oldest_dpdk("20.11", {}, from_source=False).version == "20.11"


@pytest.mark.parametrize("adapters", [7, [7], ["mgmt"], [{"queues": "two"}], [{"queues": [1]}], {"a": 1}])
def test_adapters_that_cannot_be_read_are_an_error(adapters: t.Any) -> None:
    with pytest.raises(NfvError, match="how many queues") as caught:
        oldest_dpdk("22.11", {"adapters": adapters}, from_source=False)
    assert caught.value.error_code == "description_invalid"


@pytest.mark.parametrize(
    ("version", "met"),
    [
        ("22.11", True),
        ("22.11.0", True),
        ("22.11.11", True),
        ("24.11.0-rc1", True),
        ("22.7", False),
        ("20.11.10", False),
        ("2.2", False),
        ("", False),
    ],
)
def test_versions_are_compared_by_number(version: str, met: bool) -> None:
    assert Requirement("22.11", "").met_by(version) is met
    assert Requirement("22.11.0", "").met_by(version) is met
