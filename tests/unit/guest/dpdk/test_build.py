# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a build is made from, and the stamp that it carries."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.build import (
    Build,
    Stamp,
    format_stamp,
    read_stamp,
)

if t.TYPE_CHECKING:
    from ..conftest import RecordedGuest

BUILD = Build("sha256:27a3", "debian 12", "/opt/dpdk", ("bus/pci", "net/vmxnet3"), ("test-pmd",))


def test_options_of_meson() -> None:
    build = dataclasses.replace(BUILD, disabled_libraries=("*",))
    assert build.options == {
        "buildtype": "release",
        "strip": "true",
        "platform": "generic",
        "tests": "false",
        "enable_drivers": "bus/pci,net/vmxnet3",
        "enable_apps": "test-pmd",
        "disable_libs": "*",
        "prefix": "/opt/dpdk",
        "libdir": "lib",
    }
    assert "disable_libs" not in BUILD.options


def test_callers_options_win_except_where_it_is_installed() -> None:
    options = dataclasses.replace(BUILD, meson_options={"platform": "native", "prefix": "/usr", "libdir": "x"}).options
    assert (options["platform"], options["prefix"], options["libdir"]) == ("native", "/opt/dpdk", "lib")


@pytest.mark.parametrize(
    "change",
    [
        {"source_checksum": "sha256:27a4"},
        {"release": "debian 13"},
        {"prefix": "/opt/other"},
        {"drivers": ("bus/pci",)},
        {"apps": ()},
        {"disabled_libraries": ("*",)},
        {"meson_options": {"platform": "native"}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_whatever_changes_the_build_changes_its_digest(change: dict[str, t.Any]) -> None:
    other = dataclasses.replace(BUILD, **change)
    assert other.digest != BUILD.digest
    assert other.archive != BUILD.archive
    assert dataclasses.replace(BUILD).digest == BUILD.digest


def test_names_of_drivers_and_programs() -> None:
    build = dataclasses.replace(BUILD, drivers=("net/vmxnet3", "common/*"), apps=("test-pmd", "proc-info", "*"))
    assert build.libraries == ("librte_net_vmxnet3.so",)
    assert build.programs == ("dpdk-testpmd", "dpdk-proc-info")


def test_stamp_is_read_as_it_was_written(fresh: RecordedGuest) -> None:
    assert read_stamp(fresh, "/opt/dpdk") is None
    fresh.lay_out("/opt/dpdk/.nfv-vsphere-dpdk.json", format_stamp(BUILD, "24.11.4"))
    assert read_stamp(fresh, "/opt/dpdk") == Stamp(BUILD.digest, "24.11.4", ("dpdk-testpmd",))


@pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
def test_stamp_that_is_damaged_is_none(text: str, fresh: RecordedGuest) -> None:
    fresh.lay_out("/opt/dpdk/.nfv-vsphere-dpdk.json", text)
    assert read_stamp(fresh, "/opt/dpdk") is None
