# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A vCenter that has tags: the Automation API's part that VMware's SDK reads them by, in front of the lab's vCenter.

govmomi's simulator answers the REST form of that API; the SDK, which the inventory plugin uses, speaks JSON-RPC.
"""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import http.server
import json
import ssl
import threading
import typing as t

if t.TYPE_CHECKING:
    from lab.pki import Pki
    from lab.testing.vcenter import VCenter

CATEGORY = "urn:vmomi:InventoryServiceCategory:1:GLOBAL"
# What a request carries on to the lab's vCenter, and its answer back; the rest is of one connection alone.
CARRIED = ("content-type", "cookie", "soapaction", "set-cookie", "vmware-csrf-token")


@dataclasses.dataclass(frozen=True)
class Tags:
    """The tags of a vCenter, all of one category."""

    category: str
    """The category's name."""
    by_vm: t.Mapping[str, t.Sequence[str]]
    """Names of tags by the VM's managed object ID."""

    def answer(self, service: str, operation: str, given: t.Mapping[str, t.Any]) -> t.Any:
        """The output of an operation, as the SDK encodes values. Raises KeyError for what is not there."""
        if (service, operation) == ("com.vmware.cis.session", "create"):
            return {"SECRET": "session"}
        if service == "com.vmware.cis.session":
            return None
        if operation == "list_attached_tags":
            machine = given["object_id"]["STRUCTURE"]["com.vmware.vapi.std.dynamic_ID"]["id"]
            return [_id(name) for name in self.by_vm.get(machine, ())]
        names = {
            _id(name): {**_MODEL, "id": _id(name), "category_id": CATEGORY, "name": name}
            for tags in self.by_vm.values()
            for name in tags
        }
        if service == "com.vmware.cis.tagging.tag":
            return {"STRUCTURE": {"com.vmware.cis.tagging.tag_model": names[given["tag_id"]]}}
        category = {**_MODEL, "id": CATEGORY, "name": self.category, "cardinality": "MULTIPLE", "associable_types": []}
        return {"STRUCTURE": {"com.vmware.cis.tagging.category_model": category}}


_MODEL: t.Final[dict[str, t.Any]] = {"description": "", "used_by": []}


def _id(name: str) -> str:
    return f"urn:vmomi:InventoryServiceTag:{name}:GLOBAL"


@contextlib.contextmanager
def tagged(vcenter: VCenter, pki: Pki, tags: Tags) -> t.Iterator[VCenter]:
    """The lab's vCenter at another port, where its VMs have tags."""

    class Handler(_Handler):
        pass

    Handler.tags, Handler.vcenter = tags, vcenter
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pki.certificate, pki.key)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield dataclasses.replace(vcenter, port=server.server_address[1])
        finally:
            server.shutdown()
            thread.join()


class _Handler(http.server.BaseHTTPRequestHandler):
    tags: t.ClassVar[Tags]
    vcenter: t.ClassVar[VCenter]

    def do_GET(self) -> None:
        self._forward(b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.path != "/api":
            self._forward(body)
            return
        request = json.loads(body)
        asked = request["params"]
        given = asked["input"]["STRUCTURE"]["operation-input"]
        output = self.tags.answer(asked["serviceId"], asked["operationId"], given)
        answer = {"jsonrpc": "2.0", "id": request["id"], "result": {"output": output}}
        self._send(200, {"content-type": "application/json"}, json.dumps(answer).encode())

    def _forward(self, body: bytes) -> None:
        context = ssl.create_default_context(cafile=str(self.vcenter.ca_path))
        connection = http.client.HTTPSConnection(self.vcenter.hostname, self.vcenter.port, context=context, timeout=60)
        carried = {name: value for name, value in self.headers.items() if name.lower() in CARRIED}
        with contextlib.closing(connection):
            connection.request(self.command, self.path, body, carried)
            answer = connection.getresponse()
            self._send(answer.status, dict(answer.getheaders()), answer.read())

    def _send(self, status: int, headers: t.Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() in CARRIED:
                self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: t.Any) -> None:  # noqa: A002 # http.server's name
        """Nothing: a test's output is its own."""
