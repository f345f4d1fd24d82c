# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates that are refused: the remedy fits the reason, on every Python at hand."""

from __future__ import annotations

import contextlib
import datetime as dt
import ipaddress
import os
import socket
import ssl
import subprocess
import sys
import threading
import typing as t
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client import tls
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.faults import typed_errors
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.tls import tls_context

NOW = dt.datetime.now(dt.timezone.utc)
DAY = dt.timedelta(days=1)
PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
# Ours, and those that pyenv has.
PYTHONS = [
    sys.executable,
    *(str(each) for minor in range(9, 15) for each in sorted(PYENV.glob(f"3.{minor}.*/bin/python"))),
]
SOURCE = Path(tls.__file__).parents[7]
CONNECT = """
import socket, ssl, sys
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.tls import tls_context, untrusted
port, authority = int(sys.argv[1]), sys.argv[2]
try:
    with socket.create_connection(("127.0.0.1", port), 10) as plain:
        tls_context(True, authority).wrap_socket(plain, server_hostname="127.0.0.1").close()
    print("connected")
except ssl.SSLCertVerificationError as error:
    print(untrusted(error, "vcenter", "failed to connect"))
"""


def name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Certificates:
    """An authority, and a server's certificate that it signed, as files."""

    def __init__(
        self, directory: Path, identified: bool = True, address: str = "127.0.0.1", days: tuple[int, int] = (-1, 1)
    ) -> None:
        """identified: whether the certificate names the authority's key; days: from when to when it is valid."""
        signer, server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        authority = (
            self.builder("authority", "authority", signer, (-2, 2))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(key_usage(), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(signer.public_key()), critical=False)
            .sign(signer, hashes.SHA256())
        )
        certificate = self.builder("vcenter", "authority", server, days).add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]), critical=False
        )
        if identified:
            named = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
            certificate = certificate.add_extension(named, critical=False)
        self.authority, self.server = directory / "ca.pem", directory / "server.pem"
        self.authority.write_bytes(authority.public_bytes(serialization.Encoding.PEM))
        private = server.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        public = certificate.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        self.server.write_bytes(private + public)

    @staticmethod
    def builder(
        subject: str, issuer: str, key: ec.EllipticCurvePrivateKey, days: tuple[int, int]
    ) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(name(subject))
            .issuer_name(name(issuer))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW + days[0] * DAY)
            .not_valid_after(NOW + days[1] * DAY)
        )


def key_usage() -> x509.KeyUsage:
    signs = dict.fromkeys(("key_cert_sign", "crl_sign"), True)
    others = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    return x509.KeyUsage(**signs, **dict.fromkeys((*others, "encipher_only", "decipher_only"), False))


@contextlib.contextmanager
def serving(certificates: Certificates) -> t.Iterator[int]:
    """Gives the port of a server that shakes hands."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server)
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                accepted, _address = listener.accept()
            except OSError:
                return
            with contextlib.suppress(OSError), context.wrap_socket(accepted, server_side=True) as encrypted:
                encrypted.recv(1)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(10)


@pytest.fixture(scope="module")
def without_identifier(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"), identified=False)


@pytest.mark.parametrize("python", PYTHONS)
def test_no_authority_key_identifier(python: str, without_identifier: Certificates) -> None:
    version = subprocess.run(
        [python, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True, check=True
    ).stdout.split()
    with serving(without_identifier) as port:
        done = subprocess.run(
            [python, "-c", CONNECT, str(port), str(without_identifier.authority)],
            env={**os.environ, "PYTHONPATH": str(SOURCE)},
            capture_output=True,
            text=True,
            check=False,
        )
    if tuple(map(int, version)) < (3, 13):
        assert done.stdout.strip() == "connected", done.stderr
        return
    assert done.stdout.startswith("[certificate_untrusted] vcenter: failed to connect: "), done.stderr
    assert "Missing Authority Key Identifier" in done.stdout
    assert "Renew it" in done.stdout
    assert "Set ca_path" not in done.stdout  # which was done


def refused(certificates: Certificates, context: ssl.SSLContext) -> str:
    """The error for a connection to 127.0.0.1."""
    with (
        serving(certificates) as port,
        pytest.raises(Exception, match="certificate_untrusted") as caught,
        typed_errors("vcenter", "failed to connect"),
        socket.create_connection(("127.0.0.1", port), 10) as plain,
    ):
        context.wrap_socket(plain, server_hostname="127.0.0.1")
    return str(caught.value)


def test_the_strict_checks_have_their_remedy_whatever_the_python(without_identifier: Certificates) -> None:
    context = tls_context(True, str(without_identifier.authority))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    assert "Python 3.12 or older" in refused(without_identifier, context)


@pytest.mark.parametrize(
    ("made", "remedy"),
    [
        ({"address": "127.0.0.2"}, "Set hostname to a name or address in the certificate"),
        ({"days": (-2, -1)}, "Renew vCenter's certificate"),
        ({"days": (1, 2)}, "Check the clocks"),
    ],
)
def test_a_trusted_authority_does_not_help_against_every_reason(
    tmp_path: Path, made: dict[str, t.Any], remedy: str
) -> None:
    certificates = Certificates(tmp_path, **made)
    message = refused(certificates, tls_context(True, str(certificates.authority)))
    assert remedy in message
    assert "Set ca_path" not in message


def test_an_unknown_authority_is_named_by_ca_path(tmp_path: Path) -> None:
    assert "Set ca_path" in refused(Certificates(tmp_path), tls_context(True, None))
