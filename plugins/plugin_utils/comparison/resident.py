# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The generator that tester_load has left on the tester, asked by commands of a line each."""

from __future__ import annotations

import json
import shlex
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.text import shown

from .generator import Load, Trial

Command = dict[str, t.Any]
Run = t.Callable[[str], tuple[int, str, str]]
"""Runs a shell's command on the tester: takes its text, returns its status, output and errors."""

VERSION: t.Final = 1
"""Of the commands and answers: VERSION of _traffic/rate/resident.py."""
STAMPED_PPS: t.Final = 10_000
"""Of a timed trial, about so many packets a second carry their time: each costs the generator CPU."""
# Beyond a trial's own seconds: the connection, and the counting.
_PATIENCE_SECONDS: t.Final = 30

# Runs on the tester's Python, whichever it is: sends one line and prints the answer.
CLIENT: t.Final = """
import socket, sys
with socket.socket(socket.AF_UNIX) as s:
    s.settimeout(float(sys.argv[3]))
    s.connect(sys.argv[1])
    s.sendall(sys.argv[2].encode() + b"\\n")
    with s.makefile() as lines:
        print(lines.readline())
"""


class ResidentTester:
    """A Generator on the tester."""

    name = "nfv.vsphere_dpdk.tester_load"

    def __init__(self, run: Run, path: str, python: str, maximum_pps: float, drain_seconds: float) -> None:
        """path: of the tester's socket; python: the interpreter that asks it."""
        self._run = run
        self._path = path
        self._python = python
        self.maximum_pps = maximum_pps
        self._drain = drain_seconds

    def ping(self) -> Command:
        """What the tester was started with: the keys of RV(nfv.vsphere_dpdk.tester_load#module:tester).

        Raises NfvError: tester_load_silent.
        """
        answer = self._ask({"command": "ping"}, 0)
        if answer.get("version") != VERSION:
            raise self._silent(f"it has version {answer.get('version')} of the commands instead of {VERSION}")
        tester: Command = answer["tester"]
        return tester

    def run(self, load: Load) -> Trial:
        """Runs one trial. Raises NfvError: tester_load_silent."""
        command: Command = {"drain": self._drain}
        if load.burst:
            command.update(command="burst", frames=load.burst)
        else:
            stamped = max(1, int(load.pps / STAMPED_PPS)) if load.timed else 0
            command.update(command="trial", pps=load.pps, seconds=load.seconds, stamped_every=stamped)
        answer = self._ask(command, load.seconds + self._drain)
        return Trial(
            intended=answer["intended"],
            sent=answer["sent"],
            received=answer["received"],
            seconds=answer["seconds"],
            start=answer["start"],
            dropped_by_generator=answer["dropped_by_tester"],
            latencies=dict(answer["latencies"]),
        )

    def _ask(self, command: Command, seconds: float) -> Command:
        arguments = [self._path, json.dumps(command), str(seconds + _PATIENCE_SECONDS)]
        status, output, errors = self._run(shlex.join([self._python, "-c", CLIENT, *arguments]))
        # What a login shell prints comes before it.
        last = output.strip().rpartition("\n")[2]
        if status:
            raise self._silent(f"asking it ended with status {status}: {shown(errors.strip()[-200:])}")
        try:
            answer: Command = json.loads(last)
            if "error" in answer:
                raise self._silent(str(answer["error"]))
        except (ValueError, TypeError) as error:
            raise self._silent(f"its answer is no JSON: {shown(last[-200:])}") from error
        return answer

    def _silent(self, reason: str) -> NfvError:
        return NfvError(
            ErrorCode.TESTER_LOAD_SILENT,
            self._path,
            f"the tester that stays between trials did not answer as it must: {reason}",
            "Start it again (nfv.vsphere_dpdk.tester_load); it ends by itself after its idle_timeout, and with the "
            "session of a user who may not linger.",
        )
