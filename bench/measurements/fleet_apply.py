# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A change to a whole fleet in one task, against a bare script that submits the same specs."""

from __future__ import annotations

import contextlib
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_dataplane import converge
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.change_set import plan_vm
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.parse import parse_dataplane
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import CONNECTIONS, PAGE_SIZE
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.apply import Rollout
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.config_spec import config_spec
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.fleet import Fleet, Outcome
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.inventory import read_inventory
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import read_vms, vm_paths
from bench.bare import Bare
from bench.lab_vcenter import API_VERSION, DATACENTER, FleetVCenter, description, fleet_vcenter
from bench.model import Measurement, Size, at_most, seconds, side_by_side

if t.TYPE_CHECKING:
    from collections.abc import Iterator

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import ChangeSet
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import VmRecord

NAMES = (
    "fleet_apply_ratio_to_bare",
    "fleet_apply_reconfigures",
    "fleet_apply_whole_ratio_to_bare",
    "fleet_apply_s",
)
# Every run asks for another number of CPUs than the VMs have by then.
CPUS = (4, 6)


def measure(size: Size) -> Iterator[Measurement]:
    """Measures the step from plans to completed tasks, and the whole run with all its reads."""
    with fleet_vcenter(size.vms) as vcenter:
        # The first change is the largest: adapters are converted. From then on every run changes the same.
        vcenter.control.reset_calls()
        converge(vcenter.params(description(cpus=2)), vcenter.connection, check_mode=False)
        reconfigures = vcenter.control.calls()["ReconfigVM_Task"]
        fleet = _Bench(vcenter, size)
        step = side_by_side(fleet.our_step, fleet.bare_step, size.runs)
        whole = side_by_side(fleet.our_run, fleet.bare_run, size.runs)
    yield step.measurement("fleet_apply_ratio_to_bare", at_most(1.5))
    yield Measurement("fleet_apply_reconfigures", reconfigures, "calls", at_most(size.vms))
    yield whole.measurement("fleet_apply_whole_ratio_to_bare", at_most(0.8))
    yield Measurement("fleet_apply_s", whole.ours, "s", runs=whole.seconds)


class _Bench:
    def __init__(self, vcenter: FleetVCenter, size: Size) -> None:
        self._vcenter = vcenter
        self._size = size
        self._turn = 0

    def _next(self) -> dict[str, t.Any]:
        self._turn += 1
        return description(cpus=CPUS[self._turn % 2])

    def _planned(self, client: Client) -> tuple[Outcome, t.Callable[[VmRecord], ChangeSet], t.Any]:
        dataplane, problems = parse_dataplane(self._next())
        assert dataplane is not None, problems
        inventory = read_inventory(client, DATACENTER, with_uuids=False)
        names = set(self._vcenter.names)
        machines = [each for each, properties in inventory.vms if properties["name"] in names]
        records = read_vms(client, machines, inventory)

        def plan(record: VmRecord) -> ChangeSet:
            return plan_vm(record.state, dataplane, inventory.networks)

        plans = {moid: plan(record) for moid, record in records.items()}
        assert all(plans.values())
        return Outcome(records, plans), plan, inventory

    @contextlib.contextmanager
    def _specs(self) -> Iterator[tuple[Bare, list[tuple[str, t.Any]]]]:
        with self._vcenter.open() as client:
            outcome, _plan, _inventory = self._planned(client)
            specs = [(moid, config_spec(client, outcome.records[moid], plan)) for moid, plan in outcome.plans.items()]
        with Bare(self._vcenter.connection, CONNECTIONS) as bare:
            yield bare, specs

    def our_step(self) -> float:
        """From plans to completed tasks."""
        with self._vcenter.open() as client:
            outcome, plan, inventory = self._planned(client)
            rollout = Rollout(Fleet(client, inventory, outcome), plan)
            taken = seconds(lambda: rollout.reconfigure(list(outcome.plans)))
        assert len(outcome.changed) == self._size.vms
        return taken

    def bare_step(self) -> float:
        """The same specs, ready-made."""
        with self._specs() as (bare, specs):
            return seconds(lambda: self._submit(bare, specs))

    def _submit(self, bare: Bare, specs: list[tuple[str, t.Any]]) -> None:
        assert bare.reconfigure(specs, CONNECTIONS) == self._size.vms

    def our_run(self) -> float:
        """A whole run: look up, read, plan, reconfigure, read back, compare."""
        params = self._vcenter.params(self._next())
        return seconds(lambda: converge(params, self._vcenter.connection, check_mode=False))

    def bare_run(self) -> float:
        """A script that reads before and after, with ready-made specs."""
        with self._specs() as (bare, specs):

            def run() -> None:
                bare.retrieve(vm_paths(API_VERSION), PAGE_SIZE)
                self._submit(bare, specs)
                bare.retrieve(vm_paths(API_VERSION), PAGE_SIZE)

            return seconds(run)
