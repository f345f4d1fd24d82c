# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One look at a guest: what is missing, what is there, and what speaks against it."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.build import format_stamp
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module._dpdk_options import build_of
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.dpdk_install_info import gather

from .test_distribution import DEBIAN_12, ROCKY
from .test_packages import APT, DNF, DPKG, RPM

if t.TYPE_CHECKING:
    from ..conftest import RecordedGuest

DRIVER = "/usr/lib/x86_64-linux-gnu/dpdk/pmds-23.0/librte_net_vmxnet3.so.23.0"
ASKED: dict[str, t.Any] = {
    "packages": None,
    "extra_packages": [],
    "required_release": None,
    "build_host": "builder-1",
    "minimum_version": "22.11",
    "dataplane": {},
    "source_checksum": None,
    "prefix": "/opt/dpdk",
    "drivers": ["bus/pci", "net/vmxnet3"],
    "apps": ["test-pmd"],
    "disabled_libraries": [],
    "meson_options": {},
}
FROM_SOURCE = {"source_checksum": "sha256:27a3"}
STAMP = "/opt/dpdk/.nfv-vsphere-dpdk.json"
LDD = "ldd /opt/dpdk/bin/dpdk-testpmd"


def look(guest: RecordedGuest, **asked: t.Any) -> dict[str, t.Any]:
    return gather(guest, {**ASKED, **asked})


def codes(found: dict[str, t.Any]) -> list[str]:
    return [problem.partition("]")[0].lstrip("[") for problem in found["problems"]]


@pytest.fixture
def bare(fresh: RecordedGuest) -> RecordedGuest:
    """A Debian 12 guest without DPDK."""
    fresh.lay_out("/etc/os-release", DEBIAN_12)
    fresh.outputs[APT] = "python3 installed 3.11.2-1+b1\n"
    return fresh


@pytest.fixture
def installed(bare: RecordedGuest) -> RecordedGuest:
    """The same with Debian's DPDK."""
    bare.outputs[APT] = DPKG
    bare.lay_out(DRIVER, "")
    return bare


@pytest.fixture
def built(bare: RecordedGuest) -> RecordedGuest:
    """The same with a build from source."""
    bare.outputs[APT] = "driverctl installed 0.111-1\nlibnuma1 installed 2.0.16-1\n"
    bare.outputs[LDD] = "\tlibnuma.so.1 => /lib/x86_64-linux-gnu/libnuma.so.1 (0x00007f)\n"
    bare.lay_out(STAMP, format_stamp(build_of({**ASKED, **FROM_SOURCE}, "debian 12"), "24.11.4"))
    bare.lay_out("/opt/dpdk/lib/dpdk/pmds-25.0/librte_net_vmxnet3.so.25.0", "")
    return bare


def test_bare_guest(bare: RecordedGuest) -> None:
    found = look(bare, extra_packages=["dpdk-dev", "dpdk"])
    assert found["distribution"] == {
        "name": "Debian GNU/Linux 12 (bookworm)",
        "release": "debian 12",
        "package_manager": "apt",
    }
    assert list(found["packages"]["missing"]) == ["dpdk", "librte-net-vmxnet3-*", "dpdk-dev"]
    assert (found["dpdk"], found["build"], found["problems"], list(found["leftovers"])) == (None, None, [], [])


def test_guest_with_the_distributions_dpdk(installed: RecordedGuest) -> None:
    found = look(installed)
    assert not found["packages"]["missing"]
    assert found["dpdk"] == {
        "version": "22.11.11",
        "origin": "packages",
        "programs": "/usr/bin",
        "vmxnet3": True,
        "missing_libraries": (),
    }
    assert found["problems"] == []


def test_guest_of_the_rhel_family(fresh: RecordedGuest) -> None:
    fresh.lay_out("/etc/os-release", ROCKY)
    fresh.outputs[DNF] = RPM
    fresh.lay_out("/usr/lib64/dpdk-pmds/librte_net_vmxnet3.so.24", "")
    found = look(fresh)
    assert found["distribution"]["package_manager"] == "dnf"
    assert list(found["packages"]["missing"]) == ["dpdk-tools"]
    assert (found["dpdk"]["version"], found["dpdk"]["vmxnet3"]) == ("23.11", True)


def test_dpdk_that_is_too_old_is_refused_before_anything_is_installed(installed: RecordedGuest) -> None:
    found = look(installed, minimum_version="99.11", extra_packages=["dpdk-dev"])
    (problem,) = found["problems"]
    assert problem.startswith(
        "[dpdk_version_old] DPDK 22.11.11: it is installed, and minimum_version asks for 99.11 or later. Use a newer"
    )
    installed.outputs[APT] = DPKG.replace("22.11.11", "20.11.10")
    queues = {"adapters": [{"name": "s5u", "queues": 3}]}
    (problem,) = look(installed, minimum_version="20.11", dataplane=queues)["problems"]
    assert "adapters with 3 queues need 22.07 or later" in problem


