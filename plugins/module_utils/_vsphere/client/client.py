# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A session with vCenter: verified TLS, batched reads with paging, and the one gate for writes.

When the connection breaks, a read is repeated on a new connection. A write is never repeated, because only its caller
can find out whether it took effect. When the session has expired, both log in again and repeat the call: vCenter
refuses a call without a session before it does anything.
"""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import dataclasses
import gc
import socket
import ssl
import threading
import time
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.progress import Progress, unseen
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.text import shown

from . import decode
from .faults import BROKEN, CallLostError, may_heal, typed_errors
from .login import Login
from .objects import Decoder
from .pages import first_page, next_page
from .sdk import VmomiSupport, connect, vim, vmodl
from .tls import tls_context

# Timeouts in seconds: to connect to vCenter, and for one answer. Long polls ask for less (see tasks.py).
CONNECT_SECONDS = 15
ANSWER_SECONDS = 120
# Size of the connection pool, and the seconds after which an idle connection is no longer reused.
CONNECTIONS = 8
IDLE_SECONDS = 30
# Seconds between the attempts of a read. The error of the last attempt is raised.
PAUSES = (0.2, 1.0, 4.0)
# Objects in one answer of the property collector, and pages of known objects that are requested at the same time:
# vCenter prepares one page while another is decoded here.
PAGE_SIZE = 250
PAGES_AT_A_TIME = 2
# New objects after which Python looks for cycles among them, during long reads. What answers are decoded into has no
# cycles, and at Python's own threshold of 700 the search takes a sixth of the CPU time of a check.
OBJECTS_PER_COLLECTION: t.Final = 50_000

Properties = dict[str, t.Any]
Result = t.TypeVar("Result")


@dataclasses.dataclass(frozen=True)
class Connection:
    """Where vCenter is, and who logs in."""

    hostname: str
    """Host name or address of vCenter."""
    port: int
    """TCP port of the API."""
    username: str
    """The user to log in as."""
    password: str = dataclasses.field(repr=False)
    """The user's password, kept out of every representation."""
    validate_certs: bool = True
    """Whether vCenter's certificate is verified."""
    ca_path: str | None = None
    """A PEM file with certificate authorities to trust besides those of the system."""

    def tls_context(self) -> ssl.SSLContext:
        """Returns the TLS settings, always explicit: without a context, pyVmomi does not verify a server on localhost.

        Raises NfvError: ca_unreadable.
        """
        return tls_context(self.validate_certs, self.ca_path)


