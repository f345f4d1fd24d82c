# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rulebook vm_events with the real ansible-rulebook against the lab's vCenter, without guests."""

from __future__ import annotations

import json
import signal
import time
import typing as t
from pathlib import Path

import pytest
from pyVim.task import WaitForTask
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_dataplane import converge
from lab.testing.descriptions import description
from tests.eda.gate import Gate
from tests.eda.rulebook import ROOT, Rulebook, waited_for
from tests.support.firmware import Firmware

MakeRulebook = t.Callable[..., Rulebook]
MakeVm = t.Callable[[], t.Any]

DESCRIPTION = description(cpu={"exclusivity": "none"})
# What runs in a guest for a look that sends nothing.
LOOKS = ("ping", "guest_identity_info", "guest_dataplane_info")
# Seconds within which a change and a restart are answered.
ANSWERED = 60
# As many on a machine that is busy with other tests.
BUSY = 900
# What makes a source that hears of changes soon, where the time does not matter.
SOON = {"nfv_event_interval": 0.5, "nfv_event_quiet": 2}
# The same source, but it forgets where it was when a poll fails.
FORGETFUL = """\
import runpy
module = runpy.run_path({source!r})
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.listener import Listener
close = Listener.close
def forget(self):
    close(self)
    self._position = None
Listener.close = forget
main = module["main"]
"""


def reconfigure(machine: t.Any, **spec: t.Any) -> None:
    WaitForTask(machine.ReconfigVM_Task(vim.vm.ConfigSpec(**spec)))


def as_described(vcenter: t.Any, *machines: t.Any) -> None:
    vms = [{"name": machine.name} for machine in machines]
    options = {"vms": vms, "state": "present", "power_cycle": "never", "datacenter": "nfv-dc", "dataplane": DESCRIPTION}
    converge(options, vcenter.connection, False, "dataplane")


def guest_answers(vcenter: t.Any, machine: t.Any) -> None:
    """The VM's guest has an address; whatever is asked of it, this machine answers."""
    mac = next(each.macAddress for each in machine.config.hardware.device if hasattr(each, "macAddress"))
    nics = [{"mac": mac, "network": "PG-Mgmt", "addresses": ["198.18.0.11/24"]}]
    vcenter.report_guest(machine.config.uuid, ip_address="198.18.0.11", nics=nics)


def write_inventory(rulebook: Rulebook, vcenter: t.Any, hosts: dict[str, dict[str, t.Any]]) -> None:
    """The inventory, with the variables of all hosts beside it, as a repository has them."""
    (rulebook.inventory / "hosts.json").write_text(json.dumps({"pgw": {"hosts": hosts}}))
    variables = {
        "vsphere_hostname": vcenter.hostname,
        "vsphere_port": vcenter.port,
        "vsphere_username": vcenter.readonly_username,
        "vsphere_password": vcenter.readonly_password,
        "vsphere_ca_path": str(vcenter.ca_path),
        "vsphere_datacenter": "nfv-dc",
        "nfv_dataplane": DESCRIPTION,
        "dpdk_verify_window": 2,
        "pgw_s5u": {"adapter": "s5u", "address": "198.18.1.1/24"},
        "pgw_sgi": {"adapter": "sgi", "address": "198.18.2.1/24", "next_hop": "198.18.2.2"},
        "pgw_sessions": [],
    }
    (rulebook.inventory / "group_vars/all.json").write_text(json.dumps(variables))


