# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""deploy_pgw.yml up to the guest: refusals before the first connection, half-done states, convergence, check mode.

tests/integration/playbooks/test_refusals.py has what vCenter lacks, and the first run in check mode.
"""

from __future__ import annotations

import copy
import typing as t

import pytest
from pyVmomi import vim

from .conftest import DESCRIPTION, REPOSITORY, destroy

PLAYBOOK = REPOSITORY / "playbooks" / "deploy_pgw.yml"
NAME = "pgw-it"
# Up to guests that run and have addresses; what is done in guests needs a guest.
TAGS = ("--tags", "vsphere")


@pytest.fixture
def no_vm(session: t.Any) -> t.Iterator[t.Callable[[], t.Any]]:
    """A function that finds the playbook's VM; it is destroyed after the test."""

    def find() -> t.Any:
        found = session.in_view({vim.VirtualMachine: ["name"]})
        return next((each for each, properties in found if properties["name"] == NAME), None)

    yield find
    machine = find()
    if machine is not None:
        destroy(machine)


def put(description: dict[str, t.Any], path: str, value: t.Any) -> dict[str, t.Any]:
    changed = copy.deepcopy(description)
    *parents, last = [int(part) if part.isdigit() else part for part in path.split(".")]
    target: t.Any = changed
    for part in parents:
        target = target[part]
    target[last] = value
    return changed


def test_a_wrong_description_stops_before_the_first_connection(ansible: t.Any, vcenter: t.Any) -> None:
    wrong = put(DESCRIPTION, "cpu.coutn", 2)
    wrong = put(wrong, "cpu.polling", "2")
    wrong = put(wrong, "memory.hugepages.0.amount_mb", 4096)
    wrong = put(wrong, "adapters.2.name", "s5u")
    wrong = put(wrong, "adapters.0.driver", "pmd")
    vcenter.reset_calls()
    run = ansible.playbook(PLAYBOOK, nfv_dataplane=wrong)
    assert run.status != 0
    told = run.failure()["msg"]
    for line in (
        "[key_unknown] pgw-it: nfv_dataplane.cpu.coutn is not a known key; did you mean count?",
        "[polling_beyond_count] pgw-it: nfv_dataplane.cpu.polling names vCPU 2, but cpu.count 2 gives vCPUs 0 to 1",
        "[hugepages_beyond_memory] pgw-it: nfv_dataplane.memory.hugepages add up to 4096 MiB;",
        "[name_repeated] pgw-it: nfv_dataplane.adapters[2].name s5u is already used by an earlier adapter",
        "[management_adapter_missing] pgw-it: nfv_dataplane.adapters needs an adapter with driver kernel,",
    ):
        assert line in told
    assert "\n" not in told
    assert vcenter.calls() == {}


def test_wrong_sessions_and_missing_variables_stop_there_too(ansible: t.Any, vcenter: t.Any) -> None:
    vcenter.reset_calls()
    run = ansible.playbook(PLAYBOOK, pgw_sessions=[{"name": "ue-1", "local_teid": 0}])
    # The workload's own check, and the refusal after the checks of all hosts.
    *_checks, refusal = [result["msg"] for result in run.results() if result.get("failed")]
    assert "[value_out_of_range] pgw-it: pgw_sessions[0].local_teid must be from 1 to 4294967295" in refusal
    del ansible.inventory["vsphere_cluster"]
    run = ansible.playbook(PLAYBOOK)
    assert run.failure()["msg"] == "[variable_missing] pgw-it: vsphere_cluster must be set in the inventory"
    assert vcenter.calls() == {}


def test_a_run_that_breaks_off_goes_on_later_and_nothing_is_power_cycled_without_consent(
    ansible: t.Any, vcenter: t.Any, no_vm: t.Callable[[], t.Any]
) -> None:
    # The address is vSphere's own to give, which is found out only when the VM is there.
    broken = put(DESCRIPTION, "adapters.2.mac", "00:50:56:80:ff:ff")
    run = ansible.playbook(PLAYBOOK, *TAGS, nfv_dataplane=broken)
    message = run.failure()["msg"]
    assert message.startswith(f"[mac_reserved] {NAME}: ")
    assert "The VM was created in this run and stays powered off; the next run continues from here" in message
    made = no_vm()
    assert made.runtime.powerState == "poweredOff"

    run = ansible.playbook(PLAYBOOK, *TAGS, vm_hardware_address_timeout=1)
    assert run.failure()["error_code"] == "guest_address_missing"
    assert run.failure()["msg"].startswith(f"[guest_address_missing] {NAME}: ")
    assert no_vm()._moId == made._moId
    assert made.runtime.powerState == "poweredOn"

    report_address(vcenter, made)
    vcenter.reset_calls()
    run = ansible.playbook(PLAYBOOK, *TAGS)
    assert run.status == 0, run.output
    assert run.recap[NAME]["changed"] == 0
    assert vcenter.mutating_calls() == {}
    facts = [result["ansible_facts"] for result in run.results() if "ansible_host" in result.get("ansible_facts", {})]
    assert facts[0]["ansible_host"] == "198.18.0.10"
    assert [adapter["name"] for adapter in facts[0]["nfv_adapters"]] == ["mgmt", "s5u", "sgi"]

    run = ansible.playbook(PLAYBOOK, *TAGS, "--check", "--diff")
    assert run.status == 0, run.output
    assert run.recap[NAME]["changed"] == 0
    assert vcenter.mutating_calls() == {}

    larger = put(put(DESCRIPTION, "cpu.count", 4), "cpu.polling", "1-3")
    vcenter.reset_calls()
    run = ansible.playbook(PLAYBOOK, *TAGS, nfv_dataplane=larger)
    assert run.failure()["msg"].startswith(f"[power_off_needed] {NAME}: it is powered on, and these settings need a")
    assert "cpu.count" in run.failure()["msg"]
    assert vcenter.mutating_calls() == {}
    run = ansible.playbook(
        PLAYBOOK, *TAGS, nfv_dataplane=larger, vm_hardware_power_cycle="when_needed", vm_hardware_address_timeout=1
    )
    assert vcenter.mutating_calls() == {"ShutdownGuest": 1, "ReconfigVM_Task": 1, "PowerOnVM_Task": 1}
    assert no_vm().config.hardware.numCPU == 4


def report_address(vcenter: t.Any, machine: t.Any) -> None:
    mac = next(each.macAddress for each in machine.config.hardware.device if hasattr(each, "macAddress"))
    nics = [{"mac": mac, "network": "PG-Mgmt", "addresses": ["198.18.0.10/24"]}]
    vcenter.report_guest(machine.config.uuid, ip_address="198.18.0.10", nics=nics)
