# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Exports the user plane's statistics to two files: for the node exporter's textfile collector, and as JSON.

nfv-pgw-statistics.timer runs it, as root, because Open vSwitch's sockets are root's. Each file is replaced as a whole,
so that no reader sees a part of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

from . import shared_files
from .flow_dump import Carried, MeterReading, carried
from .openflow_meters import MeterConnection, MeterError
from .session_statistics import DUMPS, LARGEST_STATUS, UNREADABLE, parse_names, parse_status, statistics, textfile

TEXTFILE = "nfv_pgw.prom"


class StatisticsUnreadableError(Exception):
    """The switch cannot be read."""


def read(management: str, names: t.Mapping[str, str]) -> Carried:
    """Reads the switch through the SGi bridge's management socket. Raises UnreadableError.

    ``names`` maps Session.key to the session's name.
    """
    try:
        dump = "".join(map(_output, DUMPS))
        with MeterConnection(management) as switch:
            reading = MeterReading.of(switch.read(), switch.counts())
    except (OSError, MeterError, subprocess.SubprocessError) as error:
        raise StatisticsUnreadableError(str(error)) from error
    return carried(dump, names, reading)


def _output(command: t.Sequence[str]) -> str:
    # A program of the guest, not of a module, whose run_command it does not have.
    # pylint: disable-next=ansible-bad-function
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    if done.returncode != 0:
        raise StatisticsUnreadableError(done.stderr.strip())
    return done.stdout


def main(arguments: t.Sequence[str]) -> None:
    """Runs the program.

    Arguments: the SGi bridge's management socket, the file of names, the daemon's status file; the JSON file and the
    textfile to write. If the switch cannot be read, both files say so instead of keeping old figures. Then, and if a
    file cannot be written, the exit status makes the unit fail; a file that cannot be written keeps no other from being
    written.
    """
    management, names, status = arguments[:3]
    output, exposed = map(Path, arguments[3:])
    failures = []
    try:
        daemon = parse_status(shared_files.read(Path(status), LARGEST_STATUS))
        found = statistics(read(management, parse_names(_text(names))), daemon)
        contents = {exposed: textfile(found), output: json.dumps(found) + "\n"}
    except StatisticsUnreadableError as error:
        failures.append(f"the switch cannot be read: {error}")
        contents = {exposed: UNREADABLE, output: json.dumps({"error": str(error)}) + "\n"}
    for path, text in contents.items():
        try:
            shared_files.replace(path, text)
        except OSError as error:
            failures.append(f"{path} cannot be written: {error.strerror}")
    if failures:
        raise SystemExit("; ".join(failures))


def _text(path: str) -> str | None:
    """The content of a file, None if there is no such file."""
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None


if __name__ == "__main__":
    os.umask(0o022)
    main(sys.argv[1:])
