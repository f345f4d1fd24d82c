# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decides which events are handed over now: all of a VM at once, when it has been quiet for a while.

A change by hand comes as several events within seconds, a roll-out as hundreds. Nothing is remembered but the position,
by which every poll reads again what is not handed over yet; so a restart loses nothing.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import typing as t

from .event import STARTS

if t.TYPE_CHECKING:
    from .event import VmEvent

# vCenter stores what a host tells it some time after it happened, and with that time: so far back a poll reads again.
OVERLAP: t.Final = dt.timedelta(seconds=120)


@dataclasses.dataclass(frozen=True)
class Position:
    """Up to where the events of one vCenter were handed over."""

    instance_uuid: str
    """The vCenter, whose event numbers these are."""
    since: dt.datetime
    """The next poll reads events of this time and later ones."""
    delivered: t.Mapping[int, dt.datetime]
    """The events of that time and later ones that were handed over: their times by key."""


@dataclasses.dataclass(frozen=True)
class Patience:
    """How long a VM's events are collected."""

    quiet: dt.timedelta
    """They are handed over when the VM has had no event for this time."""
    longest: dt.timedelta
    """They are handed over, too, when the first of them is this old."""


@dataclasses.dataclass(frozen=True)
class Delivery:
    """What one poll hands over."""

    batches: tuple[tuple[VmEvent, ...], ...]
    """The events of each VM, oldest first; the VM that waited longest comes first."""
    position: Position
    """The position once the batches were handed over."""


def deliver(found: t.Sequence[VmEvent], position: Position, now: dt.datetime, patience: Patience) -> Delivery:
    """Decides what to hand over.

    found: the events since position.since, in any order; now: vCenter's time.
    """
    waiting: dict[str, list[VmEvent]] = {}
    for event in sorted(found, key=lambda each: (each.time, each.key)):
        if event.key not in position.delivered:
            waiting.setdefault(event.moid, []).append(event)
    due = [tuple(events) for events in waiting.values() if _due(events, now, patience)]
    handed_over = {event.key: event.time for batch in due for event in batch}
    kept = [event.time for events in waiting.values() for event in events if event.key not in handed_over]
    since = max(position.since, min([now - OVERLAP, *kept]))
    delivered = {key: when for key, when in {**position.delivered, **handed_over}.items() if when >= since}
    return Delivery(tuple(due), Position(position.instance_uuid, since, delivered))


def _due(events: t.Sequence[VmEvent], now: dt.datetime, patience: Patience) -> bool:
    return now - events[-1].time >= patience.quiet or now - events[0].time >= patience.longest


# Events of one VM that a rulebook is shown, the latest ones; all of them are counted.
SHOWN: t.Final = 20
# A name that is a directory's as it is. Others may lead out of the directory that they are to lie in.
_PLAIN: t.Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_UNSAFE: t.Final = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST: t.Final = 100


def inventory_name(batch: t.Sequence[VmEvent]) -> str:
    """The name that an inventory may know the VM by.

    It is the one before all of these events, because an inventory does not follow a VM that somebody renames.
    """
    return without_braces(next((event.old_name for event in batch if event.old_name), batch[-1].vm))


def rule_event(batch: t.Sequence[VmEvent], vcenter: str, running: bool) -> dict[str, t.Any]:
    """What a rulebook gets for the events of one VM.

    vcenter: the host name; running: whether the VM is on. The key directory is a name for the VM's reports: its own, or
    one that nothing in it leads elsewhere.
    """
    name = inventory_name(batch)
    return {
        "vcenter": vcenter,
        "vm": without_braces(batch[-1].vm),
        "moid": batch[-1].moid,
        "inventory_name": name,
        "directory": name if _PLAIN.fullmatch(name) else f"{_UNSAFE.sub('_', name)[:_LONGEST]}.{batch[-1].moid}",
        "running": running,
        "kinds": sorted({event.kind for event in batch}),
        "started": any(event.kind in STARTS for event in batch),
        "users": sorted({without_braces(event.user) for event in batch if event.user}),
        "count": len(batch),
        "first": batch[0].time.isoformat(),
        "last": batch[-1].time.isoformat(),
        "events": [
            {
                name: without_braces(value) if isinstance(value, str) else value
                for name, value in event.as_data().items()
            }
            for event in batch[-SHOWN:]
        ],
    }


def without_braces(text: str) -> str:
    """The text with parentheses in place of braces.

    ansible-rulebook hands events to playbooks as extra variables, which Ansible renders as templates: whoever may
    rename a VM could otherwise run commands on the controller.
    """
    return text.replace("{", "(").replace("}", ")")
