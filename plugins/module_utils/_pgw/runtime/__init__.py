# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs that run in the guest as services: a closed package, installed there whole as ``nfv_pgw``.

The package imports nothing but itself and the standard library. Ansible ships the modules that it finds in import
statements. The statement below names all of them and never runs: ``python3 -m nfv_pgw.path_daemon`` loads only what it
needs.
"""

from __future__ import annotations

import typing as t

if t.TYPE_CHECKING:
    from . import (  # noqa: F401
        flow_dump,
        flows,
        handover,
        limits,
        model,
        openflow_meters,
        packets,
        path_daemon,
        path_messages,
        path_state,
        session_statistics,
        shared_files,
        statistics_export,
    )
