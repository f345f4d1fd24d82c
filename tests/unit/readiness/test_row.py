# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A row of the readiness table survives the way from a module to the report."""

from __future__ import annotations

import json

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.row import Row, Subject, Verdict

ROWS = [
    Row.ready(Subject.HOST, "esx-1", "ntp", "running", "running"),
    Row.not_ready(
        Subject.NETWORK, "PG-SGi", "mtu", "9000", "1500", code=ErrorCode.VALUE_OUT_OF_RANGE, remedy="Raise the MTU."
    ),
    Row.unknown(
        Subject.GUEST, "pgw-1", "python", "3.9", "the VM is off", code=ErrorCode.GUEST_NOT_RUNNING, remedy="Start it."
    ),
    Row.not_asked(Subject.VCENTER, "vcenter", "api", "8.0.3.0"),
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: str(row.verdict.value))
def test_row_survives_json(row: Row) -> None:
    assert Row.from_dict(json.loads(json.dumps(row.to_dict()))) == row


def test_row_is_plain_data() -> None:
    assert ROWS[1].to_dict() == {
        "subject": "network",
        "object": "PG-SGi",
        "check": "mtu",
        "asked": "9000",
        "seen": "1500",
        "verdict": "not_ready",
        "code": "value_out_of_range",
        "remedy": "Raise the MTU.",
    }
    # Variables of Ansible cannot hold an enum.
    assert not isinstance(ROWS[1].to_dict()["verdict"], Verdict)
    assert ROWS[0].to_dict()["code"] is None


def test_verdict_decides_what_a_row_carries() -> None:
    assert [row.verdict for row in ROWS] == list(Verdict)
    assert [row.code is None for row in ROWS] == [True, False, False, True]


@pytest.mark.parametrize("key", ["subject", "verdict", "code"])
def test_unknown_word_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="nonsense"):
        Row.from_dict({**ROWS[0].to_dict(), key: "nonsense"})


def test_missing_column_is_refused() -> None:
    data = ROWS[0].to_dict()
    del data["seen"]
    with pytest.raises(KeyError):
        Row.from_dict(data)
