# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab's vCenter without guests, as tests/integration has it."""

from __future__ import annotations

from tests.integration.conftest import pki, start_vcenter, vcenter

__all__ = ["pki", "start_vcenter", "vcenter"]
