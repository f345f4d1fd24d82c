# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which privileges follow from descriptions and options, and what the rows say of those that are missing."""

from __future__ import annotations

import copy
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.account import (
    AccountAsked,
    Granted,
    Purpose,
    account_rows,
    account_unknown,
    features_of,
    privileges_by_place,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.privileges import Entity, Feature
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.row import Subject, Verdict
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.parse import parse_dataplane
from lab.testing.descriptions import description

POWER_ON, CPUS = "VirtualMachine.Interact.PowerOn", "VirtualMachine.Config.CPUCount"
ALWAYS = {Feature.READ, Feature.RESOURCES, Feature.SESSIONS}
DEPLOYED = {*ALWAYS, Feature.CREATE, Feature.SIZE, Feature.ADAPTERS, Feature.POWER_ON}


def dataplane(**changed: t.Any) -> t.Any:
    parsed, problems = parse_dataplane(copy.deepcopy(description()) | changed, "nfv_dataplane")
    assert parsed is not None, problems
    return parsed


@pytest.mark.parametrize(
    ("changed", "purposes", "options", "wanted"),
    [
        ({}, [Purpose.READ], {}, {Feature.READ}),
        ({}, [], {"placed": True, "power_cycle": True, "hardware_upgrade": True}, {Feature.READ}),
        ({}, [Purpose.DEPLOY], {}, DEPLOYED),
        ({}, [Purpose.DEPLOY], {"placed": True}, {*DEPLOYED, Feature.PLACEMENT}),
        ({}, [Purpose.DEPLOY], {"power_cycle": True}, {*DEPLOYED, Feature.POWER_OFF}),
        ({"iommu": True}, [Purpose.DEPLOY], {}, {*DEPLOYED, Feature.SETTINGS}),
        # An upgrade needs both the description and the consent.
        ({"hardware_version": 21}, [Purpose.DEPLOY], {}, DEPLOYED),
        ({}, [Purpose.DEPLOY], {"hardware_upgrade": True}, DEPLOYED),
        ({"hardware_version": 21}, [Purpose.DEPLOY], {"hardware_upgrade": True}, {*DEPLOYED, Feature.UPGRADE}),
        ({}, [Purpose.REMOVE], {"placed": True}, {*ALWAYS, Feature.PLACEMENT, Feature.POWER_OFF, Feature.REMOVE}),
    ],
)
def test_features_follow_from_descriptions_and_options(
    changed: dict[str, t.Any], purposes: list[Purpose], options: dict[str, bool], wanted: set[Feature]
) -> None:
    assert features_of([dataplane(**changed)], purposes, **options) == wanted


def asked(*features: Feature) -> AccountAsked:
    return AccountAsked("joe", frozenset(features), ("pgw-1", "pgw-2"), ())


def test_who_reads_needs_one_privilege() -> None:
    assert privileges_by_place({Feature.READ}) == {Entity.DATACENTER: ("System.Read",)}


def test_a_missing_privilege_is_one_row_for_all_of_its_objects() -> None:
    granted = [
        Granted(Entity.VM, "pgw-1", frozenset({POWER_ON})),
        Granted(Entity.VM, "pgw-2", frozenset()),
        Granted(Entity.VM, "pgw-3", frozenset()),
    ]
    missing, ready = account_rows(asked(Feature.POWER_ON), granted)
    assert (missing.subject, missing.object, missing.check) == (Subject.ACCOUNT, "pgw-2, pgw-3", "privilege")
    assert (missing.verdict, missing.code) == (Verdict.NOT_READY, ErrorCode.PERMISSION_DENIED)
    for told in (POWER_ON, "Virtual machine > Interaction > Power on", "power_on", "PowerOnVM_Task"):
        assert told in missing.asked
    assert missing.seen == "joe lacks it"
    assert "docs/privileges.md" in missing.remedy
    assert (ready.object, ready.verdict, ready.asked) == ("pgw-1", Verdict.READY, POWER_ON)


def test_each_missing_privilege_has_its_row() -> None:
    rows = account_rows(asked(Feature.POWER_ON, Feature.SIZE), [Granted(Entity.VM, "pgw-1", frozenset())])
    assert [row.asked.split()[0] for row in rows] == [CPUS, "VirtualMachine.Config.Memory", POWER_ON]


def test_an_optional_privilege_keeps_nothing_from_being_ready() -> None:
    (row,) = account_rows(asked(Feature.SESSIONS), [Granted(Entity.VCENTER, "vCenter", frozenset())])
    assert row.verdict == Verdict.NOT_ASKED
    assert "joe lacks Sessions.TerminateSession" in row.seen
    assert (
        account_rows(
            asked(Feature.SESSIONS), [Granted(Entity.VCENTER, "vCenter", frozenset({"Sessions.TerminateSession"}))]
        )
        == []
    )


def test_what_could_not_be_looked_at_is_unknown() -> None:
    error = NfvError(ErrorCode.VCENTER_UNREACHABLE, "vcenter", "failed to connect", "Check it")
    features = {Feature.READ, Feature.POWER_ON}
    rows = account_unknown(asked(*features), error)
    assert {row.verdict for row in rows} == {Verdict.UNKNOWN}
    assert {row.object for row in rows} == {place.value for place in privileges_by_place(features)}
    assert {row.code for row in rows} == {ErrorCode.VCENTER_UNREACHABLE}
