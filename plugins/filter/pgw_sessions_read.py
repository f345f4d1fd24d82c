# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filter pgw_sessions_read; documented in the YAML file beside this one."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.filters import Filters, typed
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.sessions.files import read_sessions


def pgw_sessions_read(paths: t.Any) -> list[dict[str, t.Any]]:
    """The sessions of a file, of all files of a directory, or of several such paths, in the order of the names."""
    listed = [paths] if isinstance(paths, str) else paths
    if not isinstance(listed, (list, tuple)) or not all(isinstance(path, str) for path in listed):
        raise AnsibleFilterError("pgw_sessions_read takes a path or a list of paths")
    return [session for path in listed for session in read_sessions(path)]


class FilterModule:
    """The filter of this file by name."""

    def filters(self) -> Filters:
        return typed({"pgw_sessions_read": pgw_sessions_read})
