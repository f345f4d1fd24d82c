# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The switch is brought to its configuration in one transaction, and restarted only with consent."""

from __future__ import annotations

import dataclasses
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import (
    RemoveFile,
    RunCommand,
    WriteFile,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._ovs.model import SwitchConfiguration, transaction
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._ovs.observe import PENDING, ObservedSwitch, observe
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._ovs.plan import defects, plan, require_dpdk
from tests.unit.ovs.recorded_switch import BRIDGES, DESIRED, NOTHING, dpdk


@pytest.fixture
def seen(guest: Guest) -> ObservedSwitch:
    return observe(guest)


def command_lines(steps: t.Iterable[t.Any]) -> list[str]:
    return [" ".join(step.argv) for step in steps if isinstance(step, RunCommand)]


def test_first_configuration_is_one_transaction_then_a_restart(seen: ObservedSwitch) -> None:
    fresh = dataclasses.replace(
        seen,
        configuration=NOTHING,
        initialized=False,
        chosen="/usr/lib/openvswitch-switch/ovs-vswitchd",
        program="/usr/lib/openvswitch-switch/ovs-vswitchd",
        record=None,
    )
    planned = plan(fresh, DESIRED, restart=True)
    lines = command_lines(planned.steps)
    assert isinstance(planned.steps[0], WriteFile)
    assert lines[0].startswith("update-alternatives --set ovs-vswitchd")
    assert lines[1].startswith("ovs-vsctl --timeout=60 --no-wait ")
    assert WriteFile(PENDING, seen.process) in planned.steps
    assert RemoveFile(PENDING) in planned.steps
    assert lines[2:] == ["systemctl restart ovs-vswitchd.service"]
    assert planned.result["restart_required"] is False


def test_without_consent_there_is_no_restart_and_the_need_is_told_until_it_happened(seen: ObservedSwitch) -> None:
    changed = dataclasses.replace(
        seen, configuration=SwitchConfiguration({**DESIRED.other_config, "dpdk-alloc-mem": "64"}, BRIDGES)
    )
    planned = plan(changed, DESIRED, restart=False)
    assert "systemctl" not in " ".join(command_lines(planned.steps))
    assert planned.result["restart_required"] is True
    later = plan(dataclasses.replace(seen, pending=seen.process), DESIRED, restart=False)
    assert (later.steps, later.result["restart_required"]) == ((), True)
    assert command_lines(plan(dataclasses.replace(seen, pending=seen.process), DESIRED, restart=True).steps)


def test_polling_cpus_change_without_a_restart(seen: ObservedSwitch) -> None:
    moved = SwitchConfiguration({**DESIRED.other_config, "pmd-cpu-mask": "0x4"}, BRIDGES)
    planned = plan(seen, moved, restart=True)
    assert command_lines(planned.steps) == [
        "ovs-vsctl --timeout=60 set Open_vSwitch . other_config:pmd-cpu-mask=0x4",
    ]


def test_changed_and_surplus_ports_are_brought_back() -> None:
    bridge = dataclasses.replace(
        BRIDGES[0], ports=(dataclasses.replace(BRIDGES[0].ports[0], mtu=1600), dpdk("old", 3, "0000:00:07.0"))
    )
    lines = [
        " ".join(command)
        for command in transaction(SwitchConfiguration(DESIRED.other_config, (bridge, BRIDGES[1])), DESIRED)
    ]
    assert "del-port br-s5u old" in lines
    assert "clear Interface s5u mtu_request" in lines
    assert not any("br-sgi" in line or "add-br" in line for line in lines)


def test_foreign_bridges_are_neither_taken_nor_removed(seen: ObservedSwitch) -> None:
    foreign = dataclasses.replace(BRIDGES[0], owned=False)
    with pytest.raises(NfvError, match="bridge_not_ours"):
        transaction(SwitchConfiguration({}, (foreign,)), DESIRED)
    assert transaction(SwitchConfiguration({}, (foreign,)), NOTHING) == []
    assert transaction(SwitchConfiguration({}, (BRIDGES[0],)), NOTHING) == [("del-br", "br-s5u")]


def test_broken_port_and_uninitialised_dpdk_are_errors(seen: ObservedSwitch) -> None:
    with pytest.raises(NfvError, match="port_failed"):
        plan(dataclasses.replace(seen, errors={"s5u": "Error attaching device"}), DESIRED, restart=True)
    stuck = dataclasses.replace(seen, initialized=False)
    assert command_lines(plan(stuck, DESIRED, restart=True).steps) == ["systemctl restart ovs-vswitchd.service"]


def test_a_build_without_dpdk_is_refused(seen: ObservedSwitch) -> None:
    with pytest.raises(NfvError, match="ovs_without_dpdk"):
        require_dpdk(dataclasses.replace(seen, dpdk_build=False))


def test_removal_brings_the_former_settings_back_and_nothing_twice(seen: ObservedSwitch) -> None:
    before = dataclasses.replace(seen, record={"other_config": {"dpdk-lcore-mask": "0x3"}})
    planned = plan(before, None, restart=True)
    lines = command_lines(planned.steps)
    assert any("other_config:dpdk-lcore-mask=0x3" in line and "del-br br-sgi" in line for line in lines)
    assert "update-alternatives --auto ovs-vswitchd" in lines
    assert isinstance(planned.steps[-1], RemoveFile)
    plain = "/usr/lib/openvswitch-switch/ovs-vswitchd"
    gone = dataclasses.replace(seen, configuration=NOTHING, record=None, chosen=plain, program=plain, initialized=False)
    assert plan(gone, None, restart=True).steps == ()


def test_wrong_checksum_is_told_up_to_the_version_that_has_it() -> None:
    assert defects("3.1.0", DESIRED)
    assert defects("3.1.7", DESIRED)
    assert defects("3.2.0", DESIRED) == []
    assert defects("3.1.0", SwitchConfiguration({}, (BRIDGES[0],))) == []
