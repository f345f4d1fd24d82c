# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs the other files of this directory under a kernel that has the modules that they need."""

from __future__ import annotations

from pathlib import Path

from tests.support.user_mode_linux import run_pytest

HERE = Path(__file__).parent


def test_the_kernels_gtp_forwards_as_the_pgw_is_described() -> None:
    status, output = run_pytest(HERE / "gtp.py", timeout=900)
    print(output)
    assert status == 0


def test_a_test_that_fails_under_that_kernel_is_seen() -> None:
    """The negative control."""
    status, output = run_pytest(HERE / "fails.py", timeout=300)
    print(output)
    assert status == 1
    assert "the other kernel says 1" in output