@pytest.mark.parametrize("limit", [BUSY, pytest.param(ANSWERED, marks=pytest.mark.long)])
def test_a_change_and_a_restart_are_answered_within_a_minute(
    limit: float, make_rulebook: MakeRulebook, make_vm: MakeVm, vcenter: t.Any, session: t.Any, tmp_path: Path
) -> None:
    """With the source's own times, real playbooks, and a user who may change nothing.

    The playbooks begin within the minute; the minute of their ends is that of a machine which does nothing else.
    """
    changed, restarted = make_vm(), make_vm()
    as_described(vcenter, changed, restarted)
    WaitForTask(restarted.PowerOn())
    firmware = Firmware(tmp_path / "firmware", LOOKS, product_uuid=restarted.config.uuid)
    local = {"ansible_connection": "local", "ansible_python_interpreter": str(firmware.interpreter)}
    rulebook = make_rulebook(real=True)
    write_inventory(rulebook, vcenter, {changed.name: {}, restarted.name: local})
    rulebook.start()

    hosts = session.content.rootFolder.childEntity[0].hostFolder.childEntity[0].host
    target = next(host for host in hosts if host != restarted.runtime.host and not host.runtime.inMaintenanceMode)
    happened = time.time()
    reconfigure(changed, numCPUs=4)
    vcenter.restart_by_ha(restarted.config.uuid, target.name)
    guest_answers(vcenter, restarted)

    drift = waited_for(lambda: rulebook.report(changed.name, "drift"), happened + limit - time.time())
    proof = waited_for(lambda: rulebook.report(restarted.name, "verify"), happened + limit - time.time())
    assert drift, rulebook.log
    assert proof, rulebook.log
    assert [run["began"] - happened < ANSWERED for run in rulebook.runs[:2]] == [True, True], rulebook.runs
    assert (drift["outcome"], drift["playbook"]) == ("drift", "drift_after_event")
    assert drift["hosts"][changed.name]["differences"][0]["setting"] == "cpu.count"
    # This machine has none of the VM's adapters.
    assert proof["outcome"] == "failed"
    codes = {error["code"] for error in proof["hosts"][restarted.name]["errors"]}
    assert codes == {"adapter_not_bound", "poll_mode_not_running"}
    assert firmware.executed[:2] == ["ping", "guest_identity_info"]
    compared = waited_for(lambda: rulebook.report(restarted.name, "drift"), BUSY)
    assert compared["hosts"][restarted.name]["looked"] == {"vsphere": True, "guest": True}, rulebook.log
    assert vcenter.readonly_password not in "".join(path.read_text() for path in rulebook.reports.rglob("*.json"))


def test_what_is_run_depends_on_what_happened(make_rulebook: MakeRulebook, make_vm: MakeVm, vcenter: t.Any) -> None:
    """Every playbook fails, and the next one is run all the same."""
    off, started, renamed, foreign = make_vm(), make_vm(), make_vm(), make_vm()
    WaitForTask(renamed.PowerOn())
    old = renamed.name
    rulebook = make_rulebook(status=2)
    rulebook.variables = {**SOON, "nfv_event_vms": [off.name, started.name, old]}
    rulebook.start()
    reconfigure(off, numCPUs=4)
    reconfigure(foreign, numCPUs=4)
    WaitForTask(started.PowerOn())
    WaitForTask(renamed.Rename_Task(f"{old}-new"))

    waited_for(lambda: len(rulebook.runs) >= 5, BUSY)
    time.sleep(2)
    order: dict[str, list[str]] = {}
    for run in rulebook.runs:
        order.setdefault(run["vm"], []).append(run["playbook"])
    assert order == {
        off.name: ["drift_after_event"],
        started.name: ["verify_after_event", "drift_after_event"],
        old: ["drift_after_event", "verify_after_event"],
    }, rulebook.log
    given = {(run["vm"], run["playbook"]): run["given"] for run in rulebook.runs}
    assert given[off.name, "drift_after_event"]["drift_sides"] == ["vsphere"]
    for (name, playbook), variables in given.items():
        assert variables["nfv_report_dir"] == f"{rulebook.reports}/{name}/{playbook.partition('_')[0]}"
        assert vcenter.readonly_password not in json.dumps(variables)
    assert given[old, "drift_after_event"]["nfv_event"]["vm"] == f"{old}-new"


def storm(machines: t.Sequence[t.Any], events: int, seconds: float) -> float:
    """So many reconfigurations of the VMs, in turn, at equal distances; returns the seconds that they took."""
    began = time.monotonic()
    running: dict[t.Any, t.Any] = {}
    for number in range(events):
        machine = machines[number % len(machines)]
        while machine in running and running[machine].info.state not in ("success", "error"):
            time.sleep(0.01)
        running[machine] = machine.ReconfigVM_Task(vim.vm.ConfigSpec(annotation=str(number)))
        time.sleep(max(0.0, began + (number + 1) * seconds / events - time.monotonic()))
    for task in running.values():
        WaitForTask(task)
    return time.monotonic() - began


@pytest.mark.long
def test_five_hundred_events_of_ten_vms_in_a_minute_cost_ten_runs(make_rulebook: MakeRulebook, make_vm: MakeVm) -> None:
    machines = [make_vm() for _number in range(10)]
    rulebook = make_rulebook()
    rulebook.variables = {"nfv_event_vms": [machine.name for machine in machines]}
    rulebook.start()
    assert storm(machines, 500, 60) < 100, "the machine is too busy to make them in time"
    waited_for(lambda: sum(run["count"] for run in rulebook.runs) >= 500, BUSY)
    time.sleep(5)
    assert rulebook.answers() == {machine.name: 1 for machine in machines}, rulebook.log
    assert sum(run["count"] for run in rulebook.runs) == 500


