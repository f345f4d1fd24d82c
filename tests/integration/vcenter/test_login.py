# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Nobody gets in without the password, over SOAP or REST, and clients can verify the certificate."""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
from typing import Any

import pytest
from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import SoapStubAdapter, vim

JSON_RPC = b'{"jsonrpc":"2.0","id":"1","params":{"serviceId":"com.vmware.cis.session","operationId":"create"}}'


def trusting(vcenter: Any) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(vcenter.ca_path))


def log_in(vcenter: Any, **changes: Any) -> Any:
    arguments = {
        "host": vcenter.hostname,
        "port": vcenter.port,
        "user": vcenter.username,
        "pwd": vcenter.password,
        "sslContext": trusting(vcenter),
    }
    return SmartConnect(**(arguments | changes))


def rest(vcenter: Any, authorization: str | None, path: str = "/rest/com/vmware/cis/session", body: bytes = b"") -> int:
    connection = http.client.HTTPSConnection(vcenter.hostname, vcenter.port, context=trusting(vcenter), timeout=30)
    connection.request("POST", path, body=body, headers={"Authorization": authorization} if authorization else {})
    status = connection.getresponse().status
    connection.close()
    return status


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_login_with_verified_certificate(vcenter: Any, host: str) -> None:
    service = log_in(vcenter, host=host)
    assert service.content.sessionManager.currentSession.userName == vcenter.username
    Disconnect(service)


@pytest.mark.parametrize(
    "changes", [{"pwd": "wrong"}, {"user": "nobody@vsphere.local"}, {"pwd": ""}], ids=["password", "user", "empty"]
)
def test_login_refused(vcenter: Any, changes: dict[str, str]) -> None:
    with pytest.raises(vim.fault.InvalidLogin):
        log_in(vcenter, **changes)


def test_untrusted_certificate_refused(vcenter: Any) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        log_in(vcenter, sslContext=ssl.create_default_context())


def test_certificate_of_another_name_refused(vcenter: Any) -> None:
    with (
        socket.create_connection((vcenter.hostname, vcenter.port), timeout=30) as plain,
        pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"),
    ):
        trusting(vcenter).wrap_socket(plain, server_hostname="vcenter.example")


def test_reading_needs_a_session(vcenter: Any) -> None:
    stub = SoapStubAdapter(vcenter.hostname, vcenter.port, version="vim.version.v8_0_3_0", sslContext=trusting(vcenter))
    content = vim.ServiceInstance("ServiceInstance", stub).RetrieveContent()
    with pytest.raises(vim.fault.NotAuthenticated):
        print(content.rootFolder.childEntity)


def test_login_by_token_refused(vcenter: Any) -> None:
    stub = SoapStubAdapter(vcenter.hostname, vcenter.port, version="vim.version.v8_0_3_0", sslContext=trusting(vcenter))
    stub.samlToken = "<Assertion><Subject><NameID>someone</NameID></Subject></Assertion>"
    content = vim.ServiceInstance("ServiceInstance", stub).RetrieveContent()
    with pytest.raises(vim.fault.InvalidLogin):
        content.sessionManager.LoginByToken()


def test_rest_needs_the_password(vcenter: Any) -> None:
    assert rest(vcenter, basic(vcenter.username, vcenter.password)) == 200
    assert rest(vcenter, basic(vcenter.username, "wrong")) == 401
    assert rest(vcenter, None) == 401
    assert rest(vcenter, "SIGN token") == 401
    assert rest(vcenter, None, "/api", JSON_RPC) == 401
