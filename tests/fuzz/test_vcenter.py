# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever vCenter answers, over HTTP and through pyVmomi: VMs that were read, and NfvError for those that were not."""

from __future__ import annotations

import contextlib
import http.server
import re
import threading
import typing as t
from collections.abc import Iterator

import pytest
from pyVmomi import SoapStubAdapter, VmomiSupport, vim, vmodl

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client import client as client_module
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client import decode
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.faults import typed_errors
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.objects import XSI_TYPE, Decoder
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import read_each
from tests.fuzz.fuzzing import WORDS, Random, finds, fuzz
from tests.support.answers import VERSION, serialised
from tests.support.offline_client import OfflineClient
from tests.unit.vsphere.conftest import inventory, properties

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.inventory import Inventory

__all__ = ["inventory", "properties"]

INPUTS = 200
ARRAYS = {
    "config.hardware.device": "vim.vm.device.VirtualDevice[]",
    "config.extraConfig": "vim.option.OptionValue[]",
    "guest.net": "vim.vm.GuestInfo.NicInfo[]",
}
LEAF = re.compile(r"<(\w+)((?: [^<>]*)?)>([^<>]*)</\1>")
TYPE = re.compile(r' xsi:type="([^"]*)"')
HOSTILE_XML = (
    '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    "&b;&b;",
    "<missingSet><path>name</path><fault/></missingSet><missingSet/><propSet/>",
    "</objects><objects><obj type='Future'>x</obj></objects><objects>",
    "<returnval><objects/></returnval>",
)
UNKNOWN = '<future xsi:type="FutureType"><deep><key>9</key></deep></future>'


class Server(http.server.ThreadingHTTPServer):
    """Answers every call with the same text."""

    answer = ""
    daemon_threads = True

    def handle_error(self, _request: object, _address: object) -> None:  # type: ignore[override]
        """Says nothing: a client that does not understand an answer hangs up."""


class Handler(http.server.BaseHTTPRequestHandler):
    """One connection to it."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_POST(self) -> None:
        """Answers a call."""
        self.rfile.read(int(self.headers["Content-Length"]))
        content = self.server.answer.encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/xml; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments: object) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=made.serve_forever, daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


@pytest.fixture
def client(server: Server, monkeypatch: pytest.MonkeyPatch) -> OfflineClient:
    # An answer that is cut is read again, as after a broken connection.
    monkeypatch.setattr(client_module, "PAUSES", ())
    decode.install()
    made = OfflineClient(VERSION)
    # A negative port is pyVmomi's way to say: without TLS.
    stub = SoapStubAdapter("127.0.0.1", -server.server_port, version=VERSION)
    made.content = vim.ServiceInstanceContent(
        propertyCollector=vmodl.query.PropertyCollector("propertyCollector", stub)
    )
    return made


@pytest.fixture
def answer(properties: dict[str, t.Any]) -> str:
    """A whole answer about three VMs, as text."""
    nic = vim.vm.GuestInfo.NicInfo(
        macAddress="00:50:56:80:00:00", ipAddress=["192.0.2.1"], connected=True, deviceConfigId=4000
    )
    controller, *adapters = properties["config.hardware.device"]
    controller.busNumber, controller.sharedBus = 0, "noSharing"
    properties |= {"guest.net": [nic], "config.hardware.device": [controller, *adapters]}
    collector = vmodl.query.PropertyCollector

    def value(path: str, content: t.Any) -> t.Any:
        return VmomiSupport.GetVmodlType(ARRAYS[path])(content) if path in ARRAYS else content

    props = [vmodl.DynamicProperty(name=path, val=value(path, content)) for path, content in properties.items()]
    return serialised(
        [collector.ObjectContent(obj=vim.VirtualMachine(f"vm-{n}"), propSet=props) for n in range(3)]
    ).decode()


def torn_answer(rng: Random, text: str) -> tuple[str, bool]:
    """An answer with some other values, types and fields of its first VM, and whether it is XML to its end."""
    if rng.random() < 0.03:
        return text[: rng.randint(0, len(text))], False
    if rng.random() < 0.1:
        put = rng.choice((*HOSTILE_XML, "<a>" * rng.randint(1, 200_000), "<a/>" * rng.randint(1, 200_000)))
        place = rng.choice([0, *(leaf.end() for leaf in LEAF.finditer(text))])
        return text[:place] + put + text[place:], False
    head, first, rest = text.partition("</objects>")
    for _change in range(rng.randint(1, 4)):
        leaf, kind = rng.choice(list(LEAF.finditer(head))), rng.choice(list(TYPE.finditer(head)))
        # Which VM is answered about is not in doubt.
        if leaf[1] != "obj":
            head = head[: leaf.start()] + other_leaf(rng, leaf, TYPE.findall(head)) + head[leaf.end() :]
        elif kind.start() > leaf.end():
            changed = rng.choice((*TYPE.findall(head), "FutureType", "xsd:int"))
            head = f'{head[: kind.start()]} xsi:type="{changed}"{head[kind.end() :]}'
    return head + first + rest, True


def other_leaf(rng: Random, leaf: re.Match[str], types: list[str]) -> str:
    """Something else than an element without parts, or with something added."""
    name, attributes, content = leaf.groups()
    word = rng.choice((*WORDS, "perhaps", "-1", str(2**70), "2026-13-01", content * 2))
    word = re.sub(r"[^\x20-\x7e]", "?", word).replace("&", "&amp;").replace("<", "&lt;")
    return rng.choice(
        (
            "",
            f"<{name}{attributes}>{word}</{name}>",
            f"<{name}{attributes}>{word}</{name}>",
            f"<{name}{attributes}>{UNKNOWN}</{name}>",
            f"<{name}Future>{content}</{name}Future>",
            f'<{name} xsi:type="FutureType">{content}</{name}>',
            f'<{name} xsi:type="{rng.choice(types)}">{content}</{name}>',
            leaf.group() + UNKNOWN,
        )
    )


Check = t.Callable[[tuple[str, bool]], None]


@pytest.fixture
def check(server: Server, client: OfflineClient, inventory: Inventory) -> Check:
    """Reads three VMs from an answer: whatever it says of the first, the others are read."""
    machines = [vim.VirtualMachine(f"vm-{number}") for number in range(3)]

    def read(answered: tuple[str, bool]) -> None:
        server.answer, whole = answered
        with contextlib.suppress(NfvError), typed_errors("vCenter", "failed to read VMs"):
            records, errors = read_each(client, machines, inventory)
            assert all(record.state.moid == moid for moid, record in records.items())
            assert all(len(str(error)) < 3000 and str(error).isprintable() for error in errors.values())
            assert {"vm-1", "vm-2"} <= records.keys()
            return
        assert not whole

    return read


def test_answers(check: Check, answer: str) -> None:
    check((answer, True))
    fuzz(lambda rng: torn_answer(rng, answer), check, INPUTS)


def test_the_fuzzer_finds_a_planted_fault(check: Check, answer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # A reader that takes no property for itself.
    monkeypatch.setattr(Decoder, "value", lambda self, element: self.converter(object, element.get(XSI_TYPE))(element))
    assert isinstance(
        finds(lambda rng: torn_answer(rng, answer), check, INPUTS), (AttributeError, KeyError, TypeError, ValueError)
    )
