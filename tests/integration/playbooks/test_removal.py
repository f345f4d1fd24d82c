"""remove_pgw.yml on VMs without guests: it looks at what it deletes, with consent, and does nothing a second time.

By a user who has no more than the privileges in docs/privileges.md.
"""

from __future__ import annotations

import copy
import dataclasses
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client
from lab.testing import operator_account
from lab.testing.vcenter import VCenter
from tests.integration.playbooks.conftest import DATAPLANE, Deployment
from tests.support.playbook import Run

REMOVE = "nfv.vsphere_dpdk.remove_pgw"


@pytest.fixture
def operated(deployment: Deployment, fresh_vcenter: VCenter) -> t.Iterator[Deployment]:
    """The deployment as the operator's."""
    with Client.open(fresh_vcenter.connection, closed_for_writes=False) as admin:
        user = operator_account.add_operator(fresh_vcenter, admin).connection
        account = {
            "vsphere_username": user.username,
            "vsphere_password": user.password,
            "vsphere_folder": operator_account.FOLDER,
        }
        yield dataclasses.replace(deployment, vsphere={**deployment.vsphere, **account})


def refused(deployment: Deployment, code: str, **changes: t.Any) -> Run:
    """A removal that is refused with the code, without a call to vCenter that changes anything."""
    deployment.control.reset_calls()
    run = deployment.run(playbook=REMOVE, remove_delete_vm=True, **changes)
    assert not run.succeeded, run.output
    assert any(message.startswith(f"[{code}] ") for message in run.failures), run.failures
    assert deployment.control.mutating_calls() == {}
    return run


def test_vm_is_deleted_with_consent_only(operated: Deployment) -> None:
    made = operated.run("--tags", "vsphere", vm_hardware_address_timeout=1)
    assert any("[guest_address_missing]" in message for message in made.failures), made.output

    # Where one VM of the group is not what the operator means, no other is deleted either.
    refused(operated, "vm_is_template", hosts=["pgw-1", "debian-12-dpdk"])
    other = copy.deepcopy(DATAPLANE)
    other["adapters"][2]["network"] = "PG-Elsewhere"
    run = refused(operated, "vm_not_as_described", nfv_dataplane=other)
    uuid = run.result_of("Look up the VMs")["vms"]["pgw-1"]["uuid"]
    refused(operated, "vm_not_as_described", remove_uuid=f"{'0' * 8}{uuid[8:]}")

    operated.control.reset_calls()
    predicted = operated.run("--check", playbook=REMOVE, remove_delete_vm=True)
    assert predicted.succeeded, predicted.output
    assert predicted.changed > 0
    assert operated.control.mutating_calls() == {}

    # The operator's UUID says more than the adapters.
    removed = operated.run(playbook=REMOVE, remove_delete_vm=True, nfv_dataplane=other, remove_uuid=uuid)
    assert removed.succeeded, removed.output
    assert "Destroy_Task" in operated.control.mutating_calls()

    again = operated.run(playbook=REMOVE, remove_delete_vm=True)
    assert again.succeeded, again.output
    assert again.changed == 0, again.changed_tasks
