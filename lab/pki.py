# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's certificate authority, vCenter's certificate and passwords, and the guests' ssh keys."""

from __future__ import annotations

import datetime as dt
import ipaddress
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

if TYPE_CHECKING:
    from pathlib import Path

VALID_DAYS = 397
"""Lifetime of the certificates in days; longer ones are refused by some clients (CA/Browser Forum BR 6.3.2)."""
RENEW_DAYS = 30


@dataclass(frozen=True)
class Pki:
    """The files in the state's pki directory."""

    directory: Path

    @property
    def ca_certificate(self) -> Path:
        """PEM file that clients verify vCenter with."""
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
        """File with the password of vCenter's administrator, no line end."""
        return self.directory / "password"

    @property
    def readonly_password(self) -> Path:
        """File with the password of vCenter's read-only user, no line end."""
        return self.directory / "readonly-password"

    @property
    def ssh_key(self) -> Path:
        """OpenSSH private key of the user in the guests."""
        return self.directory / "ssh"

    @property
    def ssh_public_key(self) -> Path:
        """OpenSSH public key that golden images let in."""
        return self.directory / "ssh.pub"

    @property
    def host_key(self) -> Path:
        """OpenSSH private host key of every guest: clones of one template share it, also of a rebuilt one."""
        return self.directory / "guest-host-key"

    @property
    def host_public_key(self) -> Path:
        """OpenSSH public host key of every guest."""
        return self.directory / "guest-host-key.pub"


def write_secret(path: Path, content: bytes) -> None:
    """Write a file that nobody else can read at any moment (mode 0600); whole or not at all."""
    temporary = path.with_name(path.name + ".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    temporary.replace(path)


def ensure_pki(directory: Path, now: dt.datetime | None = None) -> Pki:
    """Make what is missing or about to expire, keep the rest, and say where everything is."""
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
    if not is_current(pki, now or dt.datetime.now(dt.timezone.utc)):
        make_certificates(pki, now or dt.datetime.now(dt.timezone.utc))
    return pki


def is_current(pki: Pki, now: dt.datetime) -> bool:
    """Tell whether all three certificate files are there and valid for at least RENEW_DAYS more."""
    if not (pki.key.exists() and pki.certificate.exists() and pki.ca_certificate.exists()):
        return False
    certificate = x509.load_pem_x509_certificate(pki.certificate.read_bytes())
    return certificate.not_valid_after_utc > now + dt.timedelta(days=RENEW_DAYS)


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


def make_certificates(pki: Pki, now: dt.datetime) -> None:
    """Make an authority that is forgotten after it has signed vCenter's certificate (SAN localhost, 127.0.0.1)."""
    authority_key = ec.generate_private_key(ec.SECP256R1())
    server_key = ec.generate_private_key(ec.SECP256R1())
    authority_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "nfv lab authority")])
    names: list[x509.GeneralName] = [
        x509.DNSName("localhost"),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    authority_id = x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key())
    authority = (
        _certificate(authority_name, authority_name, authority_key.public_key(), now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(authority_id, critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    server = (
        _certificate(
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
            authority_name,
            server_key.public_key(),
            now,
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(authority_id), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    write_secret(
        pki.key,
        server_key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
    )
    write_secret(pki.ca_certificate, authority.public_bytes(serialization.Encoding.PEM))
    write_secret(pki.certificate, server.public_bytes(serialization.Encoding.PEM))


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        # A day back, for clocks that differ.
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=VALID_DAYS))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
