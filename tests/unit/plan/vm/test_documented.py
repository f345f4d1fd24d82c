# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/description.md tells of every setting of the tables, by the names, fields, keys and versions that they have."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.adapter_settings import (
    ADAPTER_SETTINGS,
    AdapterSetting,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.settings import CONFLICTS, SETTINGS, Setting

TEXT = (Path(__file__).resolve().parents[4] / "docs" / "description.md").read_text(encoding="utf-8")
ROWS = [line for line in TEXT[TEXT.index("## What is derived") :].splitlines() if line.startswith("| `")]


def row_of(name: str) -> str:
    (found,) = [row for row in ROWS if f"`{name}`" in row.split("|")[1]]
    return found


@pytest.mark.parametrize("setting", [*SETTINGS, *ADAPTER_SETTINGS], ids=lambda setting: setting.name)
def test_a_setting_is_documented(setting: Setting | AdapterSetting) -> None:
    row = row_of(setting.name)
    key = f"ethernetX.{setting.advanced_key}" if isinstance(setting, AdapterSetting) else setting.advanced_key
    where = key if setting.advanced_key is not None else setting.field
    assert f"`{where or 'hardware_version'}`" in row
    if setting.api is not None:
        assert f"API {setting.api}" in row
    if setting.hardware is not None:
        assert f"hardware {setting.hardware}" in row


def test_a_setting_that_is_not_documented_is_found() -> None:
    with pytest.raises(ValueError, match="not enough values"):
        row_of("cpu.undocumented")


@pytest.mark.parametrize("pattern", CONFLICTS)
def test_what_works_against_polling_is_documented(pattern: str) -> None:
    assert f"`{pattern.replace('ethernet*', 'ethernetX')}`" in TEXT
