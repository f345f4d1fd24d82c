# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fails under the other kernel, so that a test knows that failures are seen."""

from __future__ import annotations

import os


def test_that_fails() -> None:
    found = os.getpid() > 0
    assert not found, f"the other kernel says {found:d}"