@pytest.mark.long
def test_without_waiting_a_storm_costs_more_runs(make_rulebook: MakeRulebook, make_vm: MakeVm) -> None:
    """The negative control: what is counted above does count."""
    machine = make_vm()
    rulebook = make_rulebook()
    rulebook.variables = {"nfv_event_interval": 0.5, "nfv_event_quiet": 0, "nfv_event_vms": [machine.name]}
    rulebook.start()
    storm([machine], 10, 10)
    waited_for(lambda: sum(run["count"] for run in rulebook.runs) >= 10, BUSY)
    assert rulebook.answers()[machine.name] > 3, rulebook.log


@pytest.mark.parametrize(
    ("away", "forgetful"), [pytest.param(60, False, marks=pytest.mark.long), (5, False), (5, True)]
)
def test_a_vcenter_that_was_away_and_a_session_that_ended_lose_nothing(
    away: float, forgetful: bool, make_rulebook: MakeRulebook, make_vm: MakeVm, vcenter: t.Any
) -> None:
    """A source that forgets where it was is found to lose what happened meanwhile: the negative control."""
    before, meanwhile, after = make_vm(), make_vm(), make_vm()
    gate = Gate(vcenter.port)
    rulebook = make_rulebook()
    rulebook.port = gate.port
    rulebook.variables = {**SOON, "nfv_event_vms": [before.name, meanwhile.name, after.name]}
    if forgetful:
        rulebook.source = rulebook.directory / "source"
        rulebook.source.mkdir()
        installed = ROOT / ".cache/collections/ansible_collections/nfv/vsphere_dpdk"
        real = installed / "extensions/eda/plugins/event_source/vcenter_events.py"
        (rulebook.source / "nfv.vsphere_dpdk.vcenter_events.py").write_text(FORGETFUL.format(source=str(real)))
    rulebook.start()
    vcenter.inject({"method": "ReadNextEvents", "action": "expire_session"})
    reconfigure(before, numCPUs=4)
    assert waited_for(lambda: rulebook.answers()[before.name], BUSY), rulebook.log
    assert vcenter.faults() == []

    gate.shut()
    waited_for(lambda: "vcenter_unreachable" in rulebook.log, BUSY)
    reconfigure(meanwhile, numCPUs=4)
    time.sleep(away)
    gate.open()
    waited_for(lambda: "answers again" in rulebook.log, BUSY)
    reconfigure(after, numCPUs=4)
    waited_for(lambda: rulebook.answers()[after.name], BUSY)
    time.sleep(3)
    lost = {meanwhile.name} - set(rulebook.answers())
    assert lost == ({meanwhile.name} if forgetful else set()), rulebook.log
    assert set(rulebook.answers().values()) == {1}


@pytest.mark.long
@pytest.mark.parametrize("kept", [True, False])
def test_what_happens_while_nobody_listens_needs_the_position(
    kept: bool, make_rulebook: MakeRulebook, make_vm: MakeVm
) -> None:
    """Killed while it runs, and started again; without its position it is found to lose what happened meanwhile."""
    before, meanwhile, after = make_vm(), make_vm(), make_vm()
    rulebook = make_rulebook()
    rulebook.variables = {**SOON, "nfv_event_vms": [before.name, meanwhile.name, after.name]}
    rulebook.start()
    reconfigure(before, numCPUs=4)
    assert waited_for(lambda: rulebook.answers()[before.name], BUSY), rulebook.log
    time.sleep(2)
    rulebook.end(signal.SIGKILL)
    reconfigure(meanwhile, numCPUs=4)
    if not kept:
        (rulebook.reports / "position.json").unlink()
    time.sleep(1)
    rulebook.start()
    reconfigure(after, numCPUs=4)
    waited_for(lambda: rulebook.answers()[after.name], BUSY)
    time.sleep(3)
    expected = [before, meanwhile, after] if kept else [before, after]
    assert rulebook.answers() == {machine.name: 1 for machine in expected}, rulebook.log


def test_what_no_attempt_mends_ends_it_at_once(make_rulebook: MakeRulebook) -> None:
    rulebook = make_rulebook()
    rulebook.variables = {"nfv_event_dir": "events"}
    with pytest.raises(AssertionError, match="Source error"):
        rulebook.start()
    assert "[value_malformed] vcenter_events: position_file" in rulebook.log
    assert rulebook.ended(BUSY) == 1
