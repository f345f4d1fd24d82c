# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""guestinfo becomes the files of a NoCloud drive; what vmware-rpctool says comes back by key."""

from __future__ import annotations

import base64
import gzip
import json

import pytest

from lab.errors import LabError
from lab.guestinfo import said, seed_files

METADATA = {"instance-id": "42", "local-hostname": "pgw-1", "network": {"version": 2, "ethernets": {}}}


def encoded(text: str) -> str:
    return base64.b64encode(gzip.compress(text.encode())).decode()


def test_the_drive_says_what_guestinfo_says() -> None:
    guestinfo = {
        "metadata": encoded(json.dumps(METADATA)),
        "metadata.encoding": "gzip+base64",
        "userdata": "#cloud-config\n{}",
    }
    files = seed_files("pgw-1", guestinfo)
    assert {name: content if name == "user-data" else json.loads(content) for name, content in files.items()} == {
        "meta-data": {"instance-id": "42", "local-hostname": "pgw-1"},
        "user-data": b"#cloud-config\n{}",
        "network-config": METADATA["network"],
    }


@pytest.mark.parametrize(
    "guestinfo",
    [
        {"metadata": "!", "metadata.encoding": "base64"},
        {"metadata": "e30=", "metadata.encoding": "gzip+base64"},
        {"metadata": "e30=", "metadata.encoding": "rot13"},
        {"metadata": "instance-id: 42"},
    ],
)
def test_what_cloud_init_could_not_read_is_refused(guestinfo: dict[str, str]) -> None:
    with pytest.raises(LabError, match=r"^\[?guestinfo_malformed|pgw-1: guestinfo cannot be read"):
        seed_files("pgw-1", guestinfo)


def test_the_last_value_of_each_key_counts_and_nothing_beyond_guestinfo() -> None:
    lines = "info-set guestinfo.a 1\ninfo-set guestinfo.a 2 3\ninfo-set displayName x\nhalf a li"
    assert said(lines) == {"guestinfo.a": "2 3"}
