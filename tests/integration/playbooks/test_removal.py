"""remove_pgw.yml on VMs without guests: it looks at what it deletes, with consent, and does nothing a second time."""

from __future__ import annotations

import copy
import typing as t

from tests.integration.playbooks.conftest import DATAPLANE, Deployment
from tests.support.playbook import Run

REMOVE = "nfv.vsphere_dpdk.remove_pgw"


def refused(deployment: Deployment, code: str, **changes: t.Any) -> Run:
    """A removal that is refused with the code, without a call to vCenter that changes anything."""
    deployment.control.reset_calls()
    run = deployment.run(playbook=REMOVE, remove_pgw_delete_vm=True, **changes)
    assert not run.succeeded, run.output
    assert any(message.startswith(f"[{code}] ") for message in run.failures), run.failures
    assert deployment.control.mutating_calls() == {}
    return run


def test_vm_is_deleted_with_consent_only(deployment: Deployment) -> None:
    made = deployment.run("--tags", "vsphere", vm_hardware_address_timeout=1)
    assert any("[guest_address_missing]" in message for message in made.failures), made.output

    # Where one VM of the group is not what the operator means, no other is deleted either.
    refused(deployment, "vm_is_template", hosts=["pgw-1", "debian-12-dpdk"])
    other = copy.deepcopy(DATAPLANE)
    other["adapters"][2]["network"] = "PG-Elsewhere"
    run = refused(deployment, "vm_not_as_described", nfv_dataplane=other)
    uuid = run.result_of("Look up the VMs")["vms"]["pgw-1"]["uuid"]
    refused(deployment, "vm_not_as_described", remove_pgw_uuid=f"{'0' * 8}{uuid[8:]}")

    deployment.control.reset_calls()
    predicted = deployment.run("--check", playbook=REMOVE, remove_pgw_delete_vm=True)
    assert predicted.succeeded, predicted.output
    assert predicted.changed > 0
    assert deployment.control.mutating_calls() == {}

    # The operator's UUID says more than the adapters.
    removed = deployment.run(playbook=REMOVE, remove_pgw_delete_vm=True, nfv_dataplane=other, remove_pgw_uuid=uuid)
    assert removed.succeeded, removed.output
    assert "Destroy_Task" in deployment.control.mutating_calls()

    again = deployment.run(playbook=REMOVE, remove_pgw_delete_vm=True)
    assert again.succeeded, again.output
    assert again.changed == 0, again.changed_tasks
