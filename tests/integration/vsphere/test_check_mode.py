# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check mode of every module that talks to vCenter: no call that changes anything, and announced is what comes.

The modules are found by their documentation, so that a new one without a case here fails.
"""

from __future__ import annotations

import copy
import dataclasses
import typing as t
from pathlib import Path

import pytest
import yaml
from pyVim.task import WaitForTask
from pyVmomi import vim

from .conftest import DESCRIPTION, REPOSITORY

MODULES = REPOSITORY / "plugins" / "modules"


def documented(name: str) -> dict[str, t.Any]:
    """The documentation of a module."""
    text = (MODULES / f"{name}.py").read_text()
    found: dict[str, t.Any] = yaml.safe_load(text.split('DOCUMENTATION = r"""')[1].split('"""')[0])
    return found


def vsphere_modules() -> list[str]:
    """The modules that have the options of the connection to vCenter."""
    return sorted(
        path.stem
        for path in MODULES.glob("*.py")
        if "nfv.vsphere_dpdk.connection" in documented(path.stem).get("extends_documentation_fragment", ())
    )


@dataclasses.dataclass(frozen=True)
class Case:
    """A use of a module on a VM of its own."""

    module: str
    """Name of the module."""
    options: t.Callable[[t.Any], dict[str, t.Any]]
    """The module's options for the VM."""
    running: bool = False
    """Whether the VM is powered on."""
    writes: bool = True
    """Whether the module changes anything."""
    gives_back: bool = True
    """Whether ``state: absent`` undoes the change."""
    in_vcenter: bool = True
    """Whether what it changes is in vCenter, and so needs a privilege."""


def on_vm(machine: t.Any, **options: t.Any) -> dict[str, t.Any]:
    return {"vms": [{"name": machine.name}], "dataplane": copy.deepcopy(DESCRIPTION), **options}


def pinned(machine: t.Any) -> dict[str, t.Any]:
    return on_vm(machine, dataplane={"cpu": {"count": 2, "exclusivity": "affinity", "affinity": "2-3"}})


def memory(machine: t.Any) -> dict[str, t.Any]:
    return on_vm(machine, dataplane={"memory": {"size_mb": 1024, "host_page_size": "1G"}})


def adapters(machine: t.Any) -> dict[str, t.Any]:
    return on_vm(machine, dataplane={"adapters": DESCRIPTION["adapters"]})


def placement(machine: t.Any) -> dict[str, t.Any]:
    host = machine.runtime.host
    place = {"nodes": [0], "cores": 2, "memory_mb": 1024, "cpus": "", "change": "new", "before": None}
    placed = {"vm": machine.name, "host": host.name, "host_moid": host._moId, **place}
    plan = {"placements": [placed], "remarks": [], "failovers": [], "apart": [], "together": []}
    return {"name": "check-mode", "plan": plan}


def first_boot(machine: t.Any) -> dict[str, t.Any]:
    return {"vms": [{"name": machine.name, "dataplane": DESCRIPTION, "guest": {}}]}


def host_keys(machine: t.Any) -> dict[str, t.Any]:
    """The guest has said its key."""
    key = f"{machine.config.uuid} ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{'A' * 43},"
    said = [vim.option.OptionValue(key="guestinfo.nfv.hostkeys", value=key)]
    WaitForTask(machine.ReconfigVM_Task(spec=vim.vm.ConfigSpec(extraConfig=said)))
    return {"vms": [{"name": machine.name, "guest": {}}], "path": "known_hosts"}


