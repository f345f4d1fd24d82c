# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The description of a guest's first boot is read whole: every problem with its key path, and no key in a message."""

from __future__ import annotations

import base64
import time
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.filter.first_boot import guest_problems, vms_with_guest
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.guest.model import GuestDescription, User
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.guest.parse import parse_guest
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.guest.public_keys import public_key
from tests.support.hostile import HOSTILE


def made_key(kind: str = "ssh-ed25519", body: bytes = bytes(32)) -> str:
    fields = b"".join(len(field).to_bytes(4, "big") + field for field in (kind.encode(), body))
    return f"{kind} {base64.b64encode(fields).decode()}"


KEY = made_key()
WHOLE: dict[str, t.Any] = {
    "host_name": "pgw-1.example.com",
    "addresses": ["192.0.2.10/24", "2001:db8::10/64"],
    "gateways": ["192.0.2.1", "2001:db8::1"],
    "dns_servers": ["192.0.2.53"],
    "dns_search": ["example.com"],
    "ntp_servers": ["ntp.example.com", "192.0.2.123"],
    "user": {"name": "operator", "ssh_authorized_keys": [f"{KEY} me@desk"], "sudo": True},
}


def found(description: t.Any) -> set[tuple[str, str]]:
    return {(problem.path.removeprefix("nfv_guest."), problem.error_code) for problem in parse_guest(description)[1]}


def test_a_valid_description_has_no_problem() -> None:
    assert parse_guest(WHOLE) == (
        GuestDescription(
            host_name="pgw-1.example.com",
            addresses=("192.0.2.10/24", "2001:db8::10/64"),
            gateways=("192.0.2.1", "2001:db8::1"),
            dns_servers=("192.0.2.53",),
            dns_search=("example.com",),
            ntp_servers=("ntp.example.com", "192.0.2.123"),
            user=User("operator", (f"{KEY} me@desk",), sudo=True),
        ),
        (),
    )


def test_everything_has_a_default_and_one_entry_needs_no_list() -> None:
    assert parse_guest({}) == (GuestDescription(), ())
    assert parse_guest({"addresses": "192.0.2.10/24"}) == (GuestDescription(addresses=("192.0.2.10/24",)), ())


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"adresses": []}, "adresses", "key_unknown"),
        ({"host_name": "pgw_1"}, "host_name", "value_malformed"),
        ({"host_name": "192.0.2.10"}, "host_name", "value_malformed"),
        ({"host_name": "x" * 64}, "host_name", "value_malformed"),
        ({"addresses": ["192.0.2.10"]}, "addresses[0]", "address_invalid"),
        ({"addresses": ["192.0.2.0/24"]}, "addresses[0]", "address_invalid"),
        ({"addresses": ["192.0.2.255/24"]}, "addresses[0]", "address_invalid"),
        ({"addresses": ["192.0.2.10/33"]}, "addresses[0]", "address_invalid"),
        ({"addresses": ["127.0.0.1/8"]}, "addresses[0]", "address_invalid"),
        ({"addresses": ["fe80::1/64"]}, "addresses[0]", "address_invalid"),
        ({"addresses": ["2001:db8::/64"]}, "addresses[0]", "address_invalid"),
        ({"addresses": ["192.0.2.10/24", "192.0.2.10/25"]}, "addresses[1]", "name_repeated"),
        ({"addresses": 7}, "addresses", "value_type_wrong"),
        ({"addresses": ["192.0.2.10/24"] * 17}, "addresses", "value_out_of_range"),
        ({"gateways": ["198.51.100.1"]}, "gateways[0]", "address_invalid"),
        ({"gateways": ["192.0.2.10"]}, "gateways[0]", "address_invalid"),
        ({"gateways": ["192.0.2.1", "192.0.2.2"]}, "gateways[1]", "name_repeated"),
        ({"addresses": None}, "gateways[0]", "address_invalid"),
        ({"dns_servers": ["ns.example.com"]}, "dns_servers[0]", "address_invalid"),
        ({"dns_servers": ["192.0.2.1"] * 4}, "dns_servers", "value_out_of_range"),
        ({"dns_search": ["example..com"]}, "dns_search[0]", "value_malformed"),
        ({"ntp_servers": ["192.0.2.256"]}, "ntp_servers[0]", "value_malformed"),
        ({"user": {"name": "operator"}}, "user.ssh_authorized_keys", "key_missing"),
        ({"user": {"name": "operator", "ssh_authorized_keys": []}}, "user.ssh_authorized_keys", "key_missing"),
        ({"user": {"name": "root", "ssh_authorized_keys": [KEY]}}, "user.name", "value_not_allowed"),
        ({"user": {"name": "Operator", "ssh_authorized_keys": [KEY]}}, "user.name", "value_malformed"),
        ({"user": {"name": "a\nb", "ssh_authorized_keys": [KEY]}}, "user.name", "value_malformed"),
        ({"user": {"name": "o", "ssh_authorized_keys": [KEY[:-8]]}}, "user.ssh_authorized_keys[0]", "value_malformed"),
        ({"user": {"name": "o", "ssh_authorized_keys": ["x"]}}, "user.ssh_authorized_keys[0]", "value_malformed"),
        ({"user": {"name": "o", "ssh_authorized_keys": [KEY], "sudo": "?"}}, "user.sudo", "value_type_wrong"),
        ({"user": {"name": "o", "ssh_authorized_keys": [KEY], "password": "x"}}, "user.password", "key_unknown"),
    ],
)
def test_each_mistake_is_found_with_its_path(change: dict[str, t.Any], path: str, code: str) -> None:
    assert (path, code) in found({**WHOLE, **change})


def test_a_private_key_is_named_as_one_and_never_shown() -> None:
    secret = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAA\n-----END OPENSSH PRIVATE KEY-----"
    (problem,) = guest_problems({"user": {"name": "operator", "ssh_authorized_keys": [secret]}})
    assert "is a private key" in problem["message"]
    assert "b3Blb" not in str(problem)


def test_a_key_must_be_what_it_says() -> None:
    kind, _space, text = KEY.partition(" ")
    assert public_key(f"{KEY} a comment") == (kind, text)
    assert public_key(f"ssh-rsa {text}") is None
    assert public_key(f"{KEY}\n{KEY}") is None
    assert public_key('command="x" ' + KEY) is None


@pytest.mark.parametrize("name", sorted(HOSTILE))
@pytest.mark.parametrize("place", [None, *WHOLE])
def test_hostile_values_are_problems_at_once(name: str, place: str | None) -> None:
    began = time.process_time()
    problems = guest_problems(HOSTILE[name] if place is None else {**WHOLE, place: HOSTILE[name]})
    assert time.process_time() - began < 1
    assert all(len(problem["message"]) < 500 for problem in problems)


def test_vms_are_those_whose_hosts_have_a_description() -> None:
    vms = [{"name": "pgw-1", "dataplane": {}}, {"name": "pgw-2", "dataplane": {}}]
    hostvars = {"pgw-1": {"nfv_guest": WHOLE}, "pgw-2": {}}
    assert vms_with_guest(vms, hostvars) == [{"name": "pgw-1", "dataplane": {}, "guest": WHOLE}]
