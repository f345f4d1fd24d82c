# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""HTTP with JSON bodies over unix sockets: how vCenter and the hypervisor talk."""

from __future__ import annotations

import http.client
import http.server
import json
import socket
import socketserver
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lab.errors import LabError

if TYPE_CHECKING:
    from pathlib import Path

Handler = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def request(
    path: Path, method: str, target: str, body: Mapping[str, Any] | Sequence[Any] | None = None, timeout: float = 30
) -> dict[str, Any]:
    """Send one request and return the answer's object.

    Raises LabError (``request_refused``) with the server's error message, or OSError if nobody listens.
    """
    connection = _Connection(path, timeout)
    try:
        content = json.dumps(body) if body is not None else None
        connection.request(method, target, content, {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = _decode(response.read())
    finally:
        connection.close()
    if response.status != http.HTTPStatus.OK:
        raise LabError("request_refused", str(answer.get("error", f"{target}: status {response.status}")))
    return answer


def _decode(content: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(content or b"{}")
    except ValueError:
        return {"error": content.decode(errors="replace")}
    return answer if isinstance(answer, dict) else {"answer": answer}


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Serves handlers by method and path; a LabError becomes status 409 with its line."""

    daemon_threads = True

    def __init__(self, path: Path, handlers: Mapping[tuple[str, str], Handler]) -> None:
        """Listen on ``path``, replacing a socket that was left behind."""
        path.unlink(missing_ok=True)
        self.handlers = handlers
        super().__init__(str(path), _RequestHandler)


class _RequestHandler(http.server.BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def address_string(self) -> str:
        """A unix socket's client has no address."""
        return "local"

    def do_GET(self) -> None:
        """Serve a GET."""
        self._serve()

    def do_POST(self) -> None:
        """Serve a POST."""
        self._serve()

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        handler = self.server.handlers.get((self.command, self.path))
        if handler is None:
            self._answer(http.HTTPStatus.NOT_FOUND, {"error": f"{self.command} {self.path}: no such operation"})
            return
        try:
            self._answer(http.HTTPStatus.OK, handler(_decode(body)))
        except LabError as error:
            self.log_message("%s %s: %s", self.command, self.path, error)
            self._answer(http.HTTPStatus.CONFLICT, {"error": str(error)})
        except Exception as error:  # noqa: BLE001 - one request's surprise must not end the others' guests
            self.log_message("%s %s: %r", self.command, self.path, error)
            self._answer(http.HTTPStatus.INTERNAL_SERVER_ERROR, {"error": f"hypervisor_failed: {error!r}"})

    def _answer(self, status: http.HTTPStatus, answer: Mapping[str, Any]) -> None:
        content = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
