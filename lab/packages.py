# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's archives on the management network, which leads nowhere else.

Listens in the segments namespace and fetches outside of it, with this machine's apt and its settings. Guests check
Debian's signatures, as they would anywhere. What was fetched is kept: packages never change, and package indexes
serve while their archive cannot be reached.
"""

from __future__ import annotations

import argparse
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from lab.commands import last_line
from lab.networks import inside
from lab.plan import PACKAGE_SERVER
from lab.state import State

# The directory is root's alone: apt's own user could not write to it. The guest's apt retries by itself.
FETCH = (
    *("/usr/lib/apt/apt-helper", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=0"),
    "download-file",
)
FETCH_SECONDS = 300
_REQUEST = re.compile(r"/(https?)/([A-Za-z0-9.:-]+(?:/[A-Za-z0-9_.+~:%=-]+)*?/(dists|pool)(?:/[A-Za-z0-9_.+~:%=-]+)+)")


def original(path: str) -> str | None:
    """Return the URI that a request's path stands for (pure); None if it is no file of a Debian archive."""
    found = _REQUEST.fullmatch(path)
    if not found or any(part in (".", "..") for part in path.split("/")):
        return None
    return f"{found[1]}://{found[2]}"


def reason(errors: str) -> str | None:
    """Return why apt could not fetch a file, in its own words (pure); None if it did not say."""
    found = re.search(r"^E: (Failed to fetch .*)$", errors, re.MULTILINE)
    return found[1] if found else None


@dataclass(frozen=True)
class Fetched:
    """The answer to a request."""

    status: int
    """HTTP's status code."""
    content: bytes
    """The file, or in one line why there is none."""


class Archive:
    """Files of Debian's archives, fetched when they are asked for."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache

    def get(self, path: str) -> Fetched:
        """Return the file at a request's path."""
        uri = original(path)
        if uri is None:
            return Fetched(403, f"{path}: not a file of a Debian archive".encode())
        kept = self._cache / path.lstrip("/")
        if "/pool/" in path and kept.is_file():
            return Fetched(200, kept.read_bytes())
        problem = self._fetch(uri, kept)
        if problem is None or (" 404 " not in problem and kept.is_file()):
            return Fetched(200, kept.read_bytes())
        return Fetched(404 if " 404 " in problem else 502, problem.encode())

    def _fetch(self, uri: str, kept: Path) -> str | None:
        """Fetch a file; return why it could not be, in one line."""
        kept.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._cache) as directory:
            fetched = Path(directory) / "file"
            command = [*FETCH, uri, str(fetched)]
            try:
                done = subprocess.run(command, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False)
            except subprocess.TimeoutExpired:
                return f"{uri}: not fetched in {FETCH_SECONDS} s"
            if done.returncode != 0 or not fetched.is_file():
                return reason(done.stderr) or f"{uri}: {last_line(done.stderr or done.stdout)}"
            fetched.replace(kept)
        return None


def request_handler(archive: Archive) -> type[BaseHTTPRequestHandler]:
    """Return the class that answers apt's requests."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answer = archive.get(self.path)
            self.send_response(answer.status)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)
            if answer.status not in (200, 404):
                self.log_message("%s", answer.content.decode())

    return Handler


class Server(ThreadingHTTPServer):
    """A web server in another network namespace than its process."""

    daemon_threads = True

    def __init__(self, listening: socket.socket, archive: Archive) -> None:
        """Serve on a bound socket."""
        super().__init__(listening.getsockname(), request_handler(archive), bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.server_activate()


def listen(namespace: str) -> socket.socket:
    """Return a socket that is bound to the management network's host address."""
    with inside(namespace):
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listening.bind(PACKAGE_SERVER)
    return listening


def main() -> int:
    """Serve until SIGTERM (started with the lab's networks)."""
    parser = argparse.ArgumentParser(prog="python -m lab.packages", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="the lab's state directory")
    parser.add_argument("--checkout", type=Path, required=True, help="the checkout that the lab belongs to")
    arguments = parser.parse_args()
    state = State(arguments.state, arguments.checkout)
    state.packages.mkdir(parents=True, exist_ok=True)
    server = Server(listen(state.segments_namespace), Archive(state.packages))
    # shutdown() waits for serve_forever(), which runs in this thread.
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown, daemon=True).start())
    server.serve_forever(poll_interval=0.2)
    return 0


if __name__ == "__main__":
    sys.exit(main())
