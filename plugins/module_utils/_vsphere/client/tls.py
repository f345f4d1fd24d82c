# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verified TLS, and what to do when a certificate is refused. Needs no SDK."""

from __future__ import annotations

import ssl
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

# Numbers of X509_V_ERR_* (OpenSSL, x509_vfy.h) with a remedy of their own.
_NOT_YET_VALID, _EXPIRED = 9, 10
_NAMES: t.Final = (62, 64)  # HOSTNAME_MISMATCH, IP_ADDRESS_MISMATCH
# From PATHLEN_INVALID_FOR_NON_CA to EC_KEY_EXPLICIT_PARAMS. OpenSSL checks these only with X509_V_FLAG_X509_STRICT,
# which ssl.create_default_context sets from Python 3.13 on.
_STRICT: t.Final = range(80, 95)


def tls_context(validate_certs: bool, ca_path: str | None) -> ssl.SSLContext:
    """Returns the TLS settings.

    ca_path: a PEM file with authorities to trust besides those of the system. Raises NfvError: ca_unreadable.
    """
    context = ssl.create_default_context()
    if not validate_certs:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if ca_path:
        try:
            context.load_verify_locations(cafile=ca_path)
        except OSError as error:  # ssl.SSLError is one too
            raise NfvError(
                ErrorCode.CA_UNREADABLE,
                ca_path,
                f"failed to read certificate authorities from ca_path: {error}",
                "Name a readable file of PEM certificates",
            ) from error
    return context


def untrusted(error: ssl.SSLCertVerificationError, subject: str, attempted: str) -> NfvError:
    """Converts the refusal of a certificate, with a remedy that fits its reason."""
    code = getattr(error, "verify_code", None)
    reason = getattr(error, "verify_message", "") or str(error)
    if code in _STRICT:
        reason = f"{reason} (RFC 5280; Python checks this from 3.13 on)"
    return NfvError(
        ErrorCode.CERTIFICATE_UNTRUSTED,
        subject,
        f"{attempted}: its certificate could not be verified: {reason}",
        _remedy(code),
    )


def _remedy(code: int | None) -> str:
    if code in _STRICT:
        return (
            "ca_path cannot help: the certificate, or one that signed it, is not as RFC 5280 asks. Renew it (vSphere"
            " Client, Certificate Management), or run Ansible on Python 3.12 or older until then"
        )
    if code in _NAMES:
        return "Set hostname to a name or address in the certificate"
    if code == _EXPIRED:
        return "Renew vCenter's certificate, or the authority's in ca_path; check the clock of this machine, too"
    if code == _NOT_YET_VALID:
        return "Check the clocks of this machine and of vCenter"
    return "Set ca_path to the authority that signed the certificate"