CASES = (
    Case("vm_dataplane", on_vm),
    Case("vm_dataplane", lambda vm: on_vm(vm, power_cycle="when_needed"), running=True),
    Case("vm_cpu_pinning", pinned),
    Case("vm_hugepages", memory),
    Case("vm_vmxnet3", adapters, gives_back=False),
    Case("placement_rules", placement),
    Case("vm_first_boot", first_boot, gives_back=False),
    Case("vm_known_hosts", host_keys, gives_back=False, in_vcenter=False),
    Case("vm_dataplane_info", on_vm, writes=False),
    Case("vm_cpu_info", lambda vm: {"vms": [{"name": vm.name}]}, running=True, writes=False),
    Case("host_topology_info", lambda _vm: {}, writes=False),
    Case("feature_compat_info", lambda vm: {"vms": [{"name": vm.name}]}, writes=False),
    Case("readiness_info", lambda vm: {"vms": [{"name": vm.name, "dataplane": DESCRIPTION}]}, writes=False),
)


def announced(result: dict[str, t.Any]) -> dict[str, t.Any]:
    """What a result says that changes: each VM's or cluster's changes, and the difference."""
    changes = {
        f"{kind} {name}": each["changes"]
        for kind in ("vms", "clusters")
        for name, each in (result.get(kind) or {}).items()
        if isinstance(each, dict) and "changes" in each
    }
    return {"changed": result.get("changed", False), "changes": changes, "diff": result.get("diff")}


def test_every_module_has_a_case_and_is_in_the_action_group() -> None:
    assert sorted({case.module for case in CASES}) == vsphere_modules()
    group = yaml.safe_load((REPOSITORY / "meta" / "runtime.yml").read_text())["action_groups"]["vsphere"]
    assert sorted(group) == vsphere_modules()


def test_every_module_says_what_it_does_in_check_mode() -> None:
    for case in CASES:
        documentation = documented(case.module)
        if case.writes:
            assert documentation["attributes"]["check_mode"]["support"] == "full"
        else:
            assert "nfv.vsphere_dpdk.attributes.info_module" in documentation["extends_documentation_fragment"]


@pytest.fixture
def tasks(
    modules: t.Any, make_vm: t.Callable[..., t.Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> list[tuple[str, dict[str, t.Any]]]:
    """The cases as modules with options, each with a fresh VM; what they write is written in a directory of its own."""
    monkeypatch.chdir(tmp_path)
    return [(case.module, {**modules.options(), **case.options(make_vm(power_on=case.running))}) for case in CASES]


def test_check_mode_changes_nothing_and_announces_what_comes(
    modules: t.Any, vcenter: t.Any, tasks: list[tuple[str, dict[str, t.Any]]]
) -> None:
    def run(state: str, *, check: bool = False) -> list[dict[str, t.Any]]:
        vcenter.reset_calls()
        chosen = [
            (name, {**options, "state": "absent"} if state == "absent" else options)
            for case, (name, options) in zip(CASES, tasks)
            if state == "present" or (case.writes and case.gives_back)
        ]
        results = modules.run(*chosen, check=check, diff=True)
        assert [result.get("msg") for result in results if result.get("failed")] == []
        return [announced(result) for result in results]

    for state in ("present", "absent"):
        foretold = run(state, check=True)
        assert vcenter.mutating_calls() == {}
        done = run(state)
        assert vcenter.mutating_calls()["ReconfigVM_Task"] >= 4  # the count does see what changes something
        assert done == foretold
        writing = [case for case in CASES if case.writes and (state == "present" or case.gives_back)]
        assert sum(each["changed"] for each in done) == len(writing)
        again = run(state)
        assert vcenter.mutating_calls() == {}
        assert [each["changed"] for each in again] == [False] * len(again)


def test_consent_is_not_asked_for_what_is_only_shown(
    modules: t.Any, vcenter: t.Any, make_vm: t.Callable[..., t.Any]
) -> None:
    running = make_vm(power_on=True)
    options = {**modules.options(), **on_vm(running)}
    vcenter.reset_calls()
    (shown,) = modules.run(("vm_dataplane", options), check=True)
    assert any(change["power_off_needed"] for change in shown["vms"][running.name]["changes"])
    (refused,) = modules.run(("vm_dataplane", options))
    assert refused["error_code"] == "power_off_needed"
    assert vcenter.mutating_calls() == {}
    assert running.runtime.powerState == vim.VirtualMachine.PowerState.poweredOn
