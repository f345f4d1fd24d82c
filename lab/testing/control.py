"""The lab vCenter's control socket: which calls it has had, and which shall go wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lab import unix_http

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
        "QueryFaultToleranceCompatibility",
        "QueryOptions",
        "RetrieveProperties",
        "RetrievePropertiesEx",
        "RetrieveServiceContent",
        "SessionIsActive",
        "WaitForUpdates",
        "WaitForUpdatesEx",
    }
)


class Control:
    """One lab vCenter's control socket."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def reset(self) -> None:
        """Start counting from zero."""
        unix_http.request(self._path, "POST", "/calls/reset", {})

    def calls(self) -> dict[str, int]:
        """Calls since the last reset, by method."""
        return {name: count for name, count in unix_http.request(self._path, "GET", "/calls").items() if count}

    def mutating_calls(self) -> dict[str, int]:
        """Calls since the last reset that may have changed something."""
        return {name: count for name, count in self.calls().items() if name not in READ_ONLY}

    def inject(self, *faults: dict[str, Any]) -> None:
        """Let calls go wrong as docs/lab.md says, each fault once unless it says otherwise."""
        unix_http.request(self._path, "POST", "/faults", faults)

    def faults(self) -> list[dict[str, Any]]:
        """The faults that are still to happen."""
        left: list[dict[str, Any]] = unix_http.request(self._path, "GET", "/faults")["answer"]
        return left

    def clear_faults(self) -> None:
        """Let nothing go wrong any more."""
        unix_http.request(self._path, "POST", "/faults/reset", {})
