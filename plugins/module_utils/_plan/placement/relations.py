# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which VMs are kept apart or together: as pairs, and as the groups that rules are made from."""

from __future__ import annotations

import itertools
import typing as t

Pairs = set[frozenset[str]]
Groups = tuple[tuple[str, ...], ...]


def pairs_of(groups: t.Iterable[t.Iterable[str]]) -> Pairs:
    """Every pair of members of one group."""
    return {frozenset(pair) for group in groups for pair in itertools.combinations(sorted(set(group)), 2)}


def cover_pairs(pairs: t.Iterable[frozenset[str]]) -> Groups:
    """Groups whose members are all pairs. Together they cover every pair; a greedy walk keeps them few."""
    left = {tuple(sorted(pair)) for pair in pairs}
    neighbours: dict[str, set[str]] = {}
    for one, other in left:
        neighbours.setdefault(one, set()).add(other)
        neighbours.setdefault(other, set()).add(one)
    groups = []
    for one, other in sorted(left):
        if (one, other) not in left:
            continue
        group = [one, other]
        for third in sorted(neighbours[one] & neighbours[other]):
            if neighbours[third].issuperset(group):
                group.append(third)
        left -= set(itertools.combinations(sorted(group), 2))
        groups.append(tuple(sorted(group)))
    return tuple(groups)


def merge_groups(pairs: t.Iterable[frozenset[str]]) -> Groups:
    """The groups that pairs form when the relation is transitive."""
    groups: list[set[str]] = []
    for pair in pairs:
        touched = [group for group in groups if group & pair]
        groups = [group for group in groups if not group & pair] + [set(pair).union(*touched)]
    return tuple(sorted(tuple(sorted(group)) for group in groups))
