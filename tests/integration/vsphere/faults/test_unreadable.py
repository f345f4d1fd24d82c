# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One VM that cannot be read, or says something odd, is its own error; no other VM is concerned."""

from __future__ import annotations

import json
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.feature_compat_info import gather_features

from ..conftest import REPOSITORY

Faults = t.Callable[..., None]
Machines = tuple[t.Any, t.Any]


@pytest.fixture(scope="module")
def machines(clone: t.Callable[..., t.Any]) -> Machines:
    """A good VM, and one that has what a test gives it."""
    return clone(power_on=True), clone(power_on=True)


def rewrite(machine: t.Any, pattern: str, replacement: str = "") -> dict[str, t.Any]:
    """What vCenter says of this VM is different from now on."""
    return {
        "method": "RetrievePropertiesEx",
        "action": "rewrite_answer",
        "count": 0,
        "vm": machine.name,
        "pattern": pattern,
        "replacement": replacement,
    }


CONFIGURATION = r"(?s)<propSet><name>config\..*?</propSet>"
CASES = {
    "inaccessible": ("vm_unreadable", ">connected</val>", ">inaccessible</val>", "the VM is inaccessible"),
    "orphaned": ("vm_unreadable", ">connected</val>", ">orphaned</val>", "the VM is orphaned"),
    "unreadable": ("vm_unreadable", CONFIGURATION, "", "vCenter returned none"),
    "malformed": (
        "property_malformed",
        r"(<name>config.hardware.numCPU</name><val[^>]*>)[0-9]+",
        "${1}two",
        "failed to read config.hardware.numCPU: 'two' is no int",
    ),
    "odd address": ("property_malformed", r"<ipAddress>[^<]*<", "<ipAddress>-oProxyCommand=x<", "'-oProxyCommand=x'"),
}


@pytest.mark.parametrize("case", CASES)
def test_an_odd_vm_is_its_own_error_and_is_refused_before_any_change(
    engine: t.Any, machines: Machines, faults: Faults, case: str
) -> None:
    code, pattern, replacement, said = CASES[case]
    good, odd = machines
    for machine in machines:
        mac = machine.guest.net[0].macAddress
        engine.vcenter.report_guest(machine.config.uuid, nics=[{"mac": mac, "addresses": ["198.18.0.10"]}])
    faults(rewrite(odd, pattern, replacement))
    found = engine.gather(good.name, odd.name, "nobody")["vms"]
    assert (found[good.name]["error"], found[good.name]["guest_address"]) == (None, "198.18.0.10")
    assert found[good.name]["differences"]
    assert found["nobody"] == {"present": False}
    error = found[odd.name]["error"]
    assert (error["error_code"], error["subject"], found[odd.name]["guest_address"]) == (code, odd.name, None)
    assert said in error["message"]
    assert found[odd.name]["readable"] == (case == "odd address")
    if case == "odd address":
        return  # who changes its hardware does not ask for it
    with pytest.raises(NfvError, match=rf"\[{code}\] {odd.name}: "):
        engine.converge(good, odd, power_cycle="when_needed")
    assert engine.changing_calls() == {}
    with pytest.raises(NfvError, match=rf"\[{code}\] {odd.name}: "):
        engine.gather(good.name, odd.name, wait_for_address=60)


@pytest.mark.parametrize(
    ("pattern", "replacement"),
    [
        (r"(?s)<propSet><name>name</name>.*?</propSet>", ""),
        (r"(<name>name</name><val[^>]*>)[^<]*", "${1}"),
        (r"<name>name</name><val[^>]*>[^<]*</val>", '<name>name</name><val xsi:type="Future"><a>1</a></val>'),
    ],
    ids=["none", "empty", "malformed"],
)
def test_a_vm_without_a_name_is_nobodys_error(
    engine: t.Any, machines: Machines, faults: Faults, pattern: str, replacement: str
) -> None:
    good, nameless = machines
    name = nameless.name
    faults(rewrite(nameless, pattern, replacement))
    assert engine.gather(good.name)["vms"][good.name]["error"] is None
    assert engine.gather(name)["vms"][name] == {"present": False}
    found = engine.gather(good.name, vms=[{"moid": good._moId}, {"moid": nameless._moId}])["vms"]
    assert found[good.name]["readable"]
    assert found[nameless._moId]["present"]
    assert engine.converge(good, check_mode=True)["changed"]


def test_features_are_judged_for_those_that_can_be_read(engine: t.Any, machines: Machines, faults: Faults) -> None:
    good, odd = machines
    faults(rewrite(odd, CONFIGURATION))
    params = {"vms": [{"name": each.name} for each in machines], "dataplane": None, "datacenter": None}
    asked = {**params, "ask_fault_tolerance": False, "must_keep": []}
    found = gather_features(asked, engine.connection)["vms"]
    assert found[good.name]["features"]["vmotion"]["verdict"] == "works"
    assert (found[odd.name]["features"], found[odd.name]["error"]["error_code"]) == ({}, "vm_unreadable")
    with pytest.raises(NfvError, match=rf"\[vm_unreadable\] {odd.name}: "):  # nobody knows whether it keeps it
        gather_features({**asked, "must_keep": ["vmotion"]}, engine.connection)


def test_drift_is_known_of_the_others_and_a_deployment_refused_before_any_change(
    engine: t.Any, machines: Machines, faults: Faults, ansible: t.Any, tmp_path: Path
) -> None:
    good, odd = machines
    (ansible.directory / "hosts.ini").write_text(f"[pgw]\n{good.name}\n{odd.name}\n")
    faults(rewrite(odd, ">connected</val>", ">orphaned</val>"))
    playbooks, variables = REPOSITORY / "playbooks", {"nfv_report_dir": str(tmp_path / "reports")}
    engine.vcenter.reset_calls()

    assert ansible.playbook(playbooks / "drift.yml", drift_sides=["vsphere"], **variables).status == 2
    report = json.loads((tmp_path / "reports" / "drift.json").read_text())
    assert {name: vm["outcome"] for name, vm in report["vms"].items()} == {good.name: "found", odd.name: "failed"}
    assert report["vms"][good.name]["differences"]
    assert "[vm_unreadable]" in report["message"]

    run = ansible.playbook(playbooks / "deploy_pgw.yml", "--tags", "vsphere", **variables)
    assert run.status == 2
    assert run.failure()["msg"].startswith(f"[vm_unreadable] {odd.name}: ")
    assert engine.changing_calls() == {}
