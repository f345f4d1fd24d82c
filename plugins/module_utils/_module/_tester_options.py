# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that name a tester's interfaces, and the sessions that its packets belong to."""

from __future__ import annotations

import typing as t

_TEXT = {"type": "str", "required": True}
_NUMBER = {"type": "int", "required": True}
# The keys of a session of nfv.vsphere_dpdk.pgw_sessions, used here or not.
_SESSION = {
    "name": _TEXT,
    "ue_address": _TEXT,
    "imsi": {"type": "str"},
    "ue_ipv6_prefix": {"type": "str"},
    "uplink_kbps": {"type": "int"},
    "downlink_kbps": {"type": "int"},
    "source": {"type": "str"},
    "local_teid": _NUMBER,
    "peer_teid": _NUMBER,
    "peer_address": _TEXT,
    "peer_sources": {"type": "list", "elements": "str"},
}


def tester_options() -> dict[str, t.Any]:
    """The argument spec of the doc fragment nfv.vsphere_dpdk.tester."""
    gateway = {"type": "dict", "options": {"interface": _TEXT, "address": _TEXT, "gateway": _TEXT}}
    guest = {"type": "dict", "options": {"interface": _TEXT, "guest_mac": _TEXT}}
    return {
        "first": guest,
        "second": guest,
        "s5u": gateway,
        "sgi": gateway,
        "sessions": {"type": "list", "elements": "dict", "options": _SESSION},
    }
