# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every spelling of a MAC address is the same address, and nothing else is one."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.mac_address import normal_mac

SPELLINGS = (
    "00:50:56:ab:cd:0f",
    "00:50:56:AB:CD:0F",
    "00-50-56-ab-cd-0f",
    "00-50-56-AB-CD-0F",
    "0050.56ab.cd0f",
    "0050.56AB.CD0F",
    "0050-56ab-cd0f",
    "005056abcd0f",
    " 00:50:56:ab:cd:0f\n",
)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_is_the_same_address(spelling: str) -> None:
    assert normal_mac(spelling) == "00:50:56:ab:cd:0f"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "00:50:56:ab:cd",
        "00:50:56:ab:cd:0f:01",
        "00:50-56:ab:cd:0f",
        "0:50:56:ab:cd:f",
        "0050.56abcd0f",
        "00:50:56:ab:cd:0g",
        "\u0660\u0660:50:56:ab:cd:0f",
        None,
        5056,
        b"00:50:56:ab:cd:0f",
    ],
)
def test_anything_else_is_none(text: object) -> None:
    assert normal_mac(text) is None
