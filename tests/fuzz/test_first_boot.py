# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a description of a first boot is: problems with paths, or a guest; never an exception."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec import reader
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.guest.parse import parse_guest
from tests.fuzz.fuzzing import Random, altered, finds, fuzz, junk

INPUTS = 3000
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
WHOLE = {
    "host_name": "pgw-1",
    "addresses": ["192.0.2.10/24", "2001:db8::10/64"],
    "gateways": ["192.0.2.1"],
    "dns_servers": ["192.0.2.53"],
    "dns_search": ["example.com"],
    "ntp_servers": ["ntp.example.com"],
    "user": {"name": "operator", "ssh_authorized_keys": [KEY], "sudo": True},
}


def made(rng: Random) -> t.Any:
    return altered(rng, WHOLE, junk)


def check(raw: t.Any) -> None:
    guest, problems = parse_guest(raw)
    if guest is None:
        assert problems
        assert all(len(str(problem)) < 1500 and str(problem).isprintable() for problem in problems)
        return
    assert parse_guest(json.loads(json.dumps(raw)))[0] == guest


def test_descriptions_of_first_boots() -> None:
    assert parse_guest(WHOLE)[0] is not None
    fuzz(made, check, INPUTS)


def test_the_fuzzer_finds_a_planted_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "key_text", str)
    assert isinstance(finds(made, check, INPUTS), AssertionError)
