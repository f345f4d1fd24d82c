# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values of an Open vSwitch database (OVSDB, RFC 7047)."""

from __future__ import annotations

import typing as t


def plain_value(value: t.Any) -> t.Any:
    """Converts a column's JSON value to plain data.

    RFC 7047, 5.1 tags what JSON has no type for: ``["set", [...]]`` becomes a list, ``["map", [[key, value], ...]]`` a
    dictionary, and ``["uuid", "..."]`` the row's identifier as a string. All other values stay as they are; note that a
    set with one member comes without a tag.
    """
    if not isinstance(value, list):
        return value
    kind, content = value
    if kind == "set":
        return [plain_value(member) for member in content]
    if kind == "map":
        return {plain_value(key): plain_value(member) for key, member in content}
    return content