class Client:
    """An open session. As a context manager, it logs out at the end."""

    #: Is told how far long reads and rollouts are.
    progress: Progress = staticmethod(unseen)

    def __init__(self, service: t.Any, closed_for_writes: bool, log_in: t.Callable[[t.Any], None]) -> None:
        """Logs in.

        service: the vim.ServiceInstance;
        closed_for_writes: refuse every call that changes something, as check mode demands;
        log_in: logs in with the given vim.ServiceInstanceContent; called again when the session has expired.
        """
        self._service = service
        self.content = service.RetrieveContent()
        self.closed_for_writes = closed_for_writes
        self._log_in = log_in
        self._logging_in = threading.Lock()
        self._decoders: dict[t.Any, Decoder] = {}
        #: The datacenters that were looked up, as vim.Datacenter, by what they were asked for.
        self.datacenters: dict[str, t.Any] = {}
        try:
            log_in(self.content)
        except Exception:
            raise
        except BaseException:
            # A signal that waited for the login: the session is there, and no caller has it.
            self.close()
            raise

    @classmethod
    def open(cls, connection: Connection, closed_for_writes: bool, progress: Progress = unseen) -> Client:
        """Logs in. progress: is told how far long reads and rollouts are.

        Raises NfvError: vcenter_unreachable, certificate_untrusted, authentication_failed, endpoint_not_vcenter.
        """
        context = connection.tls_context()
        login = Login(connection.username, connection.password)
        with typed_errors(connection.hostname, f"failed to connect to port {connection.port}"):
            # The SDK's first request has no timeout, and its errors are less clear.
            _knock(connection, context)
        with typed_errors(connection.hostname, f"failed to log in as {connection.username}"):
            opened = again_when_broken(
                lambda: cls(_service(connection, context, login.user_agent), closed_for_writes, login)
            )
        opened.progress = progress
        return opened

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Logs out."""
        with contextlib.suppress(vmodl.MethodFault, *BROKEN):  # the session ends by itself
            again_when_broken(self.content.sessionManager.Logout)
        self._service._stub.DropConnections()

    @property
    def product(self) -> dict[str, str]:
        """Which vCenter it is: ``version``, such as ``8.0.3``, and ``build``. It was told at login."""
        about = self.content.about
        return {"version": str(about.version), "build": str(about.build)}

    @property
    def api_version(self) -> str:
        """The negotiated API version as pyVmomi names it, such as ``vim.version.v8_0_3_0``."""
        return str(self._service._stub.version)

    def read(self, work: t.Callable[[], Result]) -> Result:
        """Runs a read, and repeats it when the connection breaks or the session has expired.

        work: everything that depends on one session, such as creating a view and reading through it.
        """
        ended: list[str] = []

        def attempt() -> Result:
            if ended:
                self._replace_session(ended.pop())
            session = self._session()
            try:
                return work()
            except vim.fault.NotAuthenticated:
                ended.append(session)
                raise

        return again_when_broken(attempt, vim.fault.NotAuthenticated)

    def write(self, method: t.Callable[..., t.Any], **arguments: t.Any) -> t.Any:
        """Makes a call that changes something. This is the only way to make one, and check mode closes it.

        Raises CallLostError when the connection broke, so that the call may or may not have taken effect.
        """
        if self.closed_for_writes:
            raise NfvError(
                ErrorCode.WRITE_REFUSED,
                str(method),
                "the module tried to change something in check mode",
                "This is a bug; please report it",
            )
        session = self._session()
        try:
            try:
                return method(**arguments)
            except vim.fault.NotAuthenticated:
                again_when_broken(lambda: self._replace_session(session))
                return method(**arguments)
        except BROKEN as error:
            raise CallLostError(self._service._stub.host, error) from error

    def _decoder(self, devices: t.Any) -> Decoder:
        """The decoder that knows the types that earlier answers had."""
        return self._decoders.setdefault(devices, Decoder(self._service._stub, devices))

    def _session(self) -> str:
        return str(self._service._stub.cookie)

    def _replace_session(self, ended: str) -> None:
        """Logs in again, unless another thread already did."""
        with self._logging_in:
            if self._session() == ended:
                self._service._stub.SetSessionId(None)
                self._log_in(self.content)

    def managed(self, kind: t.Any, moid: str) -> t.Any:
        """Returns a reference to a managed object, without a call."""
        return kind(moid, self._service._stub)

    def in_view(self, kinds: t.Mapping[t.Any, t.Sequence[str]], root: t.Any = None) -> list[tuple[t.Any, Properties]]:
        """Reads properties of all objects of the given types below ``root``, or in the whole vCenter.

        kinds: the property paths by vim type. Returns each object with its properties by path; a property that is unset
        or that the user may not read is left out.
        """
        collector = vmodl.query.PropertyCollector

        def work() -> list[tuple[t.Any, Properties]]:
            view = self.content.viewManager.CreateContainerView(
                container=root or self.content.rootFolder, type=list(kinds), recursive=True
            )
            through_view = collector.TraversalSpec(type=type(view), path="view", skip=False)
            return self._retrieve([collector.ObjectSpec(obj=view, skip=True, selectSet=[through_view])], kinds)

        with rare_garbage_collection():
            return self.read(work)

    def of_objects(
        self, kind: t.Any, objects: t.Sequence[t.Any], paths: t.Sequence[str]
    ) -> list[tuple[t.Any, Properties]]:
        """Reads properties of the given objects, which are all of one type; returns them as ``in_view`` does."""
        return [found for page in self.pages_of(kind, objects, paths) for found in page]

    def pages_of(
        self, kind: t.Any, objects: t.Sequence[t.Any], paths: t.Sequence[str], devices: t.Any = None
    ) -> t.Iterator[list[tuple[t.Any, Properties]]]:
        """Reads the same in pages of PAGE_SIZE objects, in their order, a page or two ahead of who takes them.

        devices: the type of the virtual devices that are looked at, None for all (see Decoder).
        """

        def page(first: int) -> list[tuple[t.Any, Properties]]:
            wanted = objects[first : first + PAGE_SIZE]
            starts = [vmodl.query.PropertyCollector.ObjectSpec(obj=each) for each in wanted]
            return self.read(lambda: self._retrieve(starts, {kind: paths}, devices))

        ahead: collections.deque[concurrent.futures.Future[list[tuple[t.Any, Properties]]]] = collections.deque()
        with concurrent.futures.ThreadPoolExecutor(PAGES_AT_A_TIME) as threads:
            for first in range(0, len(objects), PAGE_SIZE):
                ahead.append(threads.submit(page, first))
                if len(ahead) > PAGES_AT_A_TIME:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()

    def _retrieve(
        self, starts: list[t.Any], kinds: t.Mapping[t.Any, t.Sequence[str]], devices: t.Any = None
    ) -> list[tuple[t.Any, Properties]]:
        collector = vmodl.query.PropertyCollector
        wanted = [collector.PropertySpec(type=kind, pathSet=list(paths)) for kind, paths in kinds.items()]
        spec = collector.FilterSpec(objectSet=starts, propSet=wanted)
        service, decoder = self.content.propertyCollector, self._decoder(devices)
        page = first_page(service, decoder, spec, PAGE_SIZE)
        found: list[tuple[t.Any, Properties]] = [*page.objects]
        while page.token:
            page = next_page(service, decoder, page.token)
            found += page.objects
        return found


def _knock(connection: Connection, context: ssl.SSLContext) -> None:
    """Connects once and hangs up. Raises NfvError: vcenter_unreachable for what can be no address."""
    try:
        plain = socket.create_connection((connection.hostname, connection.port), CONNECT_SECONDS)
        context.wrap_socket(plain, server_hostname=connection.hostname).close()
    except ssl.SSLError:
        raise  # a ValueError, too, where a certificate is not trusted
    except (ValueError, OverflowError) as error:
        raise NfvError(
            ErrorCode.VCENTER_UNREACHABLE,
            shown(connection.hostname),
            f"port {shown(connection.port)} of it can be no address: {error}",
            "Correct hostname and port",
        ) from error


@contextlib.contextmanager
def rare_garbage_collection() -> t.Iterator[None]:
    """Lets Python look for cycles rarely, in the whole process, until the block ends."""
    before = gc.get_threshold()
    gc.set_threshold(max(before[0], OBJECTS_PER_COLLECTION) if before[0] else 0, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def again_when_broken(work: t.Callable[[], Result], *also: type[Exception]) -> Result:
    """Runs work that may be repeated, and repeats it after each of PAUSES while the connection breaks.

    also: further exceptions after which the work is repeated, without a pause.
    """
    for pause in PAUSES:
        try:
            return work()
        except also:
            continue
        except BROKEN as error:
            if not may_heal(error):
                raise
            time.sleep(pause)
    return work()


def _service(connection: Connection, context: ssl.SSLContext, user_agent: str) -> t.Any:
    """Returns the vim.ServiceInstance, without a session, in the newest API version that both sides support.

    Its stub sends each call once. (pyVmomi's SessionOrientedStub repeats any call, even one that took effect.)
    """
    decode.install()
    try:
        stub = connect.SmartStubAdapter(
            host=connection.hostname,
            port=connection.port,
            sslContext=context,
            poolSize=CONNECTIONS,
            httpConnectionTimeout=ANSWER_SECONDS,
            connectionPoolTimeout=IDLE_SECONDS,
            customHeaders={"User-Agent": user_agent},
        )
    except (vmodl.MethodFault, OSError):
        raise
    except Exception as error:  # pyVim raises a bare Exception when the answer is not vSphere's
        raise NfvError(
            ErrorCode.ENDPOINT_NOT_VCENTER,
            connection.hostname,
            f"port {connection.port} does not answer as vCenter does: {error}",
            "Check hostname and port",
        ) from error
    return vim.ServiceInstance("ServiceInstance", stub)


def version_text(version: str) -> str:
    """Converts pyVmomi's name of an API version: ``vim.version.v8_0_3_0`` becomes ``8.0.3.0``."""
    return str(VmomiSupport.versionIdMap.get(version) or version.rsplit(".", 1)[-1])


def knows(negotiated: str, needed: str) -> bool:
    """Whether the negotiated API version includes what the needed version introduced."""
    return bool(VmomiSupport.IsChildVersion(negotiated, needed))
