# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The description's section ``placement``: where a VM may run, near and far from whom, and what it must keep."""

from __future__ import annotations

import dataclasses

from .reader import Section


@dataclasses.dataclass(frozen=True)
class Placement:
    """Where the VM may run; accepted and checked here, acted upon by the placement modules."""

    cluster: str | None
    numa: str
    keep_apart_from: tuple[str, ...]


def read_placement(top: Section) -> Placement | None:
    """Reads the section; None when it has a problem."""
    raw = top.values.get("placement")
    section = Section.read(
        {} if raw is None else raw, f"{top.path}.placement", top.problems, (), ("cluster", "numa", "keep_apart_from")
    )
    if section is None:
        return None
    cluster = section.text("cluster")
    numa = section.values.get("numa")
    if numa is None or numa == "auto":
        node: str | None = "auto"
    else:
        number = section.integer("numa", 0, 63)
        node = None if number is None else str(number)
    apart = section.values.get("keep_apart_from")
    names = [apart] if isinstance(apart, str) else [entry for _path, entry in section.items("keep_apart_from")]
    if not all(isinstance(name, str) and name for name in names):
        section.report("keep_apart_from", "wrong_type", "must be a group's or VM's name, or a list of such names")
        return None
    return None if node is None else Placement(cluster, node, tuple(str(name) for name in names))
