# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""QEMU's two JSON channels: its machine protocol (QMP) and the guest agent's."""

from __future__ import annotations

import json
import secrets
import socket
import time
from typing import TYPE_CHECKING, Any

from lab.errors import LabError

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from typing_extensions import Self

DELIMITER = b"\xff"
"""guest-sync-delimited (QEMU guest agent protocol): makes the agent forget a request cut in half."""


class Channel:
    """One JSON object per line in each direction over a unix socket."""

    def __init__(self, path: Path, timeout: float) -> None:
        """Connect; ``timeout`` in seconds covers each whole exchange. Raises OSError."""
        self._timeout = timeout
        self._buffer = b""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.settimeout(timeout)
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise

    def __enter__(self) -> Self:
        """Return the connected channel."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the channel."""
        self._socket.close()

    def send(self, message: dict[str, Any]) -> None:
        """Send one object."""
        self._socket.sendall(json.dumps(message).encode() + b"\n")

    def receive(self, deadline: float) -> dict[str, Any]:
        """Return the next object; raises TimeoutError at ``deadline`` (monotonic seconds), OSError when closed."""
        while b"\n" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._socket.settimeout(left)
            part = self._socket.recv(65536)
            if not part:
                raise ConnectionError("closed by the other side")
            self._buffer += part
        line, self._buffer = self._buffer.split(b"\n", 1)
        answer = json.loads(line.rsplit(DELIMITER, 1)[-1] or b"{}")
        return answer if isinstance(answer, dict) else {}

    def ask(self, command: str, arguments: dict[str, Any] | None = None) -> Any:
        """Return the ``return`` member of the answer to a command; events are skipped.

        Raises LabError (``command_refused``) with the other side's error message, or OSError.
        """
        deadline = time.monotonic() + self._timeout
        self.send({"execute": command, **({"arguments": arguments} if arguments else {})})
        while True:
            answer = self.receive(deadline)
            if "error" in answer:
                raise LabError("command_refused", f"{command}: {answer['error'].get('desc', answer['error'])}")
            if "return" in answer:
                return answer["return"]


def qmp(path: Path, command: str, arguments: dict[str, Any] | None = None, timeout: float = 10) -> Any:
    """Run one QMP command; the greeting and the negotiation of capabilities come first (QMP specification)."""
    with Channel(path, timeout) as channel:
        channel.receive(time.monotonic() + timeout)
        channel.ask("qmp_capabilities")
        return channel.ask(command, arguments)


class GuestAgent(Channel):
    """The guest agent. Without an agent in the guest, connecting works and every answer times out."""

    def synchronise(self) -> None:
        """Skip answers to other clients' requests; raises TimeoutError if no agent listens."""
        token = secrets.randbelow(2**31)
        self._socket.sendall(DELIMITER)
        self.send({"execute": "guest-sync-delimited", "arguments": {"id": token}})
        deadline = time.monotonic() + self._timeout
        while self.receive(deadline).get("return") != token:
            pass
