# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clients of a DPDK application's telemetry (DPDK's "Telemetry User Guide") and of Open vSwitch's sockets."""

from __future__ import annotations

import json
import socket
import struct
import typing as t
from pathlib import Path

_TIMEOUT = 10.0  # seconds; an emulated guest answers within one
# Bytes. DPDK's answers have at most 16 KiB (lib/telemetry, MAX_OUTPUT_LEN), a database of thousands of ports some MiB.
_LONGEST_PACKET = 1 << 20
_LONGEST_ANSWER = 1 << 26

_Client = t.TypeVar("_Client", bound="UnixClient")


class UnixClient:
    """A connected UNIX socket. Raises OSError when nobody listens or answers."""

    def __init__(self, path: str | Path, kind: socket.SocketKind) -> None:
        self._socket = socket.socket(socket.AF_UNIX, kind)
        try:
            self._socket.settimeout(_TIMEOUT)
            self._socket.connect(str(path))
        except OSError:
            self._socket.close()
            raise

    @property
    def pid(self) -> int:
        """The process that listens, according to the kernel (SO_PEERCRED, unix(7))."""
        credentials = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", credentials)[0])

    def __enter__(self: _Client) -> _Client:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()


class Telemetry(UnixClient):
    """The telemetry socket of an EAL process, protocol v2: one packet holds a command, one the answer as JSON.

    ``version`` is DPDK's, as its greeting tells it; None when it does not.
    Raises OSError; ValueError, TypeError or LookupError for an answer of another shape.
    """

    def __init__(self, path: str | Path) -> None:
        super().__init__(path, socket.SOCK_SEQPACKET)
        self._answer_bytes = _LONGEST_PACKET
        try:
            hello = self._receive()
            self.version = str(hello.get("version") or "") or None
            self._answer_bytes = min(max(int(hello["max_output_len"]), 1), _LONGEST_PACKET)
        except BaseException:
            self._socket.close()
            raise

    def ask(self, command: str) -> t.Any:
        """The answer to a command such as ``/ethdev/info,0``; None when the application refuses the command."""
        self._socket.send(command.encode())
        return next(iter(self._receive().values()), None)

    def _receive(self) -> dict[str, t.Any]:
        return _object(self._socket.recv(self._answer_bytes))


class JsonRpc(UnixClient):
    """A JSON-RPC 1.0 socket of Open vSwitch: the database's (RFC 7047) or a daemon's control socket."""

    def __init__(self, path: str | Path) -> None:
        super().__init__(path, socket.SOCK_STREAM)

    def call(self, method: str, *parameters: t.Any) -> t.Any:
        """The result of a call; OSError when the other side answers with an error."""
        request = {"id": 0, "method": method, "params": list(parameters)}
        self._socket.sendall(json.dumps(request).encode())
        answer = self._receive()
        if answer.get("error") is not None:
            raise OSError(f"{method}: {answer['error']}")
        return answer.get("result")

    def _receive(self) -> dict[str, t.Any]:
        data = b""
        while len(data) < _LONGEST_ANSWER:
            chunk = self._socket.recv(65536)
            if not chunk:
                raise OSError(f"the other side ended the connection within its answer, after {len(data)} bytes")
            data += chunk
            # An answer cannot be whole before its last bracket: do not parse what comes before it.
            if data.rstrip().endswith((b"}", b"]")):
                try:
                    return _object(data)
                except json.JSONDecodeError:
                    continue
        raise OSError(f"the answer is longer than {_LONGEST_ANSWER} bytes")


def _object(data: bytes) -> dict[str, t.Any]:
    """A JSON object. Raises ValueError or TypeError for anything else."""
    try:
        found = json.loads(data.decode())
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    if not isinstance(found, dict):
        raise TypeError(f"it is no object but {str(found)[:40]}")
    return found
