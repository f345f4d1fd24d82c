# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs in the guest as a service: a closed package, installed there whole as ``nfv_pgw``.

It imports nothing but itself and the standard library. Ansible ships the modules that it finds imported, and it finds
these, although nothing imports them at run time: ``python3 -m nfv_pgw.path_daemon`` starts with its own imports alone.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from . import (  # noqa: F401
        flow_dump,
        flows,
        model,
        openflow_meters,
        packets,
        path_daemon,
        path_messages,
        path_state,
        session_statistics,
        statistics_export,
    )
