# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Advanced settings that somebody else wrote in another case, or with a type."""

from __future__ import annotations

import typing as t

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim

LOWER = "sched.mem.lpage.enable1gpage"
SWAP = "SCHED.swap.vmxSwapEnabled"


@pytest.fixture
def written(vm: t.Any) -> t.Any:
    """A VM whose keys are in another case: one with the value that is wanted, one with another."""
    pairs = [vim.option.OptionValue(key=LOWER, value=False), vim.option.OptionValue(key=SWAP, value=False)]
    WaitForTask(vm.ReconfigVM_Task(vim.vm.ConfigSpec(extraConfig=pairs)))
    return vm


def ours(machine: t.Any) -> dict[str, t.Any]:
    found = {option.key: option.value for option in machine.config.extraConfig}
    return {key: value for key, value in found.items() if key.lower() in (LOWER, SWAP.lower()) and value != ""}


def test_the_spelling_that_is_there_is_written_and_a_typed_false_is_a_value(
    engine: t.Any, written: t.Any, description: dict[str, t.Any]
) -> None:
    description["profile"] = "low_latency"
    changes = engine.converge(written, dataplane=description)["vms"][written.name]["changes"]
    settings = {change["setting"]: change["from"] for change in changes}
    assert settings["memory.host_1g_pages"] == "FALSE"
    assert "memory.vmx_swap" not in settings
    assert ours(written) == {LOWER: "TRUE", SWAP: False}
    assert not engine.converge(written, dataplane=description)["changed"]
    assert engine.gather(written.name, dataplane=description)["vms"][written.name]["differences"] == []
    assert engine.converge(written, state="absent", dataplane=description)["changed"]
    assert ours(written) == {}
