# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the generator of traffic needs of its VM: adapters under a userspace driver, free ones, and hugepages."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.testpmd.run import (
    GeneratorAdapter,
    check_memory,
    locate,
    remove_runtime_directory,
)
from tests.unit.guest.conftest import MACS, S5U, SGI, RecordedGuest

if t.TYPE_CHECKING:
    from pathlib import Path

GUEST_MAC = "00:50:56:01:00:f2"


def side(mac: str) -> GeneratorAdapter:
    return GeneratorAdapter(mac, GUEST_MAC)


def refusal(guest: RecordedGuest, mac: str) -> NfvError:
    with pytest.raises(NfvError) as refused:
        locate(guest, side(mac))
    return refused.value


def test_bound_adapters_are_found_by_the_recorded_mac(bound: RecordedGuest) -> None:
    assert [locate(bound, side(MACS[address])) for address in (S5U, SGI)] == [S5U, SGI]


def test_an_adapter_of_the_kernel_is_refused(fresh: RecordedGuest) -> None:
    refused = refusal(fresh, MACS[S5U])
    assert refused.error_code == "adapter_not_bound"
    assert refused.subject == f"{MACS[S5U]} ({S5U})"
    assert "driven by vmxnet3" in str(refused)
    assert "dpdk_bind" in refused.remedy


def test_an_adapter_without_any_driver_is_refused(bound: RecordedGuest) -> None:
    bound.path(f"/sys/bus/pci/devices/{SGI}/driver").unlink()
    assert "driven by no driver" in str(refusal(bound, MACS[SGI]))


def test_a_mac_that_nobody_has_is_refused(bound: RecordedGuest) -> None:
    assert refusal(bound, GUEST_MAC).error_code == "adapter_not_found"


def test_an_adapter_that_a_program_drives_is_refused(bound: RecordedGuest) -> None:
    (handle,) = bound.names(f"/sys/bus/pci/devices/{S5U}/uio")
    bound.lay_out("/proc/612/fd/7", {"link": f"/dev/{handle}"})
    bound.lay_out("/proc/612/comm", "dpdk-testpmd\n")
    refused = refusal(bound, MACS[S5U])
    assert refused.error_code == "device_busy"
    assert "dpdk-testpmd (process 612)" in str(refused)


def test_free_hugepages_must_hold_testpmd(bound: RecordedGuest, fresh: RecordedGuest) -> None:
    check_memory(bound, 512)
    with pytest.raises(NfvError) as refused:
        check_memory(bound, 513)
    assert refused.value.error_code == "hugepages_short"
    assert "512 MiB of hugepages are free" in str(refused.value)
    with pytest.raises(NfvError, match="0 MiB of hugepages are free"):
        check_memory(fresh, 64)


def test_the_runtime_directory_goes_unless_it_is_used(tmp_path: Path) -> None:
    ours, used = tmp_path / "ours", tmp_path / "used"
    ours.mkdir()
    used.mkdir()
    (used / "config").touch()
    for directory in (ours, used, tmp_path / "missing"):
        remove_runtime_directory(str(directory))
    assert (ours.exists(), used.exists()) == (False, True)
