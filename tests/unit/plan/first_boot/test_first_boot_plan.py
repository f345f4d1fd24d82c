# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest is told before its first boot, what is refused after it, and which host keys are believed."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import json
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.first_boot.documents import (
    decoded,
    encoded,
    render,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.first_boot.host_keys import (
    host_keys,
    with_host_keys,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.first_boot.model import (
    HOST_KEYS,
    METADATA,
    USERDATA,
    FirstBootState,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.first_boot.plan import plan_first_boot
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.guest.model import GuestDescription, User

MAC = "00:50:56:01:02:03"
UUID = "42000000-0000-0000-0000-00000000000A"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
OTHER_KEY = KEY[:-1] + "B"
STATE = FirstBootState("pgw-1", UUID, "poweredOff", template=False, mac=MAC, guestinfo={})
GUEST = GuestDescription(
    addresses=("192.0.2.10/24", "2001:db8::10/64"),
    gateways=("192.0.2.1", "2001:db8::1"),
    dns_servers=("192.0.2.53",),
    dns_search=("example.com",),
    ntp_servers=("ntp.example.com",),
    user=User("operator", (KEY,)),
)


def state(**changes: t.Any) -> FirstBootState:
    return dataclasses.replace(STATE, **changes)


def told(guest: GuestDescription = GUEST, **more: str) -> dict[str, str]:
    return {**encoded(render(guest, STATE, MAC)), **more}


def said(instance: str = UUID.lower(), keys: str = f"{KEY},") -> dict[str, str]:
    return {HOST_KEYS: f"{instance} {keys}"}


def refusal(current: FirstBootState, guest: GuestDescription = GUEST) -> NfvError:
    with pytest.raises(NfvError) as refused:
        plan_first_boot(current, guest)
    return refused.value


def test_metadata_names_the_adapter_by_mac_address() -> None:
    assert render(GUEST, STATE, MAC).metadata == {
        "instance-id": UUID.lower(),
        "local-hostname": "pgw-1",
        "network": {
            "version": 2,
            "ethernets": {
                "mgmt0": {
                    "match": {"macaddress": MAC},
                    "set-name": "mgmt0",
                    "dhcp4": False,
                    "dhcp6": False,
                    "addresses": ["192.0.2.10/24", "2001:db8::10/64"],
                    "routes": [{"to": "0.0.0.0/0", "via": "192.0.2.1"}, {"to": "::/0", "via": "2001:db8::1"}],
                    "nameservers": {"addresses": ["192.0.2.53"], "search": ["example.com"]},
                }
            },
        },
    }


def test_without_an_address_dhcp_gives_one() -> None:
    metadata = render(GuestDescription(), STATE, MAC).metadata
    expected = {"match": {"macaddress": MAC}, "set-name": "mgmt0", "dhcp4": True}
    assert metadata["network"]["ethernets"] == {"mgmt0": expected}


def test_userdata_lets_the_guest_make_its_keys_and_say_the_public_ones() -> None:
    userdata = render(GUEST, STATE, MAC).userdata
    assert (userdata["ssh_deletekeys"], userdata["ssh_genkeytypes"]) == (True, ["ed25519", "ecdsa"])
    assert "PRIVATE" not in json.dumps(userdata)
    assert "ssh_keys" not in userdata
    assert userdata["locale"] == "false"
    (command,) = userdata["runcmd"]
    assert command[:2] == ["sh", "-c"]
    assert command[2].startswith(f'vmware-rpctool "info-set {HOST_KEYS} {UUID.lower()} ')
    assert userdata["users"][0]["ssh_authorized_keys"] == [KEY]
    assert userdata["ntp"] == {"enabled": True, "servers": ["ntp.example.com"]}


def test_the_encoding_is_that_of_the_datasource() -> None:
    settings = told()
    assert settings[METADATA + ".encoding"] == settings[USERDATA + ".encoding"] == "gzip+base64"
    assert gzip.decompress(base64.b64decode(settings[USERDATA])).startswith(b"#cloud-config\n{")
    assert decoded(settings) == render(GUEST, STATE, MAC)


def test_a_name_that_can_be_no_host_name_needs_one() -> None:
    assert refusal(state(name="PGW 1")).error_code == "value_malformed"
    assert plan_first_boot(state(name="PGW 1"), dataclasses.replace(GUEST, host_name="pgw-1"))


def test_a_new_vm_is_told_and_then_nothing_more() -> None:
    plan = plan_first_boot(STATE, GUEST)
    assert dict(plan.settings) == told()
    assert plan.before == {}
    assert not plan_first_boot(state(guestinfo=told()), GUEST)


def test_what_another_zlib_packed_otherwise_is_the_same() -> None:
    other = told()
    text = gzip.decompress(base64.b64decode(other[METADATA]))
    other[METADATA] = base64.b64encode(gzip.compress(text, compresslevel=1, mtime=7)).decode()
    assert not plan_first_boot(state(guestinfo=other), GUEST)


@pytest.mark.parametrize(
    "foreign", [{METADATA: "instance-id: x"}, {METADATA: "!", METADATA + ".encoding": "gzip+base64"}]
)
def test_what_the_template_said_is_replaced(foreign: dict[str, str]) -> None:
    assert plan_first_boot(state(guestinfo=foreign), GUEST).settings[METADATA] == told()[METADATA]


def test_host_keys_that_the_original_said_are_removed() -> None:
    copied = said("42000000-0000-0000-0000-0000000000ff")
    assert plan_first_boot(state(guestinfo=copied), GUEST).settings[HOST_KEYS] is None
    assert dict(plan_first_boot(state(guestinfo=told(**copied)), GUEST).settings) == {HOST_KEYS: None}


@pytest.mark.parametrize(
    "current",
    [
        state(power_state="poweredOn", guestinfo=told(GuestDescription())),
        state(power_state="poweredOn"),
        state(power_state="suspended"),
        state(guestinfo=told(GuestDescription(), **said())),
    ],
)
def test_a_first_boot_that_is_over_is_not_told_again(current: FirstBootState) -> None:
    error = refusal(current)
    assert error.error_code == "first_boot_over"
    assert ("metadata.network" in str(error)) == bool(current.guestinfo)


def test_a_guest_that_was_told_the_same_may_run() -> None:
    running = state(power_state="poweredOn", guestinfo=told(**said()))
    assert not plan_first_boot(running, GUEST)


def test_a_template_and_a_vm_without_the_adapter_are_refused() -> None:
    assert refusal(state(template=True)).error_code == "vm_is_template"
    assert refusal(state(mac=None)).error_code == "management_mac_unknown"
    assert plan_first_boot(state(mac=None), GUEST, check_mode=True)


def test_host_keys_are_those_of_this_instance() -> None:
    assert host_keys(state(guestinfo=said())) == (tuple(KEY.split()),)
    assert host_keys(state(guestinfo=said(UUID))) == (tuple(KEY.split()),)
    assert host_keys(state(guestinfo=said("another"))) is None
    assert host_keys(STATE) is None
    assert host_keys(state(uuid="")) is None  # not read yet


@pytest.mark.parametrize(
    "keys",
    [
        "",
        ",",
        f"{KEY},pgw-2 {KEY}",
        f"{KEY}\n* {KEY}",
        f"@cert-authority * {KEY}",
        f"{KEY[:-20]}",
        ",".join([KEY] * 9),
    ],
)
def test_what_is_no_list_of_public_keys_becomes_no_line_of_known_hosts(keys: str) -> None:
    with pytest.raises(NfvError, match="host_keys_malformed"):
        host_keys(state(guestinfo=said(keys=keys)))


def test_known_hosts_keeps_what_is_not_about_these_hosts() -> None:
    kind, key = KEY.split()
    names = ("pgw-1", "192.0.2.10")
    others = f"# mine\n@revoked * {OTHER_KEY}\n|1|abc= {OTHER_KEY}\npgw-2 {OTHER_KEY}\n"
    before = f"{others}pgw-1,192.0.2.10 {OTHER_KEY}\n192.0.2.10,jump {OTHER_KEY}\n"
    after = with_host_keys(before, {names: ((kind, key),)})
    assert after == f"{others}jump {OTHER_KEY}\npgw-1,192.0.2.10 {KEY}\n"
    assert with_host_keys(after, {names: ((kind, key),)}) == after
    more = with_host_keys(after, {("pgw-3",): ((kind, key),)})
    assert with_host_keys(more, {names: ((kind, key),)}) == more
