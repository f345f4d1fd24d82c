# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Distributions by their os-release."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.distribution import (
    DEBIAN,
    REDHAT,
    Family,
    parse_os_release,
)

DEBIAN_12 = """\
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
VERSION="12 (bookworm)"
VERSION_CODENAME=bookworm
ID=debian
HOME_URL="https://www.debian.org/"
"""
UBUNTU = 'PRETTY_NAME="Ubuntu 24.04.1 LTS"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n'
ROCKY = 'PRETTY_NAME="Rocky Linux 9.4 (Blue Onyx)"\nID="rocky"\nID_LIKE="rhel centos fedora"\nVERSION_ID="9.4"\n'
MINT = "ID=linuxmint\nID_LIKE='ubuntu debian'\nVERSION_ID='22'\n"


@pytest.mark.parametrize(
    ("text", "release", "family"),
    [
        (DEBIAN_12, "debian 12", DEBIAN),
        (UBUNTU, "ubuntu 24.04", DEBIAN),
        (ROCKY, "rocky 9.4", REDHAT),
        (MINT, "linuxmint 22", DEBIAN),
        ("ID=debian\n", "debian", DEBIAN),
    ],
)
def test_release_and_family(text: str, release: str, family: Family) -> None:
    distribution = parse_os_release(text)
    assert (distribution.release, distribution.family) == (release, family)


def test_name_is_the_pretty_one() -> None:
    assert parse_os_release(DEBIAN_12).name == "Debian GNU/Linux 12 (bookworm)"
    assert parse_os_release("ID=debian\n").name == "debian"


@pytest.mark.parametrize(("text", "named"), [("ID=arch\n", "arch"), ("", "/etc/os-release")])
def test_other_distributions_are_refused(text: str, named: str) -> None:
    with pytest.raises(NfvError, match=named) as caught:
        parse_os_release(text)
    assert caught.value.error_code == "distribution_unsupported"
