# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Converts faults of the API and errors of the network to NfvError."""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import typing as t
import xml.parsers.expat

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

from .naming import plain_name
from .sdk import vmodl
from .tls import untrusted

# What a call raises when its connection breaks, before or within the answer.
BROKEN: t.Final = (OSError, http.client.HTTPException, xml.parsers.expat.ExpatError)

# By the last part of a fault's class name: our code, and what to do. A fault's base classes are looked up, too.
_FAULTS: t.Final = {
    "InvalidLogin": (ErrorCode.AUTHENTICATION_FAILED, "Check username and password"),
    "NoPermission": (
        ErrorCode.PERMISSION_DENIED,
        "Grant the user this privilege there, or use another user; docs/privileges.md has the roles and the commands",
    ),
    "NotAuthenticated": (ErrorCode.SESSION_EXPIRED, "Run again"),
    "ConcurrentAccess": (
        ErrorCode.OBJECT_CHANGED,
        "Someone else changed it in the meantime; check it and run again",
    ),
    "ManagedObjectNotFound": (ErrorCode.OBJECT_GONE, "It was removed in the meantime; run again"),
    "TaskInProgress": (ErrorCode.VM_BUSY, "Another task is still running on it; wait for that task and run again"),
    "Timedout": (ErrorCode.TASK_UNFINISHED, "Watch the task in vCenter, and run again when it has ended"),
    "InvalidPowerState": (ErrorCode.POWER_STATE_WRONG, "Its power state changed in the meantime; run again"),
    "RestrictedVersion": (ErrorCode.LICENSE_INSUFFICIENT, "The host's license does not allow this change"),
    "InsufficientResourcesFault": (ErrorCode.RESOURCES_SHORT, "Free capacity on the host, or choose another one"),
    "NotSupported": (ErrorCode.OPERATION_UNSUPPORTED, "This vCenter or host does not support it"),
}


class CallLostError(NfvError):
    """The connection broke during a call that changes something; the call may or may not have taken effect."""

    def __init__(self, subject: str, error: Exception, attempted: str = "failed to change it") -> None:
        self.error = error
        super().__init__(
            ErrorCode.CONNECTION_LOST,
            subject,
            f"{attempted}: the connection to vCenter broke: {str(error) or type(error).__name__}",
            "The change may or may not have taken effect; run again, and the run will check first",
        )


def may_heal(error: Exception) -> bool:
    """Whether a new connection may help: not when the server refuses connections, is unknown, or is not trusted."""
    return not isinstance(error, (ssl.SSLCertVerificationError, ConnectionRefusedError, socket.gaierror))


def from_fault(fault: t.Any, subject: str, attempted: str) -> NfvError:
    """Converts a fault of the API (vmodl.MethodFault).

    attempted: what failed, such as ``failed to reconfigure the VM``.
    """
    names = [parent.__name__.rsplit(".", 1)[-1] for parent in type(fault).__mro__]
    code, remedy = next(
        (_FAULTS[name] for name in names if name in _FAULTS),
        (ErrorCode.VSPHERE_REFUSED, "Correct what is named and run again"),
    )
    return NfvError(code, subject, f"{attempted}: {_text(fault)} ({names[0]})", remedy)


def _text(fault: t.Any) -> str:
    said = getattr(fault, "msg", None) or getattr(fault, "localizedMessage", None) or "vSphere gave no reason"
    missing = _missing_privileges(fault)
    return ", ".join([str(said).rstrip("."), *missing])


def _missing_privileges(fault: t.Any) -> list[str]:
    """What a NoPermission says is missing, by object. vCenter before 7.0.3.2 names the first privilege only.

    The object is not always the one that is being changed: it may be, say, the port group of an adapter.
    """
    entries = [
        (entry.entity, list(entry.privilegeIds)) for entry in getattr(fault, "missingPrivileges", None) or ()
    ] or [(getattr(fault, "object", None), [getattr(fault, "privilegeId", None) or ""])]
    return [
        f"privilege {' and '.join(privileges)}{'' if refused is None else f' on {_shown(refused)}'}"
        for refused, privileges in entries
        if any(privileges)
    ]


def _shown(refused: t.Any) -> str:
    """An object as a person knows it: its name, where the user may see it, and its managed object ID."""
    if refused._stub is None:
        return str(refused._moId)
    try:
        return f"{plain_name(refused.name)} ({refused._moId})"
    except (vmodl.MethodFault, AttributeError, *BROKEN):  # not shown to this user, or nothing that has a name
        return str(refused._moId)


def as_typed(error: Exception, subject: str, attempted: str) -> NfvError:
    """Converts an error of the SDK or the network; raises any other error."""
    if isinstance(error, vmodl.MethodFault):
        return from_fault(error, subject, attempted)
    if isinstance(error, ssl.SSLCertVerificationError):
        return untrusted(error, subject, attempted)
    if isinstance(error, BROKEN):
        return NfvError(
            ErrorCode.VCENTER_UNREACHABLE,
            subject,
            f"{attempted}: {str(error) or type(error).__name__}",
            "Check hostname, port and the network path to vCenter",
        )
    raise error


@contextlib.contextmanager
def typed_errors(subject: str, attempted: str) -> t.Iterator[None]:
    """Converts what the SDK and the network raise inside the block to NfvError."""
    try:
        yield
    except (vmodl.MethodFault, *BROKEN) as error:
        raise as_typed(error, subject, attempted) from error
