# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/readiness.md has every check as the code defines it."""

from __future__ import annotations

import pytest

from scripts.readiness_table import PAGE, page


def test_page_has_the_checks_of_the_code() -> None:
    command = "run: PYTHONPATH=.cache/source python -m scripts.readiness_table"
    assert page(PAGE.read_text()) == PAGE.read_text(), command


def test_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="marks"):
        page("# Readiness\n")
