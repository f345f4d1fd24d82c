# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The password of examples/gitops by ansible-vault, as docs/gitops.md says, and by HashiCorp Vault."""

from __future__ import annotations

import contextlib
import http.server
import json
import os
import shutil
import subprocess
import threading
import typing as t
from pathlib import Path

import pytest

from tests.support.playbook import BINARIES, ROOT

EXAMPLE = ROOT / "examples/gitops"
SECRET = "of this test alone"


@pytest.fixture
def fleet(tmp_path: Path) -> Path:
    directory = tmp_path / "fleet"
    shutil.copytree(EXAMPLE, directory)
    return directory


def run(fleet: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [BINARIES / command[0], *command[1:]],
        cwd=fleet,
        env={"PATH": os.environ["PATH"], "HOME": str(fleet), "LC_ALL": "C.UTF-8", **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def password(fleet: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Ansible's look at the variable that holds vCenter's password."""
    command = ("ansible", "pgw-1", "--inventory=inventory", "--module-name=ansible.builtin.debug")
    return run(fleet, *command, "--args=var=vsphere_password", **environment)


VAULT = {"ANSIBLE_VAULT_PASSWORD_FILE": "./vault-password", "VAULT_PASSWORD": "of the repository"}


def test_a_value_that_ansible_vault_encrypted_is_read(fleet: Path) -> None:
    encrypt = ("encrypt_string", "--vault-password-file", "./vault-password", "--name", "vault_vsphere_password")
    done = run(fleet, "ansible-vault", *encrypt, SECRET, VAULT_PASSWORD=VAULT["VAULT_PASSWORD"])
    assert done.returncode == 0, done.stderr
    (fleet / "inventory/group_vars/all/vault.yml").write_text(done.stdout)
    assert SECRET not in done.stdout
    shown = password(fleet, **VAULT)
    assert SECRET in shown.stdout, shown.stdout + shown.stderr
    # The negative control: another password, and none.
    for environment in ({**VAULT, "VAULT_PASSWORD": "example"}, {}):
        refused = password(fleet, **environment)
        assert refused.returncode != 0
        assert SECRET not in refused.stdout + refused.stderr


class _Vault(http.server.BaseHTTPRequestHandler):
    """One secret of a KV engine of version 2, for one token."""

    def do_GET(self) -> None:
        found = self.path == "/v1/secret/data/nfv/vcenter" and self.headers.get("X-Vault-Token") == "token"
        body = {"data": {"data": {"password": SECRET}, "metadata": {"version": 1}}} if found else {"errors": []}
        self.send_response(200 if found else 403)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, format: str, *args: t.Any) -> None:  # noqa: A002 # http.server's name
        """Nothing: a test's output is its own."""


@contextlib.contextmanager
def hashi_vault() -> t.Iterator[str]:
    """The address of a server that answers as HashiCorp Vault does."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Vault) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def test_a_value_of_hashicorp_vault_is_read(fleet: Path) -> None:
    shutil.copy(fleet / "hashi-vault.yml", fleet / "inventory/group_vars/all/vault.yml")
    with hashi_vault() as address:
        shown = password(fleet, VAULT_ADDR=address, VAULT_TOKEN="token")
        assert SECRET in shown.stdout, shown.stdout + shown.stderr
        refused = password(fleet, VAULT_ADDR=address, VAULT_TOKEN="another")
    assert refused.returncode != 0
    assert SECRET not in refused.stdout
