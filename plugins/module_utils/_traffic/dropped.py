# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flows of frames that an application must drop, such as those that a rule of an intrusion prevention system names."""

from __future__ import annotations

import typing as t

from .streams import SERVER_PORT, UE_PORT, Stream

# Streams 1 and 2 are the two directions that must be forwarded; a label has room for 127.
_FIRST_NUMBER: t.Final = 3
MOST_FLOWS: t.Final = 100


def dropped_streams(flows: t.Sequence[t.Mapping[str, t.Any]]) -> tuple[Stream, ...]:
    """A stream for each flow: ``name``, and optional ``direction``, ``port`` and ``content``."""
    return tuple(
        Stream(
            _FIRST_NUMBER + index,
            str(flow["name"]),
            flow.get("direction") or "forth",
            delivered=False,
            port=flow.get("port", SERVER_PORT),
            content=(flow.get("content") or "").encode(),
        )
        for index, flow in enumerate(flows)
    )


def dropped_checks(streams: t.Sequence[Stream], room: int) -> list[tuple[str, bool, str]]:
    """What must hold of each stream: the option's path, whether it does, and the rule.

    room: bytes of a packet that a content may fill.
    """
    checks = [("dropped", len(streams) <= MOST_FLOWS, f"must be at most {MOST_FLOWS} flows")]
    names = ["forth", "back"]
    for index, stream in enumerate(streams):
        path = f"dropped[{index}]"
        checks += [
            (f"{path}.name", bool(stream.name) and stream.name not in names, "must be a name that no other stream has"),
            (f"{path}.direction", stream.direction in ("forth", "back"), "must be forth or back"),
            (f"{path}.port", 1 <= stream.port < 2**16, "must be 1 to 65535"),
            (f"{path}.content", len(stream.content) <= room, f"must be at most {room} bytes in packets of this size"),
            # Without either, the flow would be one that must be forwarded.
            (path, stream.port != SERVER_PORT or bool(stream.content), "must differ by its port or its content"),
            (f"{path}.port", stream.port != UE_PORT, f"must not be {UE_PORT}, the port that frames are sent from"),
        ]
        names.append(stream.name)
    return checks
