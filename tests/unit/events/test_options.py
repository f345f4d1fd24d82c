# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments of the event source are checked before any connection."""

from __future__ import annotations

import datetime as dt
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._events.event import KINDS, VmEvent
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._events.options import options_of

GIVEN = {"hostname": "vc", "username": "u", "password": "secret-1"}


def event_of(user: str) -> VmEvent:
    now = dt.datetime(2026, 1, 31, tzinfo=dt.timezone.utc)
    return VmEvent(1, now, "VmRenamedEvent", "pgw-1", "vm-1", user, "esx-1", "")


def test_the_environment_counts_where_an_argument_is_not_given() -> None:
    environment = {"VMWARE_HOST": "vc-e", "VMWARE_USER": "e", "VMWARE_PASSWORD": "p", "VMWARE_VALIDATE_CERTS": "no"}
    options = options_of({"hostname": "vc", "port": "8443", "ca_path": None}, environment)
    assert (options.hostname, options.username, options.port, options.validate_certs) == ("vc", "e", 8443, False)
    assert options_of(GIVEN, {}).validate_certs is True


def test_what_is_empty_is_as_if_it_were_not_given() -> None:
    """A rulebook has every argument, and empty ones where its variables are not set."""
    empty = dict.fromkeys(("port", "validate_certs", "ca_path", "datacenter", "interval", "position_file"), "")
    options = options_of({**GIVEN, **empty, "hostname": "", "vms": [], "user_names": []}, {"VMWARE_HOST": "vc-e"})
    assert options == options_of({**GIVEN, "hostname": "vc-e"}, {})


def test_events_are_chosen_by_type_user_and_vm() -> None:
    chosen = {"event_type_ids": ["vim.event.VmRenamedEvent"], "user_names": ["DOM\\Alice"], "vms": ["pgw-1"]}
    options = options_of({**GIVEN, **chosen, "event_type": "system"}, {})
    assert options.type_ids == ("VmRenamedEvent",)
    assert [options.hears(event_of(user)) for user in ("dom\\alice", "DOM\\bob", "")] == [True, False, False]
    assert [options.answers_for(name) for name in ("pgw-1", "pgw-2")] == [True, False]
    every = options_of(GIVEN, {})
    assert every.type_ids == tuple(KINDS)
    assert every.hears(event_of(""))
    assert every.answers_for("pgw-2")


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
        ({"proxy_host": "p"}, r"\[key_unknown\] .*proxy_host.*run the source where"),
        ({"severity": ["info"]}, r"\[key_unknown\] .*severity.*event_type_ids"),
        ({"event_tags": ["t"]}, r"\[key_unknown\] .*event_tags.*event_type_ids"),
        ({"event_type": "user"}, r"\[value_not_allowed\] .*event_type.*vcenter_event_manager"),
        ({"event_type_ids": ["vim.event.UserLoginSessionEvent"]}, r"\[value_not_allowed\] .*Login.*VmRenamedEvent"),
        ({"vms": "pgw-1"}, r"\[value_type_wrong\] .*vms.*list"),
        ({"user_names": [1]}, r"\[value_type_wrong\] .*user_names.*list"),
        ({"password": 1e5}, r"\[value_type_wrong\] .*password: a float is no string. Set VMWARE_PASSWORD"),
        ({"position_file": "events/position.json"}, r"\[value_malformed\] .*position_file.*absolute"),
        ({"position_file": "~/position.json"}, r"\[value_malformed\] .*position_file.*absolute"),
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
