# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever a description is: problems with paths, or a data plane that JSON carries unchanged; never an exception."""

from __future__ import annotations

import json
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.boot.grub import written
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec import reader
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.derive import derive
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.parse import parse_dataplane
from lab.testing.descriptions import adapter, description, hugepages
from tests.fuzz.fuzzing import Random, altered, finds, fuzz, junk

INPUTS = 3000
WHOLE = description(
    cpu={"count": 4, "polling": "2-3", "exclusivity": "latency_sensitivity", "simultaneous_threads": 1},
    memory={"size_mb": 4096, "reserve_all": True, "host_page_size": "1G", "hugepages": hugepages(1024)},
    adapters=[adapter("mgmt", management=True), adapter("s5u", queues=2, udp_rss=True, mac="00:50:56:01:02:03")],
    placement={"cluster": "nfv-a", "hosts": ["esx-1"], "numa": "auto", "keep_apart_from": "pgw", "must_keep": ["ha"]},
    numa={"autosize": "once"},
    switch_mode="standard",
    profile="general",
    iommu=True,
    hardware_version=19,
)


def made(rng: Random) -> t.Any:
    return altered(rng, WHOLE, junk)


def check(raw: t.Any) -> None:
    dataplane, problems = parse_dataplane(raw)
    if dataplane is None:
        assert problems
        assert all(len(str(problem)) < 1500 and str(problem).isprintable() for problem in problems)
        return
    assert parse_dataplane(json.loads(json.dumps(raw)))[0] == dataplane
    derived = derive(dataplane)
    assert json.loads(json.dumps(derived)) == derived
    assert written(derived["kernel_arguments"])


def test_descriptions() -> None:
    fuzz(made, check, INPUTS)


def test_the_fuzzer_finds_a_planted_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "key_text", str)
    assert isinstance(finds(made, check, INPUTS), AssertionError)
