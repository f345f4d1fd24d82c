# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Imports pyVmomi if it is installed; every other file of ``_vsphere`` imports it from here."""

from __future__ import annotations

import traceback
import typing as t

__all__ = ["IMPORT_ERROR", "SoapAdapter", "VmomiSupport", "connect", "vim", "vmodl"]

connect: t.Any = None
SoapAdapter: t.Any = None
vim: t.Any = None
vmodl: t.Any = None
VmomiSupport: t.Any = None
# The traceback of the failed import, which a module reports with missing_required_lib.
IMPORT_ERROR: str | None = None
try:
    from pyVim import connect
    from pyVmomi import SoapAdapter, VmomiSupport, vim, vmodl
except ImportError:
    IMPORT_ERROR = traceback.format_exc()
