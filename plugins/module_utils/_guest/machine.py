# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the Python and the clock of the machine that a module runs on."""

from __future__ import annotations

import ctypes
import sys
import time

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.machine import MachineFacts

# adjtimex(2), linux/timex.h: the state of a clock that nothing keeps, and a buffer larger than struct timex of any
# architecture, whose first field, modes, is 0: nothing is changed.
_TIME_ERROR = 5
_TIMEX_BYTES = 512


def read_machine() -> MachineFacts:
    """This machine, now."""
    return MachineFacts(tuple(sys.version_info[:3]), time.time(), _synchronized())


def _synchronized() -> bool | None:
    """Whether the kernel knows that its clock is kept; NTP and PTP clients tell it."""
    try:
        state = int(ctypes.CDLL(None).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES)))
    except (AttributeError, OSError):
        return None
    return None if state < 0 else state != _TIME_ERROR
