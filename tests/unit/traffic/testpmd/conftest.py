# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The recorded guests, which serve as generators here."""

from __future__ import annotations

from tests.unit.guest.conftest import bound, fresh, recorded

__all__ = ["bound", "fresh", "recorded"]
