# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tester that stays: a process that keeps sockets and rings, and runs the trials that it is told to.

It listens on a Unix socket in a directory of its own, which only its user may enter. A connection brings one command
as a line of JSON and takes one answer back, an object with the key ``error`` when the command failed:

- ``{"command": "ping"}``: what it was started with, and the number of its process;
- ``{"command": "trial", "pps": 1000, "seconds": 1, "drain": 0.5, "stamped_every": 0}``: packets/s of both directions
  together; the answer is a trial();
- ``{"command": "burst", "frames": 1000, "drain": 0.5}``: so many of each direction, back to back; answered likewise;
- ``{"command": "end"}``.

It ends by itself when nobody asks for longer than its idle time, and when its directory goes.
"""

from __future__ import annotations

import collections
import contextlib
import json
import os
import select
import signal
import socket
import stat
import time
import typing as t
from pathlib import Path

from .trial import TrialLoad, TrialOutcome, Way, run_trial

VERSION: t.Final = 1
"""Of the commands and answers."""
SOCKET_NAME: t.Final = "socket"
LONGEST_TRIAL: t.Final = 600.0
"""Seconds."""
LARGEST_BURST: t.Final = 1 << 22
"""Frames of each direction."""
_LONGEST_COMMAND: t.Final = 1 << 16
_BURST_SECONDS: t.Final = 10.0
_LOOK_SECONDS: t.Final = 1.0

Json = dict[str, t.Any]


class Resident:
    """Answers commands, one after the other."""

    def __init__(
        self, ways: t.Sequence[Way], listening: socket.socket, path: Path, description: Json, idle_seconds: float
    ) -> None:
        """description: what ``ping`` answers."""
        self._ways = ways
        self._listening = listening
        self._path = path
        self._inode = path.stat().st_ino
        self._description = description
        self._idle_seconds = idle_seconds
        # Frames of a resident before this one may still be under way.
        self._trial = int.from_bytes(os.urandom(4), "big")
        self._ended = False

    def serve(self) -> None:
        """Answers until the end, and removes the directory."""
        asked = time.monotonic()
        try:
            while not self._ended and time.monotonic() - asked < self._idle_seconds and self._is_here():
                if select.select([self._listening], [], [], _LOOK_SECONDS)[0]:
                    self._serve_one()
                    asked = time.monotonic()
        finally:
            if self._is_here():
                remove_directory(self._path.parent)

    def _is_here(self) -> bool:
        try:
            return self._path.stat().st_ino == self._inode
        except OSError:
            return False

    def _serve_one(self) -> None:
        connection, _peer = self._listening.accept()
        # Who asked may be gone when the trial is over.
        with connection, contextlib.suppress(OSError):
            connection.settimeout(10)
            with connection.makefile("rb") as lines:
                answer = self._answer(lines.readline(_LONGEST_COMMAND))
            connection.sendall(json.dumps(answer).encode() + b"\n")

    def _answer(self, line: bytes) -> Json:
        try:
            asked = json.loads(line)
            command = asked["command"]
            if command == "ping":
                return {**self._description, "process": os.getpid()}
            if command == "end":
                self._ended = True
                return {"ended": True}
            load = _trial_load(asked) if command == "trial" else _burst_load(asked)
        except (ValueError, LookupError, TypeError) as error:
            return {"error": f"no command that the tester knows: {error!r}"}
        self._trial = (self._trial + 1) % 2**32
        try:
            return trial(run_trial(self._ways, self._trial, load))
        except (OSError, ValueError) as error:
            return {"error": f"the trial failed: {error}"}


def trial(outcome: TrialOutcome) -> Json:
    """A trial as an answer: packets of both directions together, and ``latencies`` as pairs of ns and packets."""
    latencies: collections.Counter[int] = collections.Counter()
    for count in outcome.counts:
        latencies.update(count.latencies)
    numbers = ("intended", "sent", "received", "duplicate", "dropped_by_tester")
    return {
        "start": outcome.start,
        "seconds": outcome.seconds,
        **{name: sum(getattr(count, name) for count in outcome.counts) for name in numbers},
        "ways": {count.name: {name: getattr(count, name) for name in ("sent", "received")} for count in outcome.counts},
        "latencies": sorted(latencies.items()),
    }


def _trial_load(asked: Json) -> TrialLoad:
    # Half of the packets go each way.
    pps = _number(asked, "pps", 0, 1e9) / 2
    stamped = int(_number(asked, "stamped_every", 0, 1 << 20, 0))
    return TrialLoad(pps, _number(asked, "seconds", 0, LONGEST_TRIAL), _drain(asked), stamped)


def _burst_load(asked: Json) -> TrialLoad:
    if asked["command"] != "burst":
        raise ValueError(str(asked["command"]))
    return TrialLoad(0, _BURST_SECONDS, _drain(asked), burst=int(_number(asked, "frames", 1, LARGEST_BURST)))


def _drain(asked: Json) -> float:
    return _number(asked, "drain", 0, 60, 0.5)


def _number(asked: Json, name: str, least: float, most: float, default: float | None = None) -> float:
    value = float(asked[name] if default is None else asked.get(name, default))
    if not least <= value <= most:
        raise ValueError(f"{name} must be {least} to {most}")
    return value


def listen(directory: Path) -> socket.socket:
    """Makes the directory, which only this user may enter, and listens in it. Raises OSError."""
    directory.parent.mkdir(parents=True, exist_ok=True)
    directory.mkdir(mode=0o700)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        listening.bind(str(directory / SOCKET_NAME))
        listening.listen(4)
    except BaseException:
        listening.close()
        remove_directory(directory)
        raise
    return listening


def remove_directory(directory: Path) -> None:
    """Removes what a resident has made; what is not there, or is somebody else's, stays as it is."""
    with contextlib.suppress(OSError):
        found = directory.lstat()
        if stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid():
            (directory / SOCKET_NAME).unlink()
    with contextlib.suppress(OSError):
        directory.rmdir()


def leave_behind(work: t.Callable[[], None]) -> None:
    """Runs the work in a process that outlives this one and its terminal; returns at once."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    status = 1
    try:
        os.setsid()
        # Not the leader of its session, so it never gets a terminal.
        if os.fork():
            os._exit(0)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        os.chdir("/")
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in range(3):
            os.dup2(nowhere, stream)
        work()
        status = 0
    finally:
        os._exit(status)


def ask(path: Path, command: Json, timeout: float = 10.0) -> Json:
    """The resident's answer. Raises OSError when nobody listens, ValueError for an answer that is cut off."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(timeout)
        connection.connect(str(path))
        connection.sendall(json.dumps(command).encode() + b"\n")
        with connection.makefile("rb") as lines:
            answer: Json = json.loads(lines.readline())
    return answer
