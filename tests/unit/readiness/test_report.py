# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What rows come to: the outcome, the order in which one would mend them, and what the message quotes."""

from __future__ import annotations

import json
import typing as t

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.nfv.vsphere_dpdk.plugins.filter.readiness import (
    FilterModule,
    readiness_report,
    traffic_of_hosts,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.row import Row, Subject
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.failed_report import failed_report

AT = "2026-01-01T00:00:00Z"
GOOD = Row.ready(Subject.HOST, "esx-1", "clock", "within 5 s", "within 5 s")
BAD = Row.not_ready(
    Subject.HOST, "esx-2", "clock", "within 5 s", "90 s", code=ErrorCode.CLOCK_SKEWED, remedy="Correct the clock"
)
DARK = Row.unknown(Subject.PLAN, "vnf-1", "place", "", "no answer", code=ErrorCode.READINESS_UNKNOWN, remedy="")
IDLE = Row.not_asked(Subject.ACCOUNT, "user", "privilege", "none")


def report(*rows: Row, **options: t.Any) -> dict[str, t.Any]:
    return readiness_report({"vcenter": {"rows": [row.to_dict() for row in rows]}}, AT, **options)


@pytest.mark.parametrize(
    ("rows", "outcome"),
    [
        ([GOOD], "ready"),
        ([GOOD, IDLE], "ready"),
        ([GOOD, DARK], "unknown"),
        ([GOOD, DARK, BAD], "not_ready"),
        ([IDLE], "unknown"),  # nothing was looked at
    ],
)
def test_outcome(rows: list[Row], outcome: str) -> None:
    assert report(*rows)["outcome"] == outcome


def test_messages_tell_the_outcomes_apart() -> None:
    assert report(GOOD)["message"] == "ready: 1 checks, and nothing is missing"
    assert report(GOOD, BAD, DARK)["message"] == (
        "[readiness_not_met] 1 of 3 not ready: host esx-2, clock: asked within 5 s, seen 90 s. Correct the clock;"
        " 1 more could not be looked at"
    )
    assert report(GOOD, DARK)["message"] == (
        "[readiness_unknown] 1 of 2 could not be looked at: plan vnf-1, place: seen no answer"
    )
    assert report(IDLE)["message"] == "[readiness_unknown] nothing was looked at"


def test_message_quotes_the_first_five() -> None:
    message = report(GOOD, *[BAD] * 7)["message"]
    assert message.count("esx-2") == 5 and message.endswith("; and 2 more")


def test_rows_are_in_the_order_of_mending() -> None:
    assert [row["subject"] for row in report(DARK, BAD, GOOD, IDLE)["rows"]] == ["account", "host", "host", "plan"]
    assert [row["object"] for row in report(BAD, GOOD)["rows"]] == ["esx-2", "esx-1"]


def test_table_begins_with_what_is_to_be_done() -> None:
    assert report(GOOD, BAD)["lines"] == [
        "not_ready  host esx-2: clock  90 s (asked within 5 s)",
        "           -> Correct the clock",
        "ready      host esx-1: clock  within 5 s",
    ]


def test_accepted_row_is_not_asked_any_more() -> None:
    found = report(GOOD, BAD, DARK, accepted=["host.clock", "plan.place"])
    assert found["outcome"] == "ready"
    assert [(row["verdict"], row["seen"]) for row in found["rows"]] == [
        ("ready", "within 5 s"),
        ("not_asked", "90 s (accepted)"),
        ("not_asked", "no answer (accepted)"),
    ]
    assert report(GOOD, BAD, accepted=["host.power_policy", "clock"])["outcome"] == "not_ready"


@pytest.mark.parametrize(
    "result", [{"failed": True, "msg": "broken"}, {"unreachable": True, "msg": "broken"}, {"rows": []}]
)
def test_machine_that_was_not_looked_at_is_unknown(result: dict[str, t.Any]) -> None:
    found = readiness_report({"vcenter": {"rows": [GOOD.to_dict()]}, "guest": {"vnf-1": result}}, AT)
    assert found["outcome"] == "unknown"
    (row,) = [row for row in found["rows"] if row["subject"] == "guest"]
    assert (row["object"], row["verdict"]) == ("vnf-1", "unknown")
    assert row["seen"] in ("broken", "the module gave no rows; run with -vvv")


def test_result_of_another_shape_is_an_error_with_a_code() -> None:
    with pytest.raises(AnsibleFilterError, match="filter_input_invalid"):
        FilterModule().filters()["readiness_report"]({"vcenter": {"rows": [{"subject": "host"}]}}, AT)


def test_report_of_a_run_that_has_not_looked() -> None:
    files = failed_report("readiness", AT, "[hosts_missing] no host")
    assert set(files) == {"readiness.json", "readiness.html"}
    found = json.loads(files["readiness.json"])
    assert (found["outcome"], found["message"], found["rows"]) == ("unknown", "[hosts_missing] no host", [])


def test_traffic_comes_from_the_pgw_and_from_the_inventory() -> None:
    hostvars = {
        "pgw-1": {"pgw_s5u": {"adapter": "s5u", "vlan": 100, "mtu": 1600}, "pgw_sgi": {"adapter": "sgi"}},
        "ips-1": {"nfv_traffic": {"left": {"macs": "foreign"}}},
        "vnf-1": {},
    }
    assert traffic_of_hosts(list(hostvars), hostvars) == {
        "pgw-1": {"s5u": {"vlans": [100], "mtu": 1600}, "sgi": {"vlans": []}},
        "ips-1": {"left": {"macs": "foreign"}},
    }
