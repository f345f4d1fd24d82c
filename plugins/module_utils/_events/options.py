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
from .event import KINDS

if t.TYPE_CHECKING:
    from .event import VmEvent

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

# Arguments of vmware.vmware's vcenter_event_manager that this source does not have: why, and what to do.
_NOT_HERE: t.Final = {
    "severity": "the events of VMs that it hears are few, and a severity would hide some; choose by event_type_ids",
    "event_tags": "the events of VMs that it hears are few, and a tag would hide some; choose by event_type_ids",
    "proxy_host": "the collection's connections to vCenter know no proxy; run the source where vCenter can be reached",
    "proxy_port": "the collection's connections to vCenter know no proxy; run the source where vCenter can be reached",
}
# ansible-rulebook adds this one by itself.
_ADDED: t.Final = "eda_feedback_queue"
_PREFIX: t.Final = "vim.event."


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
    vms: tuple[str, ...] = ()
    """The names of the VMs that are answered for; empty for all."""
    event_type_ids: tuple[str, ...] = ()
    """The identifiers of the events that count; empty for all that the source knows."""
    user_names: tuple[str, ...] = ()
    """The users whose events count; empty for all, and for those of no user, too."""
    event_type: str = "system"
    """Always ``system``: what vcenter_event_manager calls events of objects, as opposed to logins."""

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
        return pathlib.Path(self.position_file) if self.position_file else None

    @property
    def type_ids(self) -> tuple[str, ...]:
        """What vCenter is asked for: identifiers of events, as KINDS has them."""
        return tuple(name.removeprefix(_PREFIX) for name in self.event_type_ids) or tuple(KINDS)

    def hears(self, event: VmEvent) -> bool:
        """Whether the event is of a user that counts. vCenter tells no case of user names apart."""
        return not self.user_names or event.user.casefold() in {name.casefold() for name in self.user_names}

    def answers_for(self, name: str) -> bool:
        """Whether the VM of this name is answered for."""
        return not self.vms or name in self.vms


def options_of(arguments: t.Mapping[str, t.Any], environment: t.Mapping[str, str]) -> Options:
    """Checks the arguments; those of the environment count where one is not given, or empty, as a rulebook leaves it.

    Raises NfvError: key_unknown, key_missing, value_type_wrong, value_malformed, value_not_allowed, value_out_of_range.
    """
    given = {name: value for name, value in arguments.items() if value not in (None, "", []) and name != _ADDED}
    fields = {field.name: field for field in dataclasses.fields(Options)}
    for name in given:
        _require_known(str(name), fields)
    for name, variable in ENVIRONMENT.items():
        if name not in given and environment.get(variable):
            given[name] = environment[variable]
    missing = [name for name in ("hostname", "username", "password") if name not in given]
    if missing:
        variables = ", ".join(ENVIRONMENT[name] for name in missing)
        raise _wrong(ErrorCode.KEY_MISSING, ", ".join(missing), "not given", f"Give it, or set {variables}")
    options = Options(**{name: _typed(name, value, str(fields[name].type)) for name, value in given.items()})
    _check(options)
    return options


def _require_known(name: str, fields: t.Collection[str]) -> None:
    if name in _NOT_HERE:
        raise _wrong(ErrorCode.KEY_UNKNOWN, name, "this event source does not have it", _NOT_HERE[name])
    if name not in fields:
        near = difflib.get_close_matches(name, fields, 1)
        remedy = f"Did you mean {near[0]}?" if near else f"There are {', '.join(fields)}"
        raise _wrong(ErrorCode.KEY_UNKNOWN, name, "there is no such argument", remedy)


def _check(options: Options) -> None:
    """Refuses values that cannot work."""
    if options.initial_start_time is not None:
        _time(options.initial_start_time)
    if options.position_path is not None and not options.position_path.is_absolute():
        raise _wrong(
            ErrorCode.VALUE_MALFORMED,
            "position_file",
            f"{shown(options.position_file)} is no absolute path",
            "Begin it with /: a service and its playbooks have working directories of their own",
        )
    if options.event_type != "system":
        raise _wrong(
            ErrorCode.VALUE_NOT_ALLOWED,
            "event_type",
            f"{shown(options.event_type)} events, such as logins, are of no VM",
            "Leave it out; vmware.vmware.vcenter_event_manager has them",
        )
    unknown = [name for name in options.event_type_ids if name.removeprefix(_PREFIX) not in KINDS]
    if unknown:
        raise _wrong(
            ErrorCode.VALUE_NOT_ALLOWED,
            "event_type_ids",
            f"the source does not know {', '.join(map(shown, unknown))}",
            f"It knows {', '.join(KINDS)}",
        )


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
        if declared.startswith("tuple"):
            return _texts(value)
    except (KeyError, ValueError, TypeError) as error:
        raise _wrong(
            ErrorCode.VALUE_TYPE_WRONG,
            name,
            f"{shown(value)} is no {'list of strings' if declared.startswith('tuple') else declared}",
            "Correct its value",
        ) from error
    if not isinstance(value, str):
        # Not shown: it may be the password.
        raise _wrong(ErrorCode.VALUE_TYPE_WRONG, name, f"a {type(value).__name__} is no string", _remedy(name))
    return value


def _remedy(name: str) -> str:
    """ansible-rulebook makes a number of a template that gives the text of one, whatever quotation marks say."""
    variable = ENVIRONMENT.get(name)
    return f"Set {variable} instead, whose text stays a text" if variable else "Write it in quotation marks"


def _texts(value: t.Any) -> tuple[str, ...]:
    if not isinstance(value, (list, tuple)) or not all(isinstance(each, str) for each in value):
        raise TypeError
    return tuple(value)


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