def test_packages_without_dpdk_are_no_dpdk(installed: RecordedGuest) -> None:
    installed.outputs[APT] = "driverctl installed 0.111-1\n"
    assert codes(look(installed, packages=["driverctl"])) == ["dpdk_version_old"]
    assert codes(look(installed, packages=["driverctl", "dpdk"])) == []


def test_driver_is_judged_when_no_package_is_missing(installed: RecordedGuest) -> None:
    installed.path(DRIVER).unlink()
    assert codes(look(installed)) == ["pmd_missing"]
    assert codes(look(installed, extra_packages=["librte-net-e1000-*"])) == []


def test_build_that_is_asked_for(bare: RecordedGuest) -> None:
    found = look(bare, **FROM_SOURCE)
    assert list(found["packages"]["missing"]) == ["libnuma1"]
    assert (found["dpdk"], found["problems"]) == (None, [])
    assert "ninja-build" in found["build"]["packages"]
    assert not found["build"]["cached"]
    bare.lay_out(found["build"]["archive"], "")
    assert look(bare, **FROM_SOURCE)["build"]["cached"]


def test_guests_share_a_build_of_one_host_only(bare: RecordedGuest) -> None:
    groups = [
        look(bare, **{**FROM_SOURCE, **other})["build"]["group"]
        for other in ({}, {"extra_packages": ["x"]}, {"build_host": "builder-2"}, {"apps": []})
    ]
    assert groups[0] == groups[1]
    assert len(set(groups)) == 3


def test_guest_with_the_build(built: RecordedGuest) -> None:
    found = look(built, **FROM_SOURCE)
    assert (found["dpdk"]["version"], found["dpdk"]["origin"]) == ("24.11.4", "source")
    assert found["dpdk"]["programs"] == "/opt/dpdk/bin"
    assert found["problems"] == []


def test_other_build_is_replaced(built: RecordedGuest) -> None:
    found = look(built, **FROM_SOURCE, apps=["test-pmd", "proc-info"])
    assert (found["dpdk"], found["problems"]) == (None, [])


def test_prefix_of_somebody_else_is_refused(bare: RecordedGuest) -> None:
    bare.lay_out("/opt/dpdk/README", "mine")
    assert codes(look(bare, **FROM_SOURCE)) == ["prefix_occupied"]
    # With packages nothing would be replaced.
    assert codes(look(bare)) == []


def test_build_is_judged(built: RecordedGuest) -> None:
    built.outputs[LDD] = "\tlibnuma.so.1 => not found\n\tlibpcap.so.0.8 => not found\n"
    (problem,) = look(built, **FROM_SOURCE)["problems"]
    assert "[shared_library_missing] /opt/dpdk/bin: its programs do not find libnuma.so.1, libpcap.so.0.8." in problem
    built.path("/opt/dpdk/lib/dpdk/pmds-25.0/librte_net_vmxnet3.so.25.0").unlink()
    assert codes(look(built, **FROM_SOURCE)) == ["pmd_missing", "shared_library_missing"]
    assert codes(look(built, **FROM_SOURCE, minimum_version="25.11")) == ["dpdk_version_old"]


def test_program_of_a_build_that_is_gone_is_an_error(built: RecordedGuest) -> None:
    built.failing.add(LDD)
    with pytest.raises(NfvError) as caught:
        look(built, **FROM_SOURCE)
    assert caught.value.error_code == "build_incomplete"


def test_host_that_builds_must_be_of_the_guests_release(bare: RecordedGuest) -> None:
    assert look(bare, **FROM_SOURCE, required_release="debian 12")["build"]
    with pytest.raises(NfvError, match=r"Debian GNU/Linux 12 \(bookworm\): .* debian 13") as caught:
        look(bare, **FROM_SOURCE, required_release="debian 13")
    assert caught.value.error_code == "build_host_differs"


def test_only_this_collections_files_are_left_over(built: RecordedGuest) -> None:
    built.lay_out("/var/cache/nfv-vsphere-dpdk/dpdk-0.tar.gz", "")
    built.lay_out("/etc/nfv-vsphere-dpdk/dpdk_install.packages", "driverctl\ngone\n")
    built.lay_out("/opt/dpdk.next/notes", "an administrator's")
    built.lay_out("/opt/dpdk.nfv-vsphere-dpdk-next/bin/dpdk-testpmd", "")
    found = look(built)
    assert list(found["packages"]["recorded"]) == ["driverctl"]
    assert list(found["leftovers"]) == [
        "/opt/dpdk",
        "/opt/dpdk.nfv-vsphere-dpdk-next",
        "/var/cache/nfv-vsphere-dpdk",
        "/etc/nfv-vsphere-dpdk/dpdk_install.packages",
    ]
    built.path(STAMP).unlink()
    assert "/opt/dpdk" not in look(built)["leftovers"]
