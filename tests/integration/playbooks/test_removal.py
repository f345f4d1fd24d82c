"""remove_pgw.yml on VMs without guests: deletion with consent, and nothing to do a second time."""

from __future__ import annotations

from tests.integration.playbooks.conftest import Deployment

REMOVE = "nfv.vsphere_dpdk.remove_pgw"


def test_vm_is_deleted_with_consent_only(deployment: Deployment) -> None:
    made = deployment.run("--tags", "vsphere", vm_hardware_address_timeout=1)
    assert any("[guest_address_missing]" in message for message in made.failures), made.output

    deployment.control.reset_calls()
    predicted = deployment.run("--check", playbook=REMOVE, remove_pgw_delete_vm=True)
    assert predicted.succeeded, predicted.output
    assert predicted.changed > 0
    assert deployment.control.mutating_calls() == {}

    removed = deployment.run(playbook=REMOVE, remove_pgw_delete_vm=True)
    assert removed.succeeded, removed.output
    assert "Destroy_Task" in deployment.control.mutating_calls()

    again = deployment.run(playbook=REMOVE, remove_pgw_delete_vm=True)
    assert again.succeeded, again.output
    assert again.changed == 0, again.changed_tasks
