# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What tester_load does: starts and ends the tester that stays between trials."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import sys
import time
import typing as t
from pathlib import Path

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.checks import (
    PacedLoad,
    validate_frames,
    validate_gtpu,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.rate import interfaces
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.rate.composition import FrameSize, frame_sizes
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.rate.resident import (
    SOCKET_NAME,
    VERSION,
    Resident,
    ask,
    leave_behind,
    listen,
    remove_directory,
)

from ._run import finish
from .traffic_probe import frame_interface, gateway_interfaces, probe_sessions

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

_ANY_LOAD: t.Final = PacedLoad(count=1, pps=1, size=128, drain=0)
_END_SECONDS: t.Final = 5.0
_MOST_FLOWS: t.Final = 504
_ASKED: t.Final = ("kind", "frame", "flows", "first", "second", "s5u", "sgi", "sessions", "idle_timeout")
"""The options that a running tester must have been started with."""

Options = t.Mapping[str, t.Any]
Json = dict[str, t.Any]


def run(module: AnsibleModule) -> None:
    """Ends the module with what the tester was started with."""
    converge = _started if module.params["state"] == "started" else _stopped
    finish(module, lambda: converge(module.params, module.check_mode))


def _started(options: Options, check_mode: bool) -> Json:
    _validate(options)
    directory = Path(options["directory"])
    running = _running(directory)
    asked = {name: options[name] for name in _ASKED}
    if running is not None and (running.get("version"), running.get("options")) == (VERSION, asked):
        return {"changed": False, "tester": running["tester"]}
    if check_mode:
        return {"changed": True, "tester": _address(options)}
    _end(directory)
    _start(options, asked, directory)
    started = _running(directory)
    if started is None:
        raise _not_started(directory, "the new process ended at once")
    return {"changed": True, "tester": started["tester"]}


def _stopped(options: Options, check_mode: bool) -> Json:
    directory = Path(options["directory"])
    there = directory.is_dir()
    if there and not check_mode:
        _end(directory)
    return {"changed": there, "tester": None}


def _validate(options: Options) -> None:
    if not 1 <= options["idle_timeout"] <= 86400:
        raise _invalid("idle_timeout", "must be 1 to 86400 seconds")
    if not 1 <= options["flows"] <= _MOST_FLOWS:
        raise _invalid("flows", f"must be 1 to {_MOST_FLOWS}")
    if not Path(options["directory"]).is_absolute():
        raise _invalid("directory", "must be an absolute path")
    for name in ("first", "second") if options["kind"] == "frames" else ("s5u", "sgi", "sessions"):
        if not options[name]:
            raise _invalid(name, f"must be given with kind {options['kind']}")
    if options["kind"] == "frames":
        validate_frames(frame_interface(options["first"]), frame_interface(options["second"]), _ANY_LOAD)
    else:
        validate_gtpu(*gateway_interfaces(options), probe_sessions(options), _ANY_LOAD)


def _invalid(option: str, rule: str) -> NfvError:
    return NfvError(ErrorCode.TRAFFIC_INVALID, option, "the traffic cannot be sent", f"It {rule}.")


def _address(options: Options) -> Json:
    """How the controller reaches the tester, and what it sends."""
    return {
        "socket": str(Path(options["directory"]) / SOCKET_NAME),
        "python": sys.executable,
        "frame": options["frame"],
        "sizes": [dataclasses.asdict(size) for size in _sizes(options)],
    }


def _sizes(options: Options) -> tuple[FrameSize, ...]:
    return frame_sizes(options["frame"], tunnelled=options["kind"] == "gtpu")


def _start(options: Options, asked: Json, directory: Path) -> None:
    # Not closed here: the new process has what is opened, and this one ends soon.
    stack = contextlib.ExitStack()
    sizes = _sizes(options)
    if options["kind"] == "frames":
        sides = frame_interface(options["first"]), frame_interface(options["second"])
        opened = interfaces.open_frames(*sides, sizes, options["flows"], stack)
    else:
        opened = interfaces.open_gtpu(*gateway_interfaces(options), probe_sessions(options), sizes, stack)
    tester = {**_address(options), "sides": [dataclasses.asdict(side) for side in opened.sides]}
    try:
        listening = listen(directory)
    except OSError as error:
        raise _not_started(directory, f"listening there failed: {error.strerror or error}") from error
    description = {"version": VERSION, "options": asked, "tester": tester}
    resident = Resident(opened.ways, listening, directory / SOCKET_NAME, description, options["idle_timeout"])
    # Ansible removes this module's archive when it ends; what the resident needs is imported.
    leave_behind(resident.serve)
    listening.close()


def _running(directory: Path) -> Json | None:
    """What the tester in this directory was started with; None when none answers."""
    try:
        answer = ask(directory / SOCKET_NAME, {"command": "ping"})
    except socket.timeout as error:
        raise NfvError(
            ErrorCode.TESTER_LOAD_BUSY,
            str(directory / SOCKET_NAME),
            "the tester runs a trial for somebody else, and did not answer for ten seconds",
            f"Wait until the other run is over. Without its directory it ends after this trial: rm -r {directory}",
        ) from error
    except (OSError, ValueError):
        return None
    return answer if "tester" in answer else None


def _end(directory: Path) -> None:
    """Ends the tester if one runs, and removes what a killed one left."""
    _running(directory)
    with contextlib.suppress(OSError, ValueError):
        ask(directory / SOCKET_NAME, {"command": "end"})
    deadline = time.monotonic() + _END_SECONDS
    while directory.exists() and time.monotonic() < deadline:
        try:
            ask(directory / SOCKET_NAME, {"command": "ping"}, timeout=1)
        except (OSError, ValueError):
            remove_directory(directory)
        time.sleep(0.05)
    if directory.exists():
        raise _not_started(directory, "what is there cannot be removed")


def _not_started(directory: Path, reason: str) -> NfvError:
    return NfvError(
        ErrorCode.TESTER_LOAD_NOT_STARTED,
        str(directory),
        f"the tester that is to stay between trials was not started or ended: {reason}",
        "Look at the directory, which must be the tester's own, and at the tester's free memory (72 MB for each "
        "interface); then run this again.",
    )
