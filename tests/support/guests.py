"""Guests of a lab vCenter without a hypervisor: VMware Tools in every VM that is powered on, and what it tells."""

from __future__ import annotations

import concurrent.futures
import contextlib
import http.client
import threading
import typing as t

from pyVmomi import vim, vmodl

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client

if t.TYPE_CHECKING:
    from lab.testing.vcenter import VCenter

INTERVAL_SECONDS = 0.5
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


@contextlib.contextmanager
def answering_guests(vcenter: VCenter) -> t.Iterator[None]:
    """Give every VM that runs an address of its own (198.18.0.11 and on) on its first adapter, until the end.

    Each says a host key, as the first boot tells it to.
    """
    ended = threading.Event()

    def answer() -> None:
        # On a busy machine a connection breaks, and a VM that was listed is another one before it was read.
        while not ended.wait(INTERVAL_SECONDS):
            with (
                contextlib.suppress(NfvError, vmodl.MethodFault, OSError, http.client.HTTPException),
                Client.open(vcenter.connection, closed_for_writes=False) as client,
            ):
                while not ended.wait(INTERVAL_SECONDS):
                    _answer_once(vcenter, client)

    with concurrent.futures.ThreadPoolExecutor(max_workers=1) as pool:
        answering = pool.submit(answer)
        try:
            yield
        finally:
            ended.set()
        answering.result()


def _answer_once(vcenter: VCenter, client: Client) -> None:
    content = client.content
    view = content.viewManager.CreateContainerView(content.rootFolder, [vim.VirtualMachine], True)
    machines = list(view.view)
    view.DestroyView()
    for number, machine in enumerate(machines):
        if machine.runtime.powerState == "poweredOn" and machine.guest.ipAddress is None:
            address = f"198.18.0.{11 + number}"
            mac = next(each.macAddress for each in machine.config.hardware.device if hasattr(each, "macAddress"))
            nics = [{"mac": mac, "network": "PG-Mgmt", "addresses": [f"{address}/24"]}]
            said = {"guestinfo.nfv.hostkeys": f"{machine.config.uuid} {HOST_KEY},"}
            vcenter.report_guest(machine.config.uuid, ip_address=address, nics=nics, guestinfo=said)
