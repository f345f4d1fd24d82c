# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS settings are explicit, and the gate for writes closes."""

from __future__ import annotations

import ssl
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client import (
    Client,
    Connection,
    knows,
    version_text,
)

if t.TYPE_CHECKING:
    from pathlib import Path

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
