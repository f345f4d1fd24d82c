"""The lab vCenter's control socket: which calls it has had."""

from __future__ import annotations

import http.client
import json
import socket
import typing as t
from pathlib import Path

# Calls that change nothing in vCenter: sessions, property reads, searches. All others count as mutating.
READ_ONLY = frozenset(
    {
        "CancelWaitForUpdates",
        "ContinueRetrievePropertiesEx",
        "CreateContainerView",
        "CreateFilter",
        "CreatePropertyCollector",
        "CurrentTime",
        "DestroyPropertyCollector",
        "DestroyPropertyFilter",
        "DestroyView",
        "Fetch",
        "FindAllByUuid",
        "FindByInventoryPath",
        "FindByUuid",
        "FindChild",
        "Login",
        "Logout",
        "QueryOptions",
        "RetrieveProperties",
        "RetrievePropertiesEx",
        "RetrieveServiceContent",
        "SessionIsActive",
        "WaitForUpdates",
        "WaitForUpdatesEx",
    }
)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=30)
        self._path = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Control:
    """One lab vCenter's control socket."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def _ask(self, method: str, target: str, body: t.Any = None) -> t.Any:
        connection = _UnixConnection(self._path)
        try:
            connection.request(method, target, None if body is None else json.dumps(body))
            answer = connection.getresponse()
            content = json.loads(answer.read() or b"{}")
        finally:
            connection.close()
        assert answer.status == 200, f"{method} {target}: {answer.status} {content}"
        return content

    def reset(self) -> None:
        """Start counting from zero."""
        self._ask("POST", "/calls/reset")

    def calls(self) -> dict[str, int]:
        """Calls since the last reset, by SOAP method (REST: method and path)."""
        return {str(name): int(count) for name, count in self._ask("GET", "/calls").items() if count}

    def mutating_calls(self) -> dict[str, int]:
        """Calls since the last reset that may have changed something."""
        return {name: count for name, count in self.calls().items() if name not in READ_ONLY}

    def report_guest(self, **state: t.Any) -> None:
        """Report a guest's state, as the hypervisor does."""
        self._ask("POST", "/guest-state", state)
