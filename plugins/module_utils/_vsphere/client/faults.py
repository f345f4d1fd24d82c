# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What vSphere and the network throw, as errors that a person can act upon."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import typing as t
import xml.parsers.expat

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

from .sdk import vmodl

# What a call raises when its connection breaks: on the way, or in the middle of the answer.
BROKEN: t.Final = (OSError, http.client.HTTPException, xml.parsers.expat.ExpatError)

# Fault of the API, by its last name: our code and what to do. A fault's parents are looked up too.
_FAULTS: t.Final = {
    "InvalidLogin": (ErrorCode.AUTHENTICATION_FAILED, "Check username and password"),
    "NoPermission": (ErrorCode.PERMISSION_DENIED, "Give the user the privilege that is named, or use another user"),
    "NotAuthenticated": (ErrorCode.SESSION_EXPIRED, "Run again"),
    "ConcurrentAccess": (ErrorCode.OBJECT_CHANGED, "Someone else changed the VM meanwhile; look at it and run again"),
    "ManagedObjectNotFound": (ErrorCode.OBJECT_GONE, "It was removed meanwhile; run again"),
    "TaskInProgress": (ErrorCode.VM_BUSY, "Another task on it has not ended; wait for it and run again"),
    "Timedout": (ErrorCode.TASK_UNFINISHED, "Look at the task in vCenter, and run again when it has ended"),
    "InvalidPowerState": (ErrorCode.POWER_STATE_WRONG, "Its power state changed meanwhile; run again"),
    "RestrictedVersion": (ErrorCode.LICENSE_INSUFFICIENT, "The host's license does not allow this change"),
    "InsufficientResourcesFault": (ErrorCode.RESOURCES_SHORT, "Free capacity on the host, or choose another one"),
    "NotSupported": (ErrorCode.OPERATION_UNSUPPORTED, "This vCenter or host does not offer it"),
}


class CallLostError(NfvError):
    """The connection broke around a call that changes something, which may or may not have taken effect."""

    def __init__(self, subject: str, error: Exception, attempted: str = "something was to be changed") -> None:
        self.error = error
        super().__init__(
            ErrorCode.CONNECTION_LOST,
            subject,
            f"{attempted}, and the connection to vCenter broke: {str(error) or type(error).__name__}",
            "Whether it took effect is not known; run again, which looks first",
        )


def may_heal(error: Exception) -> bool:
    """Whether a new connection may do better: not when the server is not there or is not trusted."""
    return not isinstance(error, (ssl.SSLCertVerificationError, ConnectionRefusedError, socket.gaierror))


def from_fault(fault: t.Any, subject: str, attempted: str) -> NfvError:
    """The typed error for a fault of the API; attempted: what was being done, such as "was to be reconfigured"."""
    names = [parent.__name__.rsplit(".", 1)[-1] for parent in type(fault).__mro__]
    code, remedy = next(
        (_FAULTS[name] for name in names if name in _FAULTS),
        (ErrorCode.VSPHERE_REFUSED, "Correct what is named and run again"),
    )
    return NfvError(code, subject, f"{attempted}: {_text(fault)} ({names[0]})", remedy)


def _text(fault: t.Any) -> str:
    said = getattr(fault, "msg", None) or getattr(fault, "localizedMessage", None) or "vSphere gives no reason"
    privilege, refused = getattr(fault, "privilegeId", None), getattr(fault, "object", None)
    if not privilege:
        return str(said).rstrip(".")
    # The object may be another than the one that was to be changed, such as the port group of an adapter.
    place = f" on {refused._moId}" if refused is not None else ""
    return f"{said.rstrip('.')}, privilege {privilege}{place}"


def as_typed(error: Exception, subject: str, attempted: str) -> NfvError:
    """The typed error for what the SDK or the network raised. Any other error is raised."""
    if isinstance(error, vmodl.MethodFault):
        return from_fault(error, subject, attempted)
    if isinstance(error, ssl.SSLCertVerificationError):
        return NfvError(
            ErrorCode.CERTIFICATE_UNTRUSTED,
            subject,
            f"{attempted}: its certificate was not accepted: {error.verify_message}",
            "Give the certificate authority as ca_path, and the host name that the certificate has",
        )
    if isinstance(error, BROKEN):
        return NfvError(
            ErrorCode.VCENTER_UNREACHABLE,
            subject,
            f"{attempted}: {str(error) or type(error).__name__}",
            "Check hostname, port, and the way to it",
        )
    raise error


@contextlib.contextmanager
def typed_errors(subject: str, attempted: str) -> t.Iterator[None]:
    """Turns what the SDK raises inside the block into NfvError."""
    try:
        yield
    except (vmodl.MethodFault, *BROKEN) as error:
        raise as_typed(error, subject, attempted) from error
