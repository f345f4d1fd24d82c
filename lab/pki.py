# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's certificate authority, vCenter's certificate and passwords, and the guests' ssh keys."""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import trustme
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Pki:
    """The files in a pki directory."""

    directory: Path
    """The directory."""

    @property
    def ca_certificate(self) -> Path:
        """PEM file of the authority that clients verify vCenter with."""
        return self.directory / "ca.pem"

    @property
    def certificate(self) -> Path:
        """PEM file of vCenter's certificate."""
        return self.directory / "vcenter.pem"

    @property
    def key(self) -> Path:
        """PEM file of vCenter's private key."""
        return self.directory / "vcenter.key"

    @property
    def password(self) -> Path:
        """File with the password of vCenter's administrator, no newline."""
        return self.directory / "password"

    @property
    def readonly_password(self) -> Path:
        """File with the password of vCenter's read-only user, no newline."""
        return self.directory / "readonly-password"

    @property
    def ssh_key(self) -> Path:
        """OpenSSH private key of the user in the guests."""
        return self.directory / "ssh"

    @property
    def ssh_public_key(self) -> Path:
        """OpenSSH public key that guests accept."""
        return self.directory / "ssh.pub"

    @property
    def host_key(self) -> Path:
        """OpenSSH private host key of every guest; it outlives a rebuild of the golden image."""
        return self.directory / "guest-host-key"

    @property
    def host_public_key(self) -> Path:
        """OpenSSH public host key of every guest."""
        return self.directory / "guest-host-key.pub"


def write_secret(path: Path, content: bytes) -> None:
    """Write a file atomically and never readable by others (mode 0600)."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    temporary.replace(path)


def ensure_pki(directory: Path) -> Pki:
    """Make the files that are missing, and return where all of them are."""
    directory.mkdir(parents=True, exist_ok=True)
    directory.chmod(0o700)
    pki = Pki(directory)
    for password in (pki.password, pki.readonly_password):
        if not password.exists():
            write_secret(password, secrets.token_urlsafe(24).encode())
    for private, public, comment in (
        (pki.ssh_key, pki.ssh_public_key, "nfv-lab"),
        (pki.host_key, pki.host_public_key, "nfv-guest"),
    ):
        if not (private.exists() and public.exists()):
            write_ssh_key(private, public, comment)
    if not (pki.key.exists() and pki.certificate.exists() and pki.ca_certificate.exists()):
        make_certificates(pki)
    return pki


def write_ssh_key(private: Path, public: Path, comment: str) -> None:
    """Make an Ed25519 key pair in OpenSSH's formats."""
    key = ed25519.Ed25519PrivateKey.generate()
    write_secret(
        private,
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
        ),
    )
    line = key.public_key().public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
    public.write_text(f"{line.decode()} {comment}\n")


def make_certificates(pki: Pki) -> None:
    """Make an authority that is forgotten once it has signed vCenter's certificate (SAN localhost, 127.0.0.1).

    trustme's certificates do not expire, and hold to RFC 5280 as Python 3.13 checks it (VERIFY_X509_STRICT).
    """
    authority = trustme.CA(organization_name="nfv lab")
    server = authority.issue_cert("localhost", "127.0.0.1", common_name="localhost", organization_name="nfv lab")
    write_secret(pki.key, server.private_key_pem.bytes())
    write_secret(pki.ca_certificate, authority.cert_pem.bytes())
    write_secret(pki.certificate, b"".join(part.bytes() for part in server.cert_chain_pems))
