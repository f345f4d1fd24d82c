# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever an application says over its sockets: a sample that names what it could not observe, or NfvError."""

from __future__ import annotations

import contextlib
import json
import shutil
import socket
import tempfile
import threading
import typing as t
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence import sample
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.sample import Application, take_sample
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree
from tests.fuzz.fuzzing import Random, altered, finds, fuzz, plain, torn
from tests.unit.evidence.conftest import recording
from tests.unit.evidence.test_sample import DEVICES, TELEMETRY

INPUTS = 250
Answers = dict[str, bytes]


class Server:
    """Answers on a UNIX socket with what it is told at the moment, and hangs up where the protocol is a stream."""

    def __init__(self, path: Path, kind: socket.SocketKind, answer: t.Callable[[str], bytes]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.listener = socket.socket(socket.AF_UNIX, kind)
        self.listener.bind(str(path))
        self.listener.listen()
        self._packets, self._answer = kind == socket.SOCK_SEQPACKET, answer
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                client = self.listener.accept()[0]
            except OSError:
                return
            with client, contextlib.suppress(OSError):
                if self._packets:
                    client.send(self._answer(""))
                while data := client.recv(65536):
                    client.sendall(self._answer(data.decode()) or b" ")
                    if not self._packets:
                        break

    def close(self) -> None:
        """Ends it."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class TornTree(Tree):
    """A recorded guest's files, some of them torn."""

    def __init__(self, root: Path) -> None:
        super().__init__(str(root))
        self.torn: dict[str, str] = {}

    def text(self, path: str) -> str | None:
        return self.torn[path] if path in self.torn else super().text(path)


class Guest:
    """A recorded guest: its files, and its sockets with the answers of the moment."""

    def __init__(self, root: Path) -> None:
        self.recorded = recording("guest")
        for path, content in self.recorded["files"].items():
            (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
            (root / path[1:]).write_text(content)
        for path, target in self.recorded["links"].items():
            (root / path[1:]).parent.mkdir(parents=True, exist_ok=True)
            (root / path[1:]).symlink_to(target)
        self.tree = TornTree(root)
        self.right = {
            **self.recorded["telemetry"],
            "database": self.recorded["database"],
            "control": self.recorded["control"],
        }
        self.answers: Answers = {}
        run, stream = root / "var/run/openvswitch", socket.SOCK_STREAM
        self.servers = [
            Server(root / TELEMETRY, socket.SOCK_SEQPACKET, lambda asked: self.answers.get(asked, b"{}")),
            Server(run / "db.sock", stream, lambda _asked: self.answers["database"]),
            Server(run / f"ovs-vswitchd.{self.recorded['pid']}.ctl", stream, lambda _asked: self.answers["control"]),
        ]

    def made(self, rng: Random) -> tuple[Answers, dict[str, str]]:
        """Answers and files, a few of which are torn."""
        answers = {asked: json.dumps(answer) for asked, answer in self.right.items()}
        for asked in rng.sample(sorted(answers), rng.randint(0, 2)):
            answers[asked] = (
                json.dumps(altered(rng, self.right[asked], plain)) if rng.random() < 0.6 else torn(rng, answers[asked])
            )
        files = self.recorded["files"]
        torn_files = {path: torn(rng, files[path], most=2) for path in rng.sample(sorted(files), rng.randint(0, 3))}
        return {asked: text.encode(errors="replace")[:60_000] for asked, text in answers.items()}, torn_files

    def check(self, given: tuple[Answers, dict[str, str]]) -> None:
        """Takes a sample."""
        self.answers, self.tree.torn = given
        with contextlib.suppress(NfvError):
            json.dumps(take_sample(self.tree, Application(), DEVICES, 0.0))


@pytest.fixture
def guest() -> Iterator[Guest]:
    root = Path(tempfile.mkdtemp(prefix="nfv"))  # a short path: a UNIX socket's has at most 107 characters
    made = Guest(root)
    yield made
    for server in made.servers:
        server.close()
    shutil.rmtree(root)


def test_samples(guest: Guest) -> None:
    fuzz(guest.made, guest.check, INPUTS)


def test_the_fuzzer_finds_a_planted_fault(guest: Guest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sample, "parse_cpu_list", lambda text: [int(part) for part in text.split(",")])
    assert isinstance(finds(guest.made, guest.check, INPUTS), ValueError)
