# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the lab's state is, and the names and secrets in it."""

from __future__ import annotations

import ssl
import stat
from pathlib import Path

import pytest

from lab import generated_inventory
from lab.errors import LabError
from lab.pki import ensure_pki
from lab.state import STATE_VARIABLE, State, find_state


def test_the_checkout_or_the_environment_says_where(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv(STATE_VARIABLE, raising=False)
    assert find_state().root == Path(__file__).resolve().parents[3] / ".lab"
    monkeypatch.setenv(STATE_VARIABLE, str(tmp_path))
    assert find_state().root == tmp_path.resolve()


def test_two_checkouts_have_namespaces_of_their_own() -> None:
    one, other = State(Path("/a/.lab"), Path("/a")), State(Path("/b/.lab"), Path("/b"))
    assert one.segments_namespace != other.segments_namespace
    assert one.segments_namespace != one.tester_namespace
    assert one.segments_namespace == State(Path("/a/.lab"), Path("/a")).segments_namespace


def test_a_path_too_long_for_sockets_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LabError, match="state_path_too_long"):
        State(tmp_path / ("x" * 100), tmp_path).prepare()


def test_one_command_at_a_time(tmp_path: Path) -> None:
    state = State(tmp_path / "s", tmp_path)
    with state.locked(), pytest.raises(LabError, match="lab_busy"), state.locked():
        pass
    with state.locked():
        pass


def test_secrets_are_the_owners_alone_and_stay(tmp_path: Path) -> None:
    pki = ensure_pki(tmp_path / "pki")
    before = {path: path.read_bytes() for path in pki.directory.iterdir()}
    for path in (pki.password, pki.readonly_password, pki.key, pki.ssh_key, pki.host_key):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    ensure_pki(tmp_path / "pki")
    assert {path: path.read_bytes() for path in pki.directory.iterdir()} == before
    assert len(pki.password.read_text()) >= 32


def test_the_certificate_is_believed_by_our_authority_only(tmp_path: Path) -> None:
    mine, other = ensure_pki(tmp_path / "a"), ensure_pki(tmp_path / "b")
    assert _shakes_hands(mine.certificate, mine.key, mine.ca_certificate, "localhost")
    assert _shakes_hands(mine.certificate, mine.key, mine.ca_certificate, "127.0.0.1")
    assert not _shakes_hands(mine.certificate, mine.key, mine.ca_certificate, "vcenter.example")
    assert not _shakes_hands(mine.certificate, mine.key, other.ca_certificate, "localhost")


def _shakes_hands(certificate: Path, key: Path, authority: Path, name: str) -> bool:
    """Run a TLS handshake in memory."""
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(certificate, key)
    client_context = ssl.create_default_context(cafile=str(authority))
    client_context.verify_flags |= ssl.VERIFY_X509_STRICT  # as Python 3.13 does unless told otherwise
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = client_context.wrap_bio(to_client, to_server, server_hostname=name)
    server = server_context.wrap_bio(to_server, to_client, server_side=True)
    for _attempt in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
            except ssl.SSLError:
                return False
    return client.version() is not None


def test_the_inventory_says_how_guests_are_reached_and_verified(tmp_path: Path) -> None:
    state = State(tmp_path / "s", tmp_path)
    state.prepare()
    pki = ensure_pki(state.pki)
    generated_inventory.write(state, pki, 8989)
    variables = generated_inventory.variables(state, pki, 8989, "secret")
    ssh = variables["reached_by_ssh"]["ansible_ssh_args"]
    assert "StrictHostKeyChecking=yes" in ssh
    assert f'ProxyCommand="ip netns exec {state.segments_namespace} socat - TCP:%h:%p"' in ssh
    # Ansible's own names of these sockets know neither the lab nor the way: guests of two labs share addresses.
    assert variables["reached_by_ssh"]["ansible_control_path_dir"] == str(state.root / "ssh")
    assert generated_inventory.known_hosts(state).read_text().split() == [
        "nfv-guest",
        *pki.host_public_key.read_text().split()[:2],
    ]
    secret = state.inventory / "group_vars/all/lab.yml"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert state.tester_namespace in generated_inventory.tester_python(state).read_text()
    generated_inventory.remove(state)
    assert list(state.inventory.iterdir()) == []
