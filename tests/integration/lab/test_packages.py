# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's package server on the management network, in front of an archive on loopback."""

from __future__ import annotations

import http.client
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from lab.networks import inside
from lab.plan import PACKAGE_SERVER

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lab.state import State

INDEX, PACKAGE = "debian/dists/bookworm/InRelease", "debian/pool/main/d/dpdk/dpdk_22.11.11-1~deb12u1_amd64.deb"


class QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing among the tests' lines."""


class Upstream:
    """An archive that can go away."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(QuietHandler, directory=str(root)))
        self.name = f"127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def put(self, name: str, content: bytes) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def end(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def upstream(tmp_path: Path) -> Iterator[Upstream]:
    started = Upstream(tmp_path)
    started.put(INDEX, b"first index")
    started.put(PACKAGE, b"a package")
    yield started
    started.end()


def ask(state: State, path: str) -> tuple[int, bytes]:
    """What a machine on the management network is answered."""
    with inside(state.segments_namespace):
        connection = http.client.HTTPConnection(*PACKAGE_SERVER, timeout=30)
        connection.request("GET", path)
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, content


def test_files_of_an_archive_reach_the_management_network(state: State, upstream: Upstream) -> None:
    for name in (INDEX, PACKAGE):
        assert ask(state, f"/http/{upstream.name}/{name}") == (200, (upstream.root / name).read_bytes())


def test_an_index_is_always_the_newest_and_a_missing_file_is_missing(state: State, upstream: Upstream) -> None:
    ask(state, f"/http/{upstream.name}/{INDEX}")
    upstream.put(INDEX, b"second index")
    assert ask(state, f"/http/{upstream.name}/{INDEX}") == (200, b"second index")
    (upstream.root / INDEX).unlink()
    status, content = ask(state, f"/http/{upstream.name}/{INDEX}")
    assert (status, upstream.name in content.decode()) == (404, True)


def test_without_the_archive_what_was_fetched_serves_and_the_rest_says_why(state: State, upstream: Upstream) -> None:
    for name in (INDEX, PACKAGE):
        ask(state, f"/http/{upstream.name}/{name}")
    upstream.end()
    assert ask(state, f"/http/{upstream.name}/{INDEX}") == (200, b"first index")
    assert ask(state, f"/http/{upstream.name}/{PACKAGE}") == (200, b"a package")
    status, content = ask(state, f"/http/{upstream.name}/debian/dists/trixie/InRelease")
    assert (status, "refused" in content.decode()) == (502, True)


@pytest.mark.parametrize(
    "path",
    [
        "/http/127.0.0.1/secrets",
        "/http/127.0.0.1/debian/dists/../../secrets",
        "/file/localhost/debian/dists/bookworm/InRelease",
        "/http/-o/debian/pool/x?y",
        "/http/user@host/debian/dists/x",
    ],
)
def test_nothing_else_is_fetched(state: State, path: str) -> None:
    assert ask(state, path)[0] == 403
