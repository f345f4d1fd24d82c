# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the formats of session files have in common."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

Session = dict[str, t.Any]
# Keys with whole numbers.
NUMBERS: t.Final = ("local_teid", "peer_teid", "uplink_kbps", "downlink_kbps")
# Keys with lists of texts.
LISTS: t.Final[tuple[str, ...]] = ("peer_sources",)


# Keys of one mapping, and members of one list in it, several times what a session has.
MOST: t.Final = 100


class Block(list[t.Any]):
    """A list, with the line that it begins on; 0 where the format does not tell."""

    line = 0


class Pairs(Block):
    """The keys and values of a mapping in their order, a key that is there twice included."""

    merges = False
    """Whether it took keys from another mapping."""


def unreadable(name: str, attempted: str) -> NfvError:
    """The error for a file, or a place in it, that holds no sessions."""
    return NfvError(ErrorCode.SESSIONS_UNREADABLE, name, attempted, "Nothing was changed.")
