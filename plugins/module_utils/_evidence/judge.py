# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges whether a guest polls and forwards, from two samples around known traffic.

A missing observation fails, and so does every row that needs traffic when there was none.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode

from .application import application_rows
from .devices import device_rows
from .model import (
    DIRECTIONS,
    FAILED,
    NO_TRAFFIC,
    PROVED,
    RUNNING,
    EvidenceRow,
    Expected,
    Mapping,
    Window,
    joined,
    row,
)
from .path import path_of


def judge(
    before: Mapping | None,
    after: Mapping | None,
    traffic: t.Sequence[Mapping] | None,
    expected: Expected,
    errors: t.Sequence[str] = (),
) -> dict[str, t.Any]:
    """The verdict: ``status`` (PROVED, RUNNING or FAILED), ``proved``, ``error_code`` (empty unless FAILED),
    ``summary``, ``failures`` (lines), ``evidence`` and ``traffic`` (rows), ``description`` and ``path`` (path_of()).

    before, after: samples; traffic: the tester's rows; errors: why an observation could not be made, which fails the
    verdict.
    """
    rows = [row("observation", "every observation made", "an observation failed", [error]) for error in errors]
    streams = tuple(traffic or ())
    if before and after:
        window = Window(before, after, streams, expected)
        rows += device_rows(window) + application_rows(window)
        if expected.passive:
            rows.append(_live_traffic(window))
    else:
        problems = [f"no sample {when} the traffic" for when, one in (("before", before), ("after", after)) if not one]
        rows.append(row("samples", "a sample before and one after the traffic", "not observed", problems))
    rows += traffic_rows(streams, expected)
    failures = [f"{one.name}: {one.reason} (seen: {one.seen})" for one in rows if one.verdict != "pass"]
    status = FAILED if failures or not rows else RUNNING if expected.passive else PROVED
    error_code = ErrorCode.POLL_MODE_NOT_RUNNING if expected.passive else ErrorCode.POLL_MODE_NOT_PROVED
    return {
        "status": status,
        "proved": status == PROVED,
        "error_code": error_code.value if status == FAILED else "",
        "summary": _summary(rows, len(failures), streams, status),
        "failures": failures,
        "evidence": [dataclasses.asdict(one) for one in rows],
        "traffic": [dict(stream) for stream in streams],
        "description": expected.description,
        "path": path_of(after or before, expected),
    }


def _live_traffic(window: Window) -> EvidenceRow:
    """What the ports of the application received and sent together: one that only receives forwards nothing."""
    rises = [rise for rise in map(window.rise, window.expected.devices) if rise is not None]
    counts = {way: sum(rise[key] for rise in rises) for way, key in (("received", "ipackets"), ("sent", "opackets"))}
    most = window.noise * max(len(rises), 1)
    problems = [NO_TRAFFIC] if max(counts.values()) <= most else []
    if not problems:
        problems = [f"the application {way} only {count} packets" for way, count in counts.items() if count <= most]
    asked = f"more than {most} packets received, and more than {most} sent, by all polled adapters together"
    seen = ", ".join(f"{count} {way}" for way, count in counts.items())
    return row("live traffic", asked, f"{seen} in {window.seconds:.1f} s", problems)


def _summary(rows: t.Sequence[EvidenceRow], failures: int, streams: t.Sequence[Mapping], status: str) -> str:
    if status == RUNNING:
        return f"{len(rows)} pieces of evidence hold; running, not proved, because no tester sent known packets"
    if failures:
        return f"{failures} of {len(rows)} pieces of evidence do not hold"
    counts = (f"{stream['name']} {stream['received']} of {stream['sent']}" for stream in streams)
    return f"{len(rows)} pieces of evidence hold; {', '.join(counts)}"


def traffic_rows(streams: t.Sequence[Mapping], expected: Expected) -> list[EvidenceRow]:
    """A row for each stream, and a failing one for each stream that must be sent and was not."""
    delivered = sum(stream["received"] for stream in streams if stream["expected"] > 0)
    rows = [_delivered(stream, expected) for stream in streams if not _is_negative(stream)]
    rows += [_dropped(stream, delivered, expected) for stream in streams if _is_negative(stream)]
    for direction in DIRECTIONS[expected.traffic]:
        if not any(stream["direction"] == direction and not _is_negative(stream) for stream in streams):
            rows.append(row(f"traffic {direction}", "packets that arrive as they must", "not run", [NO_TRAFFIC]))
    if expected.traffic == "none":
        rows.append(row("traffic", "known packets from a tester", "none was to be sent", [NO_TRAFFIC]))
    sent = {stream["name"] for stream in streams if _is_negative(stream)}
    for name in () if expected.passive else expected.dropped:
        if name not in sent:
            rows.append(row(f"traffic {name}", "packets that are dropped", "not run", [NO_TRAFFIC]))
    if expected.traffic == "gtpu" and not any(_is_negative(stream) for stream in streams):
        rows.append(row("traffic wrong TEID", "packets of no session are dropped", "not run", [NO_TRAFFIC]))
    return rows


def _is_negative(stream: Mapping) -> bool:
    """Whether the stream must be dropped."""
    return bool(stream["expected"] == 0)


def _delivered(stream: Mapping, expected: Expected) -> EvidenceRow:
    problems = [] if stream["sent"] > 0 else [NO_TRAFFIC]
    if 0 < stream["sent"] < stream["expected"]:
        problems.append(f"only {stream['sent']} of {stream['expected']} sent")
    if stream["lost"] > expected.frame_loss_tolerance:
        problems.append(f"{stream['lost']} of {stream['expected']} lost")
    if stream["duplicate"]:
        problems.append(f"{stream['duplicate']} arrived twice")
    if stream["corrupt"]:
        problems.append(f"{stream['corrupt']} arrived changed")
    wrong_checksums = stream.get("bad_outer_checksum", 0)
    unseen = stream.get("not_observed")
    remark = f"not observed: {joined(unseen)}" if unseen else ""
    if wrong_checksums:
        remark = f"{wrong_checksums} G-PDUs have a wrong outer UDP checksum: a peer that checks it drops them"
        if expected.outer_checksum:
            problems.append(remark)
    tolerance = expected.frame_loss_tolerance
    asked = f"{stream['expected']} sent and received" + (f", at most {tolerance} lost" if tolerance else "")
    seen = (
        f"{stream['received']} received at {stream['pps_seen']} packets/s, {stream['duplicate']} twice, "
        f"{stream['corrupt']} changed"
    )
    reasons = [*problems, *stream["problems"]] if problems else []
    return row(f"traffic {stream['name']}", asked, seen, reasons, remark)


def _dropped(stream: Mapping, delivered: int, expected: Expected) -> EvidenceRow:
    problems = [] if stream["sent"] > 0 else [NO_TRAFFIC, *stream["problems"]]
    arrived = stream["received"] + stream["duplicate"] + stream["corrupt"]
    if arrived:
        reason = "must be dropped" if stream["name"] in expected.dropped else "belong to no session"
        problems.append(f"{arrived} packets came through that {reason}")
    if not delivered:
        problems.append("nothing else came through either, so nothing is known about dropping")
    seen = f"{arrived} received of {stream['sent']} sent"
    return row(f"traffic {stream['name']}", f"0 received of {stream['sent']} sent", seen, problems)
