# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""MAC addresses: every spelling that people and programs use becomes the kernel's before any two are compared."""

from __future__ import annotations

import re

# Six pairs (Linux, vSphere; Windows with dashes), three groups of four (Cisco, Juniper), or twelve digits alone.
_SPELLINGS = re.compile(
    r"([0-9a-f]{2})(?:([:-]?)[0-9a-f]{2})(?:\2[0-9a-f]{2}){4}|[0-9a-f]{4}([.:-])[0-9a-f]{4}\3[0-9a-f]{4}"
)


def normal_mac(text: object) -> str | None:
    """A MAC address in lower case with colons, such as ``00:50:56:01:02:03``; None for anything that is none."""
    spelt = text.strip().lower() if isinstance(text, str) else ""
    if not _SPELLINGS.fullmatch(spelt):
        return None
    return ":".join(re.findall("..", re.sub("[.:-]", "", spelt)))


def spelt_alike(text: object) -> str:
    """The same, and what is no MAC address as it is: whoever compares or checks it finds nothing like it."""
    return normal_mac(text) or str(text)
