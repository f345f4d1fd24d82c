# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments of the event source are checked before any connection."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._events.options import options_of

GIVEN = {"hostname": "vc", "username": "u", "password": "secret-1"}


def test_the_environment_counts_where_an_argument_is_not_given() -> None:
    environment = {"VMWARE_HOST": "vc-e", "VMWARE_USER": "e", "VMWARE_PASSWORD": "p", "VMWARE_VALIDATE_CERTS": "no"}
    options = options_of({"hostname": "vc", "port": "8443", "ca_path": None}, environment)
    assert (options.hostname, options.username, options.port, options.validate_certs) == ("vc", "e", 8443, False)
    assert options_of(GIVEN, {}).validate_certs is True


def test_the_password_is_in_no_representation() -> None:
    assert "secret-1" not in repr(options_of(GIVEN, {}))


def test_a_start_is_in_utc() -> None:
    start = options_of({**GIVEN, "initial_start_time": "2026-01-31 12:00:00"}, {}).start
    assert start is not None
    assert start.isoformat() == "2026-01-31T12:00:00+00:00"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"password": ""}, r"\[key_missing\] .*password.*VMWARE_PASSWORD"),
        ({"intervall": 5}, r"\[key_unknown\] .*intervall.*interval"),
        ({"proxy_host": "p"}, r"\[key_unknown\] .*proxy_host"),
        ({"port": "https"}, r"\[value_type_wrong\] .*port"),
        ({"port": 70000}, r"\[value_out_of_range\] .*port"),
        ({"interval": 0}, r"\[value_out_of_range\] .*interval"),
        ({"interval": True}, r"\[value_type_wrong\] .*interval"),
        ({"validate_certs": "perhaps"}, r"\[value_type_wrong\] .*validate_certs"),
        ({"position_file": 5}, r"\[value_type_wrong\] .*position_file"),
        ({"initial_start_time": "yesterday"}, r"\[value_malformed\] .*initial_start_time"),
    ],
)
def test_wrong_arguments_are_named(arguments: dict[str, t.Any], message: str) -> None:
    with pytest.raises(NfvError, match=message):
        options_of({**GIVEN, **arguments}, {})
