# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is asked of a tester follows from its variables and the gateways'."""

from __future__ import annotations

import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.filter.tester_interfaces import FilterModule

TESTER = {"interfaces": {"PG-S5U": "s5u", "PG-SGi": "sgi"}, "s5u_interface": "s5u", "sgi_interface": "sgi"}
GATEWAY: dict[str, t.Any] = {
    "s5u": {"adapter": "s5u", "address": "198.18.1.1/24", "mtu": 1536},
    "sgi": {"adapter": "sgi", "address": "198.18.2.1/24", "next_hop": "198.18.2.2"},
    "sessions": [{"peer_address": "198.18.1.2"}],
}
VERIFY = {"peer_address": "198.18.1.9", "server_address": "198.18.9.9"}


def asked(tester: t.Any, gateways: t.Any = ()) -> t.Any:
    return FilterModule().filters()["tester_interfaces"](tester, gateways)


def test_a_gateways_addresses_and_the_testers_own() -> None:
    assert asked(TESTER, [GATEWAY]) == [
        {"name": "s5u", "address": "198.18.1.2", "mtu": 1536, "neighbours": [{"address": "198.18.1.1"}]},
        {"name": "sgi", "address": "198.18.2.2", "neighbours": [{"address": "198.18.2.1"}]},
    ]


def test_addresses_set_aside_for_verification_go_first() -> None:
    found = asked(TESTER, [{**GATEWAY, "verify_session": VERIFY}])
    assert [entry["address"] for entry in found] == ["198.18.1.9", "198.18.9.9"]


def test_nobody_may_have_the_address_of_a_gateway_that_is_not_there() -> None:
    found = asked(TESTER, [{**GATEWAY, "present": False}])
    assert [entry["neighbours"] for entry in found] == [
        [{"address": "198.18.1.1", "macs": []}],
        [{"address": "198.18.2.1", "macs": []}],
    ]


def test_two_gateways_share_what_is_alike() -> None:
    second = {**GATEWAY, "s5u": {**GATEWAY["s5u"], "address": "198.18.1.3/24", "mtu": 1500}}
    s5u, sgi = asked(TESTER, [GATEWAY, second])
    assert s5u["mtu"] == 1536
    assert s5u["neighbours"] == [{"address": "198.18.1.1"}, {"address": "198.18.1.3"}]
    assert sgi["neighbours"] == [{"address": "198.18.2.1"}]


def test_without_a_gateway_the_interfaces_alone_are_asked() -> None:
    assert asked(TESTER) == [{"name": "s5u"}, {"name": "sgi"}]
    assert asked({"interfaces": {"PG-X": "eth1"}}, [GATEWAY, {}]) == [{"name": "eth1"}]
    assert asked({}) == []


@pytest.mark.parametrize("tester", [None, 3, [1]])
def test_other_shapes_are_refused(tester: t.Any) -> None:
    with pytest.raises(AnsibleFilterError, match="filter_input_invalid"):
        asked(tester, [GATEWAY])
