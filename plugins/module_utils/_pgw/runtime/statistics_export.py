# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes the user plane's statistics to files: for the node exporter's textfile collector, and as JSON.

pgw_sessions installs this file and what it imports in the guest; nfv-pgw-statistics.timer runs it. Each file is written
whole and renamed into its place, so that nobody reads half of one.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

from .flow_dump import Carried, Metering, carried
from .openflow_meters import MeterError, Switch
from .session_statistics import DUMP, UNREADABLE, metering, statistics, textfile

TEXTFILE = "nfv_pgw.prom"


class UnreadableError(Exception):
    """The switch does not say what it carries."""


def read(management: str, names: t.Mapping[str, str]) -> Carried:
    """What the switch carries; management: the SGi bridge's socket, names: Session.key -> name."""
    try:
        done = subprocess.run(DUMP, capture_output=True, text=True, check=False, timeout=60)
        if done.returncode != 0:
            raise UnreadableError(done.stderr.strip())
        with Switch(management) as switch:
            measured: Metering = metering(switch.read(), switch.passed())
    except (OSError, MeterError, subprocess.SubprocessError) as error:
        raise UnreadableError(str(error)) from error
    return carried(done.stdout, names, measured)


def replace(path: Path, text: str) -> None:
    """Writes a file that everybody may read, whole. The node exporter looks at no other name than ``*.prom``."""
    temporary = path.with_name(f".{path.name}.new")
    temporary.write_text(text, encoding="utf-8")
    temporary.chmod(0o644)
    temporary.replace(path)


def main(arguments: t.Sequence[str]) -> None:
    """arguments: the SGi bridge's management socket, names, the handler's status; the JSON and the textfile to write.

    A switch that cannot be read is told in both files, which must not go on saying how well it was; and by the exit
    status, so that the unit has failed.
    """
    management, names, status = arguments[:3]
    output, exposed = map(Path, arguments[3:])
    try:
        found = statistics(read(management, _json(names)), _json(status))
    except UnreadableError as error:
        replace(exposed, UNREADABLE)
        replace(output, json.dumps({"error": str(error)}) + "\n")
        raise SystemExit(f"the switch cannot be read: {error}") from error
    replace(exposed, textfile(found))
    replace(output, json.dumps(found) + "\n")


def _json(path: str) -> dict[str, t.Any]:
    """A file's content, which is nothing while there is no such file."""
    try:
        content: dict[str, t.Any] = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    return content


if __name__ == "__main__":
    os.umask(0o022)
    main(sys.argv[1:])
