# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A session with vCenter: verified TLS, batched reads with paging, and the one gate for writes."""

from __future__ import annotations

import dataclasses
import socket
import ssl
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._errors import NfvError

from .faults import typed_errors
from .sdk import VmomiSupport, connect, vmodl

# Seconds to reach vCenter at all, and for one answer; long polls ask for less (see tasks.py).
CONNECT_SECONDS = 15
ANSWER_SECONDS = 120
# Objects in one answer of the property collector; more come page by page.
PAGE_SIZE = 500

Properties = dict[str, t.Any]


@dataclasses.dataclass(frozen=True)
class Connection:
    """Where vCenter is and who asks. ca_path: a PEM file with further certificate authorities to trust."""

    hostname: str
    port: int
    username: str
    password: str = dataclasses.field(repr=False)
    validate_certs: bool = True
    ca_path: str | None = None

    def tls_context(self) -> ssl.SSLContext:
        """The TLS settings, always explicit: without any pyVmomi does not verify a server on localhost.

        Raises NfvError when ca_path cannot be read.
        """
        context = ssl.create_default_context()
        if not self.validate_certs:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if self.ca_path:
            try:
                context.load_verify_locations(cafile=self.ca_path)
            except OSError as error:  # ssl.SSLError is one too
                raise NfvError(
                    "ca_unreadable",
                    self.ca_path,
                    f"certificate authorities were to be read from ca_path: {error}",
                    "Name a readable file with PEM certificates",
                ) from error
        return context


class Client:
    """An open session. Used as a context manager it logs out at the end.

    closed_for_writes: no call that changes anything gets through; check mode sets it.
    """

    def __init__(self, service: t.Any, closed_for_writes: bool) -> None:
        self._service = service
        self.content = service.RetrieveContent()
        self.closed_for_writes = closed_for_writes

    @classmethod
    def open(cls, connection: Connection, closed_for_writes: bool) -> Client:
        """Logs in. Raises NfvError: vcenter_unreachable, certificate_untrusted, authentication_failed, not_vcenter."""
        context = connection.tls_context()
        with typed_errors(connection.hostname, f"a connection to port {connection.port} was tried"):
            # SmartConnect's first request has no timeout of its own, and words its failures less clearly.
            plain = socket.create_connection((connection.hostname, connection.port), CONNECT_SECONDS)
            context.wrap_socket(plain, server_hostname=connection.hostname).close()
        with typed_errors(connection.hostname, f"a login as {connection.username} was tried"):
            return cls(_log_in(connection, context), closed_for_writes)

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_exception: object) -> None:
        connect.Disconnect(self._service)

    @property
    def api_version(self) -> str:
        """The version that was negotiated, in pyVmomi's words, such as ``vim.version.v8_0_3_0``."""
        return str(self._service._stub.version)

    def write(self, method: t.Callable[..., t.Any], **arguments: t.Any) -> t.Any:
        """The only way to a call that changes something; refuses when the gate is closed."""
        if self.closed_for_writes:
            raise NfvError(
                "write_refused", str(method), "a change was to be made in check mode", "This is a defect; report it"
            )
        return method(**arguments)

    def managed(self, kind: t.Any, moid: str) -> t.Any:
        """The managed object of the given type and id; no call is made."""
        return kind(moid, self._service._stub)

    def in_view(self, kinds: t.Mapping[t.Any, t.Sequence[str]], root: t.Any = None) -> list[tuple[t.Any, Properties]]:
        """Reads the named properties of all objects of the given types below root (else everywhere)."""
        view = self.content.viewManager.CreateContainerView(
            container=root or self.content.rootFolder, type=list(kinds), recursive=True
        )
        collector = vmodl.query.PropertyCollector
        start = collector.ObjectSpec(
            obj=view, skip=True, selectSet=[collector.TraversalSpec(type=type(view), path="view", skip=False)]
        )
        return self._retrieve([start], kinds)

    def of_objects(
        self, kind: t.Any, objects: t.Sequence[t.Any], paths: t.Sequence[str]
    ) -> list[tuple[t.Any, Properties]]:
        """Reads the named properties of the given objects, all of one type."""
        if not objects:
            return []
        return self._retrieve([vmodl.query.PropertyCollector.ObjectSpec(obj=each) for each in objects], {kind: paths})

    def _retrieve(
        self, starts: list[t.Any], kinds: t.Mapping[t.Any, t.Sequence[str]]
    ) -> list[tuple[t.Any, Properties]]:
        collector = vmodl.query.PropertyCollector
        wanted = [collector.PropertySpec(type=kind, pathSet=list(paths)) for kind, paths in kinds.items()]
        service = self.content.propertyCollector
        answer = service.RetrievePropertiesEx(
            specSet=[collector.FilterSpec(objectSet=starts, propSet=wanted)],
            options=collector.RetrieveOptions(maxObjects=PAGE_SIZE),
        )
        found: list[tuple[t.Any, Properties]] = []
        while answer is not None:
            found.extend((each.obj, {item.name: item.val for item in each.propSet}) for each in answer.objects)
            if not answer.token:
                break
            answer = service.ContinueRetrievePropertiesEx(token=answer.token)
        return found


def _log_in(connection: Connection, context: ssl.SSLContext) -> t.Any:
    try:
        return connect.SmartConnect(
            host=connection.hostname,
            port=connection.port,
            user=connection.username,
            pwd=connection.password,
            sslContext=context,
            httpConnectionTimeout=ANSWER_SECONDS,
        )
    except (vmodl.MethodFault, OSError):
        raise
    except Exception as error:  # pyVim raises bare Exception when the server speaks another language
        raise NfvError(
            "not_vcenter",
            connection.hostname,
            f"port {connection.port} answers, but not as a vCenter does: {error}",
            "Check hostname and port",
        ) from error


def version_text(version: str) -> str:
    """A version of pyVmomi's for people: ``vim.version.v8_0_3_0`` becomes ``8.0.3.0``."""
    return str(VmomiSupport.versionIdMap.get(version) or version.rsplit(".", 1)[-1])


def knows(negotiated: str, needed: str) -> bool:
    """Whether a server that speaks the negotiated version knows what came with the needed one."""
    return bool(VmomiSupport.IsChildVersion(negotiated, needed))
