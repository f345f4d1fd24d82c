# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The calls of each module are those that docs/fleets.md has."""

from __future__ import annotations

from bench.measurements.facts_calls import calls, table

from .conftest import REPOSITORY


def test_the_documented_calls_are_those_that_vcenter_counts() -> None:
    documented = (REPOSITORY / "docs" / "fleets.md").read_text(encoding="utf-8")
    assert "\n".join(table(calls())) in documented


def test_one_call_more_is_another_table() -> None:
    one = {"vm_dataplane_info": {"Login": 1, "RetrievePropertiesEx": 3}}
    two = {"vm_dataplane_info": {"Login": 1, "RetrievePropertiesEx": 4}}
    assert table(one) != table(two)
