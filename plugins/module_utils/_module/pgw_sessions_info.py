# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pgw_sessions_info does: reads the statistics of a PGW's user plane."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.run import report
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.layout import DAEMON_STATUS, NAMES
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.observe import read_carried
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.session_statistics import (
    LARGEST_STATUS,
    parse_names,
    parse_status,
    statistics,
    textfile,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.shared_files import read as read_file

from ._commands import ask_with

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest


def run(module: AnsibleModule) -> None:
    """Ends the module with sessions, peers and counters; those of the sessions that its option names."""

    def read(guest: Guest) -> dict[str, t.Any]:
        carried = read_carried(ask_with(module), parse_names(guest.text(NAMES)))
        found = statistics(carried, parse_status(read_file(guest.path(DAEMON_STATUS), LARGEST_STATUS)))
        sessions, names = found["sessions"], module.params["names"]
        selected = [session for session in sessions if names is None or session.get("name") in names]
        return {**found, "sessions": selected, "textfile": textfile(found)}

    report(module, read)
