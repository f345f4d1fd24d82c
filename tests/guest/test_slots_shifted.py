# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest whose adapters are one PCI slot further at the next power-on, as after an upgrade of the virtual hardware."""

from __future__ import annotations

import dataclasses
import json
import typing as t

import pytest

from lab import standalone
from lab.machine import FIRST_ADAPTER_SLOT
from tests.guest.conftest import Testbed

KERNEL, POLLED = "vmxnet3", "uio_pci_generic"
UNIT = "nfv-dpdk-bind.service"
_LOOK = """
for device in /sys/bus/pci/devices/*; do
    [ "$(cat "$device/vendor"):$(cat "$device/device")" = 0x15ad:0x07b0 ] || continue
    echo "${device##*/} $(basename "$(readlink "$device/driver")")"
done
"""


def drivers(testbed: Testbed) -> dict[str, str]:
    """The driver of each adapter by its PCI slot."""
    return {line.split()[0][8:10]: line.split()[1] for line in testbed.shell(_LOOK).splitlines()}


def unit_state(testbed: Testbed) -> str:
    return testbed.shell(f"systemctl is-active {UNIT} || :").strip()


def recorded(testbed: Testbed) -> dict[str, str]:
    """The PCI slot of each recorded adapter by its MAC address."""
    record = json.loads(testbed.shell("cat /etc/nfv-vsphere-dpdk/adapters.json"))
    return {entry["mac"]: entry["pci_address"][8:10] for entry in record["adapters"]}


def bind(testbed: Testbed) -> int:
    """Runs role dpdk_bind, and returns how many tasks changed something."""
    run = testbed.play("role", role="dpdk_bind")
    assert run.succeeded, run.output
    return run.changed


@pytest.fixture
def bound(booted: Testbed) -> t.Iterator[Testbed]:
    """The guest with two polled adapters; afterwards it runs as before, on its hardware of before."""
    assert bind(booted) == 1
    try:
        yield booted
    finally:
        standalone.stop(booted.state, booted.guest, print)
        standalone.fresh(booted.state, booted.guest, standalone.BOOTED, print)


def test_slots_shifted(bound: Testbed) -> None:
    assert drivers(bound) == {"10": KERNEL, "11": POLLED, "12": POLLED}
    macs = [bound.guest.mac(position) for position in (1, 2)]
    assert recorded(bound) == dict(zip(macs, ("11", "12")))

    # The management adapter is where the first polled one was: taken, it would not answer here.
    standalone.power_off(bound.state, bound.guest, print)
    shifted = dataclasses.replace(
        bound, guest=dataclasses.replace(bound.guest, first_adapter_slot=FIRST_ADAPTER_SLOT + 1)
    )
    standalone.start(shifted.state, shifted.guest, print)
    assert drivers(shifted) == {"11": KERNEL, "12": KERNEL, "13": KERNEL}
    assert unit_state(shifted) == "failed"
    journal = shifted.shell(f"journalctl --boot --unit {UNIT} --priority err --output cat")
    assert f"s5u ({macs[0]}, 0000:00:11.0): not bound to {POLLED}" in journal
    assert f"the adapter at this PCI address is {bound.guest.mac(0)} now: slots have shifted" in journal

    assert bind(shifted) == 1
    assert drivers(shifted) == {"11": KERNEL, "12": POLLED, "13": POLLED}
    assert recorded(shifted) == dict(zip(macs, ("12", "13")))
    assert bind(shifted) == 0

    shifted.reboot()
    assert drivers(shifted) == {"11": KERNEL, "12": POLLED, "13": POLLED}
    assert unit_state(shifted) == "active"
    assert bind(shifted) == 0
