# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges whether a guest polls and forwards: two samples around known traffic, and what was asked for.

Nothing is believed: an observation that is missing fails, and so does every row that needs traffic when there was none.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode

from .application import application_rows
from .devices import device_rows
from .model import DIRECTIONS, NO_TRAFFIC, Expected, Mapping, Row, Window, joined, row


def judge(
    before: Mapping | None,
    after: Mapping | None,
    traffic: t.Sequence[Mapping] | None,
    expected: Expected,
    errors: t.Sequence[str] = (),
) -> dict[str, t.Any]:
    """The verdict: ``proved``, ``error_code`` (empty when proved), ``failures`` as lines, and the rows of
    ``evidence`` and ``traffic``.

    errors: what kept an observation from being made at all; each one fails the verdict.
    """
    rows = [row("observation", "every observation made", "an observation failed", [error]) for error in errors]
    legs = tuple(traffic or ())
    if before and after:
        window = Window(before, after, legs, expected)
        rows += device_rows(window) + application_rows(window)
    else:
        problems = [f"no sample {when} the traffic" for when, one in (("before", before), ("after", after)) if not one]
        rows.append(row("samples", "a sample before and one after the traffic", "not observed", problems))
    rows += traffic_rows(legs, expected)
    proved = bool(rows) and all(one.verdict == "pass" for one in rows)
    return {
        "proved": proved,
        "error_code": "" if proved else ErrorCode.POLL_MODE_NOT_PROVED.value,
        "failures": [f"{one.name}: {one.reason} (seen: {one.seen})" for one in rows if one.verdict != "pass"],
        "evidence": [dataclasses.asdict(one) for one in rows],
        "traffic": [dict(leg) for leg in legs],
    }


def traffic_rows(legs: t.Sequence[Mapping], expected: Expected) -> list[Row]:
    """A row for each leg, and a failing one for each kind of leg that was not run."""
    delivered = sum(leg["received"] for leg in legs if leg["expected"] > 0)
    rows = [_delivered(leg, expected) for leg in legs if not _is_negative(leg)]
    rows += [_dropped(leg, delivered) for leg in legs if _is_negative(leg)]
    for direction in DIRECTIONS[expected.traffic]:
        if not any(leg["direction"] == direction and not _is_negative(leg) for leg in legs):
            rows.append(row(f"traffic {direction}", "packets that arrive as they must", "not run", [NO_TRAFFIC]))
    if expected.traffic == "none":
        rows.append(row("traffic", "known packets from a tester", "none was to be sent", [NO_TRAFFIC]))
    if expected.traffic == "gtpu" and not any(_is_negative(leg) for leg in legs):
        rows.append(row("traffic wrong TEID", "packets of no session are dropped", "not run", [NO_TRAFFIC]))
    return rows


def _is_negative(leg: Mapping) -> bool:
    """Whether nothing of the leg may arrive."""
    return bool(leg["expected"] == 0)


def _delivered(leg: Mapping, expected: Expected) -> Row:
    problems = [] if leg["sent"] > 0 else [NO_TRAFFIC]
    if 0 < leg["sent"] < leg["expected"]:
        problems.append(f"only {leg['sent']} of {leg['expected']} sent")
    if leg["lost"] > expected.lost:
        problems.append(f"{leg['lost']} of {leg['expected']} lost")
    if leg["duplicate"]:
        problems.append(f"{leg['duplicate']} arrived twice")
    if leg["corrupt"]:
        problems.append(f"{leg['corrupt']} arrived changed")
    wrong_checksums = leg.get("bad_outer_checksum", 0)
    unseen = leg.get("not_observed")
    remark = f"not observed: {joined(unseen)}" if unseen else ""
    if wrong_checksums:
        remark = f"{wrong_checksums} G-PDUs have a wrong outer UDP checksum: a peer that checks it drops them"
        if expected.outer_checksum:
            problems.append(remark)
    asked = f"{leg['expected']} sent and received" + (f", at most {expected.lost} lost" if expected.lost else "")
    seen = (
        f"{leg['received']} received at {leg['pps_seen']} packets/s, {leg['duplicate']} twice, {leg['corrupt']} changed"
    )
    return row(f"traffic {leg['name']}", asked, seen, problems + list(leg["problems"]) if problems else [], remark)


def _dropped(leg: Mapping, delivered: int) -> Row:
    problems = [] if leg["sent"] > 0 else [NO_TRAFFIC, *leg["problems"]]
    arrived = leg["received"] + leg["duplicate"] + leg["corrupt"]
    if arrived:
        problems.append(f"{arrived} packets came through that belong to no session")
    if not delivered:
        problems.append("nothing else came through either, so that nothing is known about dropping")
    seen = f"{arrived} received of {leg['sent']} sent"
    return row(f"traffic {leg['name']}", f"0 received of {leg['sent']} sent", seen, problems)
