# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""govmomi's simulator as it is: the lab's inventory, and none of the lab's refusals and hooks."""

from __future__ import annotations

import typing as t

import pytest

from tests.integration.vsphere.conftest import ansible, connection, session

__all__ = ["ansible", "connection", "session"]


@pytest.fixture(scope="module")
def vcenter(start_vcenter: t.Callable[..., t.Any]) -> t.Any:
    return start_vcenter(plain=True)
