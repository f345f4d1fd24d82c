# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of objects, and what else is asked of an object in passing."""

from __future__ import annotations

import typing as t
import urllib.parse

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError


def plain_name(name: str) -> str:
    """Decodes a name as the API returns it, which has ``%2f``, ``%5c`` and ``%25`` for slash, backslash and percent."""
    return urllib.parse.unquote(name)


def name_of(managed: t.Any, properties: dict[str, t.Any]) -> str:
    """The object's name, or its managed object ID when it has none, or none that the user may read."""
    name = dict.get(properties, "name")  # a malformed one raises nothing here
    return plain_name(name) if isinstance(name, str) and name else str(managed._moId)


def known(properties: dict[str, t.Any], path: str, default: t.Any = None) -> t.Any:
    """A property of an object that somebody else may ask for: the default also when its value is malformed."""
    try:
        return properties.get(path, default)
    except NfvError:
        return default
