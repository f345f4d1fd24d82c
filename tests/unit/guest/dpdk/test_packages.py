# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages: those that are installed, those that are missing, and the record of those that were brought."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.packages import (
    QUERIES,
    RECORD,
    missing_packages,
    parse_installed,
    plan_record,
    read_installed,
    read_record,
    upstream_version,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import apply

if t.TYPE_CHECKING:
    from ..conftest import RecordedGuest

# dpkg-query in a Debian 12 guest, some lines of it; tuned was removed and not purged.
DPKG = """\
dpdk installed 22.11.11-0+deb12u1
driverctl installed 0.111-1
librte-net-vmxnet3-23 installed 22.11.11-0+deb12u1
python3 installed 3.11.2-1+b1
tuned config-files 2.20.0-1
"""
RPM = """\
dpdk installed 23.11-1.el9
driverctl installed 0.111-2.el9
"""
APT, DNF = (" ".join(QUERIES[manager]) for manager in ("apt", "dnf"))
SIMULATE = "apt-get install --simulate --quiet=2 --option=APT::Install-Recommends={} {}"
# apt-get in the same guest: an upgraded package has its old version in brackets.
SIMULATED = """\
Inst libatomic1 (12.2.0-14+deb12u1 Debian:12.12/oldstable [amd64]) []
Inst libssl3 [3.0.16-1~deb12u1] (3.0.17-1~deb12u2 Debian-Security:12/oldstable-security [amd64])
Inst openvswitch-switch-dpdk (3.1.0-2+deb12u1 Debian:12.12/oldstable [amd64])
Conf libatomic1 (12.2.0-14+deb12u1 Debian:12.12/oldstable [amd64])
Conf openvswitch-switch-dpdk (3.1.0-2+deb12u1 Debian:12.12/oldstable [amd64])
"""


def test_removed_package_with_configuration_left_does_not_count() -> None:
    assert "tuned" not in parse_installed(DPKG)
    assert parse_installed(DPKG)["driverctl"] == "0.111-1"
    assert parse_installed(RPM) == {"dpdk": "23.11-1.el9", "driverctl": "0.111-2.el9"}


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("dpdk", False),
        ("librte-net-vmxnet3-*", False),
        ("librte-net-*-23", False),
        ("librte-net-e1000-*", True),
        # A whole name, and no regular expression.
        ("dpd", True),
        ("python.", True),
        ("tuned", True),
    ],
)
def test_wildcards(name: str, missing: bool) -> None:
    assert missing_packages([name], parse_installed(DPKG)) == ((name,) if missing else ())


@pytest.mark.parametrize(
    ("package", "dpdk"),
    [
        ("22.11.11-0+deb12u1", "22.11.11"),
        ("24.11.4-0+deb13u1", "24.11.4"),
        ("1:22.11.11-0+deb12u1", "22.11.11"),
        ("23.11.4-0ubuntu0.24.04.1", "23.11.4"),
        ("25.11~rc2-1", "25.11"),
        ("23.11-1.el9", "23.11"),
    ],
)
def test_dpdk_version_of_a_package(package: str, dpdk: str) -> None:
    assert upstream_version(package) == dpdk


def test_package_database_that_cannot_be_read_is_an_error(fresh: RecordedGuest) -> None:
    fresh.failing.add(APT)
    with pytest.raises(NfvError, match="failed on purpose") as caught:
        read_installed(fresh, "apt")
    assert caught.value.error_code == "packages_unreadable"


def test_apt_tells_beforehand_what_comes(fresh: RecordedGuest) -> None:
    fresh.outputs[APT] = DPKG
    fresh.outputs[SIMULATE.format(1, "openvswitch-switch-dpdk")] = SIMULATED
    fresh.lay_out(RECORD, "driverctl\n")
    first = plan_record(fresh, "apt", ["openvswitch-switch-dpdk"])
    assert first.after == {"packages": ["driverctl", "libatomic1", "openvswitch-switch-dpdk"]}
    apply(first.steps, fresh)
    assert read_record(fresh) == ("driverctl", "libatomic1", "openvswitch-switch-dpdk")
    # An interrupted run asks again.
    assert not plan_record(fresh, "apt", ["openvswitch-switch-dpdk"]).changed


def test_apt_is_asked_without_recommended_packages(fresh: RecordedGuest) -> None:
    fresh.outputs[SIMULATE.format(0, "gcc")] = "Inst gcc (4:12.2.0-3 Debian:12.12/oldstable [amd64])\n"
    assert plan_record(fresh, "apt", ["gcc"], install_recommends=False).result["packages"] == ["gcc"]


def test_package_that_apt_does_not_know_is_named(fresh: RecordedGuest) -> None:
    fresh.failing.add(SIMULATE.format(1, "dpdkk"))
    with pytest.raises(NfvError, match=r"\] dpdkk: apt cannot install them: failed on purpose") as caught:
        plan_record(fresh, "apt", ["dpdkk"])
    assert caught.value.error_code == "packages_unavailable"


def test_dnf_tells_afterwards_what_came(fresh: RecordedGuest) -> None:
    fresh.outputs[DNF] = RPM
    first = plan_record(fresh, "dnf", ["dpdk-tools"])
    assert first.result == {"packages": ["dpdk-tools"], "installed": ["dpdk", "driverctl"]}
    apply(first.steps, fresh)
    fresh.outputs[DNF] = RPM + "dpdk-tools installed 23.11-1.el9\npython3-pyelftools installed 0.27-3.el9\n"
    second = plan_record(fresh, "dnf", ["dpdk-tools"], installed_before=first.result["installed"])
    apply(second.steps, fresh)
    assert read_record(fresh) == ("dpdk-tools", "python3-pyelftools")
