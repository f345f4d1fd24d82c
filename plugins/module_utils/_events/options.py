# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The arguments of the event source, checked before any connection."""

from __future__ import annotations

import dataclasses
import datetime as dt
import difflib
import pathlib
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.text import shown

from .delivery import Patience

SUBJECT: t.Final = "vcenter_events"
# Arguments that may come from the environment instead, under the names that collections for VMware share.
ENVIRONMENT: t.Final = {
    "hostname": "VMWARE_HOST",
    "username": "VMWARE_USER",
    "password": "VMWARE_PASSWORD",
    "port": "VMWARE_PORT",
    "validate_certs": "VMWARE_VALIDATE_CERTS",
}
_START_FORMAT: t.Final = "%Y-%m-%d %H:%M:%S"
# The least and the greatest number.
_RANGES: t.Final = {"port": (1, 65535), "interval": (0.2, 3600), "quiet": (0, 3600), "longest": (1, 86400)}
_WORDS: t.Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclasses.dataclass(frozen=True)
class Options:
    """What the event source was asked for."""

    hostname: str
    """Host name or address of vCenter."""
    username: str
    """The user to log in as; Read-only is enough."""
    password: str = dataclasses.field(repr=False)
    """The user's password, kept out of every representation."""
    port: int = 443
    """TCP port of the API."""
    validate_certs: bool = True
    """Whether vCenter's certificate is verified."""
    ca_path: str | None = None
    """A PEM file with certificate authorities to trust besides those of the system."""
    datacenter: str | None = None
    """The datacenter whose VMs are watched, by name or managed object ID; None for all."""
    interval: float = 10
    """Seconds from one poll to the next."""
    quiet: float = 15
    """A VM's events are handed over when it has had none for so many seconds."""
    longest: float = 120
    """They are handed over, too, when the first of them is so many seconds old."""
    position_file: str | None = None
    """Where the position is kept; without it, what happens while nobody listens is lost."""
    initial_start_time: str | None = None
    """Where to begin without a position: a time in UTC, as 2026-01-31 12:00:00; None for vCenter's present time."""

    @property
    def patience(self) -> Patience:
        """How long a VM's events are collected."""
        return Patience(dt.timedelta(seconds=self.quiet), dt.timedelta(seconds=self.longest))

    @property
    def start(self) -> dt.datetime | None:
        """initial_start_time as a time. Raises NfvError: value_malformed."""
        return None if self.initial_start_time is None else _time(self.initial_start_time)

    @property
    def position_path(self) -> pathlib.Path | None:
        """position_file as a path."""
        return pathlib.Path(self.position_file).expanduser() if self.position_file else None


def options_of(arguments: t.Mapping[str, t.Any], environment: t.Mapping[str, str]) -> Options:
    """Checks the arguments; those of the environment count where one is not given.

    Raises NfvError: key_unknown, key_missing, value_type_wrong, value_malformed, value_out_of_range.
    """
    # ansible-rulebook adds this one by itself.
    given = {name: value for name, value in arguments.items() if value is not None and name != "eda_feedback_queue"}
    fields = {field.name: field for field in dataclasses.fields(Options)}
    for name in given:
        if name not in fields:
            near = difflib.get_close_matches(str(name), fields, 1)
            remedy = f"Did you mean {near[0]}?" if near else f"There are {', '.join(fields)}"
            raise _wrong(ErrorCode.KEY_UNKNOWN, str(name), "there is no such argument", remedy)
    for name, variable in ENVIRONMENT.items():
        if name not in given and environment.get(variable):
            given[name] = environment[variable]
    missing = [name for name in ("hostname", "username", "password") if not given.get(name)]
    if missing:
        variables = ", ".join(ENVIRONMENT[name] for name in missing)
        raise _wrong(ErrorCode.KEY_MISSING, ", ".join(missing), "not given", f"Give it, or set {variables}")
    options = Options(**{name: _typed(name, value, str(fields[name].type)) for name, value in given.items()})
    if options.initial_start_time is not None:
        _time(options.initial_start_time)
    return options


def _time(text: str) -> dt.datetime:
    try:
        return dt.datetime.strptime(f"{text} +0000", f"{_START_FORMAT} %z")
    except ValueError as error:
        raise _wrong(
            ErrorCode.VALUE_MALFORMED,
            "initial_start_time",
            f"{shown(text)} is no time",
            "Write it in UTC, as 2026-01-31 12:00:00",
        ) from error


def _typed(name: str, value: t.Any, declared: str) -> t.Any:
    """The value in its field's type; texts, as the environment has them, are converted."""
    try:
        if declared == "bool":
            return value if isinstance(value, bool) else _WORDS[str(value).lower()]
        if declared in ("int", "float"):
            return _number(name, value, declared)
    except (KeyError, ValueError, TypeError) as error:
        raise _wrong(
            ErrorCode.VALUE_TYPE_WRONG, name, f"{shown(value)} is no {declared}", "Correct its value"
        ) from error
    if not isinstance(value, str):
        raise _wrong(ErrorCode.VALUE_TYPE_WRONG, name, f"{shown(value)} is no string", "Write it in quotation marks")
    return value


def _number(name: str, value: t.Any, declared: str) -> float:
    if isinstance(value, bool):
        raise TypeError(name)
    number = int(value) if declared == "int" else float(value)
    lowest, highest = _RANGES[name]
    if not lowest <= number <= highest:
        raise _wrong(ErrorCode.VALUE_OUT_OF_RANGE, name, f"{number} is not from {lowest} to {highest}", "Correct it")
    return number


def _wrong(code: ErrorCode, name: str, attempted: str, remedy: str) -> NfvError:
    return NfvError(code, f"{SUBJECT}: {name}", attempted, remedy)
