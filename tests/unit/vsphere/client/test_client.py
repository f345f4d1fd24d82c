# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS settings are explicit, the gate for writes closes, and reads leave Python as they found it."""

from __future__ import annotations

import contextlib
import gc
import http.client
import ssl
import typing as t

import pytest
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client import client as client_module
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import (
    PAUSES,
    Client,
    Connection,
    knows,
    rare_garbage_collection,
    version_text,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.faults import CallLostError

if t.TYPE_CHECKING:
    from pathlib import Path

DROPPED = http.client.RemoteDisconnected("closed without response")
EXPIRED = vim.fault.NotAuthenticated(privilegeId="System.View")
CONNECTION = Connection("vcenter.example.com", 443, "user", "s3cret")


def test_certificates_are_verified_unless_told_otherwise() -> None:
    verified = CONNECTION.tls_context()
    assert (verified.verify_mode, verified.check_hostname) == (ssl.CERT_REQUIRED, True)
    trusting = Connection("h", 443, "user", "s3cret", validate_certs=False).tls_context()
    assert (trusting.verify_mode, trusting.check_hostname) == (ssl.CERT_NONE, False)


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_an_unreadable_authority_is_a_typed_error(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(NfvError, match="ca_unreadable"):
        Connection("h", 443, "user", "s3cret", ca_path=str(path)).tls_context()


@pytest.mark.parametrize(
    ("hostname", "port"),
    [
        ("x" * 300, 443),
        ("vcenter..example.com", 443),
        ("v\0", 443),
        (".example.com", 443),
        ("localhost", 99_999),
        ("\ud800", 1),
    ],
)
def test_what_can_be_no_address_is_a_typed_error(hostname: str, port: int) -> None:
    with pytest.raises(NfvError, match="vcenter_unreachable") as caught:
        Client.open(Connection(hostname, port, "user", "s3cret"), closed_for_writes=True)
    assert len(str(caught.value)) < 400 and str(caught.value).isprintable()


def test_the_password_is_not_shown() -> None:
    assert "s3cret" not in repr(CONNECTION)


def test_a_closed_gate_lets_no_write_through(client: Client) -> None:
    calls: list[dict[str, t.Any]] = []
    client.write(lambda **arguments: calls.append(arguments), spec=1)
    assert calls == [{"spec": 1}]
    client.closed_for_writes = True
    with pytest.raises(NfvError, match="write_refused"):
        client.write(lambda **arguments: calls.append(arguments), spec=2)
    assert len(calls) == 1


def test_versions_are_ordered_and_worded() -> None:
    assert knows("vim.version.v8_0_3_0", "vim.version.v7_0")
    assert not knows("vim.version.v7_0", "vim.version.v8_0_0_1")
    assert version_text("vim.version.v8_0_3_0") == "8.0.3.0"


class Scripted:
    """A call whose attempts go as scripted: an exception is raised, anything else returned. Counts its attempts."""

    def __init__(self, *script: t.Any) -> None:
        self.script = list(script)
        self.attempts = 0

    def __call__(self) -> t.Any:
        self.attempts += 1
        outcome = self.script.pop(0)
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome


@pytest.fixture
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that would have been made."""
    pauses: list[float] = []
    monkeypatch.setattr(client_module.time, "sleep", pauses.append)
    return pauses


def test_a_read_is_done_again_when_the_connection_breaks(client: Client, no_pauses: list[float]) -> None:
    work = Scripted(DROPPED, ConnectionResetError(), TimeoutError(), "read")
    assert client.read(work) == "read"
    assert no_pauses == list(PAUSES)


def test_a_read_is_given_up_after_the_last_pause(client: Client, no_pauses: list[float]) -> None:
    work = Scripted(*[DROPPED] * 10)
    with pytest.raises(http.client.RemoteDisconnected):
        client.read(work)
    assert work.attempts == len(PAUSES) + 1


@pytest.mark.parametrize("error", [ConnectionRefusedError(), ssl.SSLCertVerificationError()])
def test_a_server_that_is_not_there_or_not_trusted_is_asked_once(
    client: Client, no_pauses: list[float], error: OSError
) -> None:
    work = Scripted(error)
    with pytest.raises(type(error)):
        client.read(work)
    assert no_pauses == []


def test_a_write_is_sent_once_when_the_connection_breaks(client: Client, no_pauses: list[float]) -> None:
    call = Scripted(DROPPED, "sent twice")
    with pytest.raises(CallLostError) as caught:
        client.write(call)
    assert caught.value.error_code == "connection_lost"
    assert (call.attempts, no_pauses) == (1, [])


@pytest.mark.parametrize("use", ["read", "write"])
def test_a_session_that_has_ended_is_replaced_and_the_call_made_again(client: Client, use: str) -> None:
    logins: list[str] = []
    client._log_in = logins.append
    call = Scripted(EXPIRED, "done")
    assert getattr(client, use)(call) == "done"
    assert len(logins) == 1


def test_a_session_that_another_thread_replaced_is_not_replaced_again(client: Client) -> None:
    logins: list[str] = []
    client._log_in = logins.append
    client._replace_session("the session before")
    assert logins == []


@pytest.mark.parametrize(("before", "within"), [((700, 10, 10), 50_000), ((90_000, 10, 10), 90_000), ((0, 10, 10), 0)])
def test_garbage_is_collected_rarely_during_a_read_and_as_before_after_it(
    before: tuple[int, int, int], within: int
) -> None:
    own = gc.get_threshold()
    gc.set_threshold(*before)
    try:
        with contextlib.suppress(KeyError), rare_garbage_collection():
            assert gc.get_threshold()[0] == within
            raise KeyError
        assert gc.get_threshold() == before
    finally:
        gc.set_threshold(*own)
