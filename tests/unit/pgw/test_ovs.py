# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The switch's database is read as it is, and brought to its description in one transaction."""

from __future__ import annotations

import dataclasses
import typing as t
from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import (
    RemoveFile,
    RunCommand,
    WriteFile,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._ovs.model import (
    Bridge,
    Port,
    Switch,
    allow_list,
    other_config,
    transaction,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._ovs.plan import (
    ALTERNATIVE,
    DPDK_BUILD,
    PENDING,
    PID_FILE,
    Observed,
    defects,
    observe,
    plan,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.modules.ovs_dpdk import desired_switch

POOLS = [{"size_kb": 2048, "count": 256, "node": None}]


def dpdk(name: str, number: int, pci_address: str) -> Port:
    return Port(name, "dpdk", number, (("dpdk-devargs", pci_address), ("n_rxq", "1")))


BRIDGES = (
    Bridge("br-s5u", "secure", (dpdk("s5u", 1, "0000:00:05.0"),)),
    Bridge(
        "br-sgi",
        "secure",
        (Port("gtpu", "gtpu", 2, (("key", "flow"), ("remote_ip", "flow"))), dpdk("sgi", 1, "0000:00:06.0")),
    ),
)
DESIRED = Switch({**other_config("1", "0", POOLS), "dpdk-extra": allow_list(BRIDGES)}, BRIDGES)
NOTHING = Switch({}, ())


@pytest.fixture
def guest(tmp_path: Path, tables: str) -> Guest:
    """The recorded guest: its database, and a process that runs the DPDK build."""
    for path, text in {
        PID_FILE: "1741\n",
        "/proc/1741/stat": f"1741 (ovs-vswitchd) S {' '.join(['0'] * 18)} 250739 0 0\n",
        DPDK_BUILD: "",
        "/etc/nfv-vsphere-dpdk/ovs_dpdk.json": '{"other_config": {}}\n',
    }.items():
        file = tmp_path / path[1:]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    for path in (ALTERNATIVE, "/proc/1741/exe"):
        link = tmp_path / path[1:]
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(DPDK_BUILD)
    return Guest(answering(0, tables, ""), str(tmp_path))


@pytest.fixture
def seen(guest: Guest) -> Observed:
    return observe(guest)


def answering(status: int, output: str, errors: str) -> t.Callable[[t.Sequence[str]], tuple[int, str, str]]:
    """A runner that says the same to every command."""

    def run(argv: t.Sequence[str]) -> tuple[int, str, str]:
        return status, output, errors

    return run


def command_lines(steps: t.Iterable[t.Any]) -> list[str]:
    return [" ".join(step.argv) for step in steps if isinstance(step, RunCommand)]


def test_recorded_guest_is_read_as_described(seen: Observed) -> None:
    assert seen.switch == DESIRED
    assert (seen.initialized, seen.dpdk_version, seen.process) == (True, "DPDK 22.11.11", "1741:250739")
    assert plan(seen, DESIRED, restart=True).steps == ()


def test_memory_leaves_a_quarter_and_follows_nodes() -> None:
    assert other_config("1", "0", POOLS)["dpdk-alloc-mem"] == "384"
    on_nodes = other_config("2-3", "0-1", [{"size_kb": 1048576, "count": 4, "node": 1}])
    assert on_nodes["dpdk-socket-mem"] == "0,3072"
    assert "dpdk-alloc-mem" not in on_nodes
    assert (on_nodes["pmd-cpu-mask"], on_nodes["dpdk-lcore-mask"]) == ("0xc", "0x3")


@pytest.mark.parametrize("cpus", ["", "a", "3-1", "1,,2"])
def test_wrong_cpu_list_is_refused(cpus: str) -> None:
    with pytest.raises(NfvError, match="polling_cpus"):
        other_config(cpus, "0", POOLS)


def test_only_our_devices_are_allowed() -> None:
    assert allow_list(BRIDGES) == "-a 0000:00:05.0 -a 0000:00:06.0"


def test_first_configuration_is_one_transaction_then_a_restart(seen: Observed) -> None:
    fresh = dataclasses.replace(
        seen,
        switch=NOTHING,
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


def test_without_consent_there_is_no_restart_and_the_need_is_told_until_it_happened(seen: Observed) -> None:
    changed = dataclasses.replace(seen, switch=Switch({**DESIRED.other_config, "dpdk-alloc-mem": "64"}, BRIDGES))
    planned = plan(changed, DESIRED, restart=False)
    assert "systemctl" not in " ".join(command_lines(planned.steps))
    assert planned.result["restart_required"] is True
    later = plan(dataclasses.replace(seen, pending=seen.process), DESIRED, restart=False)
    assert (later.steps, later.result["restart_required"]) == ((), True)
    assert command_lines(plan(dataclasses.replace(seen, pending=seen.process), DESIRED, restart=True).steps)


def test_polling_cpus_change_without_a_restart(seen: Observed) -> None:
    moved = Switch({**DESIRED.other_config, "pmd-cpu-mask": "0x4"}, BRIDGES)
    planned = plan(seen, moved, restart=True)
    assert command_lines(planned.steps) == [
        "ovs-vsctl --timeout=60 set Open_vSwitch . other_config:pmd-cpu-mask=0x4",
    ]


def test_changed_and_surplus_ports_are_brought_back() -> None:
    bridge = dataclasses.replace(
        BRIDGES[0], ports=(dataclasses.replace(BRIDGES[0].ports[0], mtu=1600), dpdk("old", 3, "0000:00:07.0"))
    )
    lines = [" ".join(command) for command in transaction(Switch(DESIRED.other_config, (bridge, BRIDGES[1])), DESIRED)]
    assert "del-port br-s5u old" in lines
    assert "clear Interface s5u mtu_request" in lines
    assert not any("br-sgi" in line or "add-br" in line for line in lines)


def test_foreign_bridges_are_neither_taken_nor_removed(seen: Observed) -> None:
    foreign = dataclasses.replace(BRIDGES[0], owned=False)
    with pytest.raises(NfvError, match="bridge_not_ours"):
        transaction(Switch({}, (foreign,)), DESIRED)
    assert transaction(Switch({}, (foreign,)), NOTHING) == []
    assert transaction(Switch({}, (BRIDGES[0],)), NOTHING) == [("del-br", "br-s5u")]


def test_broken_port_and_uninitialised_dpdk_are_errors(seen: Observed) -> None:
    with pytest.raises(NfvError, match="port_failed"):
        plan(dataclasses.replace(seen, errors={"s5u": "Error attaching device"}), DESIRED, restart=True)
    stuck = dataclasses.replace(seen, initialized=False)
    assert command_lines(plan(stuck, DESIRED, restart=True).steps) == ["systemctl restart ovs-vswitchd.service"]


def test_a_build_without_dpdk_is_refused(seen: Observed) -> None:
    with pytest.raises(NfvError, match="ovs_without_dpdk"):
        plan(dataclasses.replace(seen, dpdk_build=False), DESIRED, restart=True)


def test_removal_brings_the_former_settings_back_and_nothing_twice(seen: Observed) -> None:
    before = dataclasses.replace(seen, record={"other_config": {"dpdk-lcore-mask": "0x3"}})
    planned = plan(before, None, restart=True)
    lines = command_lines(planned.steps)
    assert any("other_config:dpdk-lcore-mask=0x3" in line and "del-br br-sgi" in line for line in lines)
    assert "update-alternatives --auto ovs-vswitchd" in lines
    assert isinstance(planned.steps[-1], RemoveFile)
    plain = "/usr/lib/openvswitch-switch/ovs-vswitchd"
    gone = dataclasses.replace(seen, switch=NOTHING, record=None, chosen=plain, program=plain, initialized=False)
    assert plan(gone, None, restart=True).steps == ()


def test_ovsdb_that_does_not_answer_is_told(guest: Guest) -> None:
    guest.run = answering(1, "", "ovs-vsctl: unix:/var/run/openvswitch/db.sock: database connection failed")
    with pytest.raises(NfvError, match="ovs_not_running"):
        observe(guest)


def test_wrong_checksum_is_told_up_to_the_version_that_has_it() -> None:
    assert defects("3.1.0", DESIRED)
    assert defects("3.1.7", DESIRED)
    assert defects("3.2.0", DESIRED) == []
    assert defects("3.1.0", Switch({}, (BRIDGES[0],))) == []


def test_ring_sizes_are_options_of_a_port_and_left_to_the_switch_otherwise() -> None:
    port = {"name": "s5u", "number": 1, "type": "dpdk", "pci_address": "0000:00:05.0", "queues": 1, "mtu": None}
    parameters = {"polling_cpus": "1", "housekeeping_cpus": "0", "hugepages": POOLS}

    def options(**rings: int | None) -> dict[str, str]:
        sizes = {"rx_descriptors": None, "tx_descriptors": None, **rings}
        bridge = {"name": "br-s5u", "fail_mode": "secure", "ports": [{**port, **sizes}]}
        (made,) = desired_switch({**parameters, "bridges": [bridge]}).bridges
        assert list(made.ports[0].options) == sorted(made.ports[0].options), "read back in this order"
        return dict(made.ports[0].options)

    without = {"dpdk-devargs": "0000:00:05.0", "n_rxq": "1"}
    assert options() == without
    assert options(rx_descriptors=1024) == {**without, "n_rxq_desc": "1024"}
    assert options(rx_descriptors=128, tx_descriptors=512) == {**without, "n_rxq_desc": "128", "n_txq_desc": "512"}
