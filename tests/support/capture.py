# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Captures by tshark, checked by its GTP dissector, an implementation independent of this collection's."""

from __future__ import annotations

import contextlib
import subprocess
import time
import typing as t
from dataclasses import dataclass
from pathlib import Path

# Wireshark's epan/proto.h: PI_WARN; what is below are notes.
WARNING = 0x600000
_FIELDS = ("gtp.message", "gtp.teid", "_ws.malformed", "_ws.expert.severity", "_ws.expert.message", "frame.protocols")


@dataclass(frozen=True)
class Dissected:
    """One GTP-U message."""

    message: int
    """Its type."""
    teid: int
    """Its TEID."""
    complaint: str
    """What the dissector found wrong; empty for nothing."""


@contextlib.contextmanager
def capture(namespace: str, interface: str, file: Path) -> t.Iterator[None]:
    """Captures UDP port 2152 into the file while the context lasts; needs tshark."""
    command = [
        "ip",
        "netns",
        "exec",
        namespace,
        "tshark",
        "-q",
        "-i",
        interface,
        "-f",
        "udp port 2152",
        "-w",
        str(file),
    ]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        said = ""
        while "Capturing on" not in said:
            line = process.stderr.readline()
            if not line:
                raise RuntimeError(f"tshark does not capture: {said}")
            said += line
        # It says so before its child, which captures, has opened the interface.
        time.sleep(2)
        try:
            yield
            time.sleep(1)
        finally:
            process.terminate()
            process.communicate(timeout=30)


def dissect(file: Path) -> list[Dissected]:
    """Every frame of a capture as tshark dissects it."""
    command = ["tshark", "-r", str(file), "-T", "fields", "-E", "separator=|", "-E", "occurrence=a"]
    fields = [word for name in _FIELDS for word in ("-e", name)]
    done = subprocess.run([*command, *fields], capture_output=True, text=True, check=True, timeout=120)
    return [_dissected(line) for line in done.stdout.splitlines()]


def _dissected(line: str) -> Dissected:
    message, teid, malformed, severities, messages, protocols = line.split("|")
    worst = max((int(severity, 0) for severity in severities.split(",") if severity), default=0)
    complaint = malformed or (messages if worst >= WARNING else "")
    if "gtp" not in protocols.split(":"):
        complaint = complaint or f"no GTP: {protocols}"
    return Dissected(*(int((text or "0").partition(",")[0], 0) for text in (message, teid)), complaint)
