# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""QEMU's channels against a peer over a real socket: late answers, refusals, silence, hang-ups."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from lab.channels import DELIMITER, Channel, GuestAgent, qmp
from lab.errors import LabError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@contextmanager
def peer(path: Path, talk: Callable[[socket.socket], None]) -> Iterator[None]:
    """Listen on path, serve one client with ``talk``."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(str(path))
        listener.listen(1)

        def serve() -> None:
            client = listener.accept()[0]
            with client:
                talk(client)

        thread = threading.Thread(target=serve)
        thread.start()
        yield
        thread.join(timeout=5)


def line(client: socket.socket) -> dict[str, Any]:
    content = b""
    while not content.endswith(b"\n"):
        content += client.recv(1)
    decoded = json.loads(content.lstrip(DELIMITER))
    assert isinstance(decoded, dict)
    return decoded


def say(client: socket.socket, **answer: Any) -> None:
    client.sendall(json.dumps(answer).encode() + b"\n")


def test_events_between_question_and_answer_are_passed_over(tmp_path: Path) -> None:
    def talk(client: socket.socket) -> None:
        say(client, QMP={"version": {}})
        assert line(client) == {"execute": "qmp_capabilities"}
        say(client, **{"return": {}})
        assert line(client)["execute"] == "query-status"
        say(client, event="RESET")
        say(client, **{"return": {"status": "running"}})

    with peer(tmp_path / "s", talk):
        assert qmp(tmp_path / "s", "query-status") == {"status": "running"}


def test_a_refusal_is_told_in_the_other_sides_words(tmp_path: Path) -> None:
    def talk(client: socket.socket) -> None:
        line(client)
        say(client, error={"class": "GenericError", "desc": "no such device"})

    with (
        peer(tmp_path / "s", talk),
        Channel(tmp_path / "s", 5) as channel,
        pytest.raises(LabError, match="command_refused: set_link: no such device"),
    ):
        channel.ask("set_link")


def test_answers_to_an_earlier_client_are_passed_over(tmp_path: Path) -> None:
    def talk(client: socket.socket) -> None:
        token = line(client)["arguments"]["id"]
        say(client, **{"return": {"host-name": "late"}})
        say(client, **{"return": token + 1})
        client.sendall(DELIMITER)
        say(client, **{"return": token})
        line(client)
        say(client, **{"return": {"host-name": "mine"}})

    with peer(tmp_path / "s", talk), GuestAgent(tmp_path / "s", 5) as agent:
        agent.synchronise()
        assert agent.ask("guest-get-host-name") == {"host-name": "mine"}


def test_silence_ends_in_time(tmp_path: Path) -> None:
    done = threading.Event()

    def talk(_client: socket.socket) -> None:
        done.wait(5)

    with peer(tmp_path / "s", talk), GuestAgent(tmp_path / "s", 0.2) as agent:
        with pytest.raises(TimeoutError):
            agent.synchronise()
        done.set()


def test_a_hang_up_is_an_error(tmp_path: Path) -> None:
    with (
        peer(tmp_path / "s", lambda client: client.close()),
        Channel(tmp_path / "s", 5) as channel,
        pytest.raises(ConnectionError),
    ):
        channel.ask("query-status")
