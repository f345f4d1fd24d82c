# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What iproute2 prints is whole and of the expected shape, or an error that names the command."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.addresses import read_interfaces, read_uses


@pytest.mark.parametrize(
    "output",
    [
        '[{"ifname":"ens192","addr_info":[{"local":"192.0.',
        "null",
        '{"ifname": "ens192"}',
        '["ens192"]',
        '[{"addr_info": [{"local": "192.0.2.1", "scope": "global"}]}]',
        '[{"ifname": "ens192", "addr_info": [1]}]',
        '[{"dst": "default", "nexthops": 1, "ifname": "a", "addr_info": 2}]',
        "[" * 100000,
    ],
    ids=["cut", "null", "object", "text", "no name", "odd address", "odd hops", "deep"],
)
def test_an_output_that_cannot_be_read_is_an_error_with_a_remedy(output: str) -> None:
    def run(_argv: t.Sequence[str]) -> tuple[int, str, str]:
        return 0, output, ""

    with pytest.raises(NfvError) as told:
        read_uses(run, read_interfaces(run))
    assert told.value.error_code == "output_unreadable"
    assert told.value.subject.startswith("ip -json")
    assert "by hand" in told.value.remedy


def test_no_output_is_no_interface() -> None:
    assert read_uses(lambda _argv: (0, "", ""), []) == {}
