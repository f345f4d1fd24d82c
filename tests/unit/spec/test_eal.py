# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""EAL arguments follow from a description; what it does not have is refused."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.filter import dataplane, eal_arguments

FILTERS = {**dataplane.FilterModule().filters(), **eal_arguments.FilterModule().filters()}
DEVICES = [
    {"name": "s5u", "pci_address": "0000:0b:00.0", "driver": "uio_pci_generic"},
    {"name": "sgi", "pci_address": "0000:13:00.0", "driver": "vmxnet3", "driver_wanted": "vfio-pci"},
]


def arguments(description: dict[str, t.Any], *given: t.Any, **named: t.Any) -> list[str]:
    derived = FILTERS["dataplane_derived"](description)
    return t.cast("list[str]", FILTERS["eal_arguments"](derived, *given, **named))


def test_everything_follows_from_the_description(description: dict[str, t.Any]) -> None:
    assert arguments(description, DEVICES, "vnf") == [
        *("-l", "0,2,3", "--main-lcore", "0", "-m", "1024", "--file-prefix", "vnf"),
        *("-a", "0000:0b:00.0", "-a", "0000:13:00.0"),
    ]


def test_an_application_may_get_less(description: dict[str, t.Any]) -> None:
    given = arguments(description, DEVICES, adapters=["sgi"], memory_mb=256)
    assert given[4:] == ["-m", "256", "--file-prefix", "rte", "-a", "0000:13:00.0"]


def test_memory_of_each_node(description: dict[str, t.Any]) -> None:
    description["memory"]["hugepages"] = [
        {"size": "2M", "amount_mb": 512, "node": 1},
        {"size": "1G", "amount_mb": 1024, "node": 1},
    ]
    assert "--socket-mem" in arguments(description, DEVICES)
    assert arguments(description, DEVICES)[5] == "0,1536"


@pytest.mark.parametrize(
    ("devices", "options", "code"),
    [
        (DEVICES, {"adapters": ["mgmt"]}, "adapter_unknown"),
        (DEVICES[:1], {}, "adapter_not_bound"),
        ([DEVICES[0], {**DEVICES[1], "driver_wanted": "vmxnet3"}], {}, "adapter_not_bound"),
        (DEVICES, {"memory_mb": 1025}, "memory_beyond_hugepages"),
    ],
)
def test_what_cannot_be_given_is_refused(
    description: dict[str, t.Any], devices: list[dict[str, t.Any]], options: dict[str, t.Any], code: str
) -> None:
    with pytest.raises(AnsibleFilterError, match=code):
        arguments(description, devices, **options)


def test_a_file_of_the_applications_own_gets_the_same_values(description: dict[str, t.Any]) -> None:
    devices = [{**device, "mac": f"00:50:56:01:00:0{index}"} for index, device in enumerate(DEVICES, 2)]
    derived = FILTERS["dataplane_derived"](description)
    values = FILTERS["eal_values"](derived, devices, "vnf")
    assert values == {
        "arguments": arguments(description, DEVICES, "vnf"),
        "parameters": {
            "lcores": "0,2,3",
            "main-lcore": 0,
            "file-prefix": "vnf",
            "m": "1024",
            "allow": ["0000:0b:00.0", "0000:13:00.0"],
        },
        "file_prefix": "vnf",
        "main_lcore": 0,
        "worker_lcores": [2, 3],
        "worker_mask": "0xc",
        "memory_mb": 1024,
        "hugepage_directory": "/dev/hugepages",
        "pci_addresses": {"s5u": "0000:0b:00.0", "sgi": "0000:13:00.0"},
        "mac_addresses": {"s5u": "00:50:56:01:00:02", "sgi": "00:50:56:01:00:03"},
        # In check mode the driver that it is to get.
        "drivers": {"s5u": "uio_pci_generic", "sgi": "vfio-pci"},
    }
    few = FILTERS["eal_values"](derived, devices, "vnf", ["sgi"], 256)
    assert (list(few["pci_addresses"]), few["memory_mb"], few["parameters"]["m"]) == (["sgi"], 256, "256")
    with pytest.raises(AnsibleFilterError, match="adapter_not_bound"):
        FILTERS["eal_values"](derived, DEVICES[:1])
