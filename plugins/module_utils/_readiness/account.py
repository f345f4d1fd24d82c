# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Judges whether the vSphere user has the privileges that the asked features need, object by object."""

from __future__ import annotations

import dataclasses
import enum
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.text import listed

from .privileges import LABELS, Entity, Feature, Need, needs_of
from .row import Row, Subject

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Dataplane

CHECK: t.Final = "privilege"
_PAGE: t.Final = "docs/privileges.md has the commands that make the role"


class Purpose(str, enum.Enum):
    """What the user is going to do."""

    READ = "read"
    """Look only: readiness, drift, verification."""
    DEPLOY = "deploy"
    """Make VMs, or bring those that are there to their descriptions, and start them."""
    REMOVE = "remove"
    """Release what VMs hold, and delete them."""


@dataclasses.dataclass(frozen=True)
class NewVm:
    """What a VM that is still to be made is made from, and where."""

    template: str | None = None
    """Name of the template, None when no VM is made."""
    folder: str | None = None
    """Path of its folder below the datacenter's VM folder; None is that folder."""
    datastore: str | None = None
    """Name of its datastore; None for those of the template."""


@dataclasses.dataclass(frozen=True)
class AccountAsked:
    """What the user is going to do with which objects."""

    username: str
    """The user's name, for the rows."""
    features: frozenset[Feature]
    """What of the collection is used; ``features_of`` finds it."""
    vms: tuple[str, ...]
    """Names of the VMs."""
    networks: tuple[str, ...]
    """Names of the port groups in the descriptions."""
    datacenter: str | None = None
    """Name or managed object ID; None for the whole vCenter."""
    clusters: tuple[str, ...] = ()
    """Names or managed object IDs of the clusters that VMs may run in; empty for all."""
    new_vms: t.Mapping[str, NewVm] = dataclasses.field(default_factory=dict)
    """How the VMs that are not there are made, by name."""


@dataclasses.dataclass(frozen=True)
class Granted:
    """The privileges on one object."""

    place: Entity
    """What kind of object it is."""
    name: str
    """Its name."""
    privileges: frozenset[str]
    """Those of the privileges asked for that the user has on it."""
    problem: NfvError | None = None
    """Why they are not known, None when they are."""


def features_of(
    dataplanes: t.Collection[Dataplane],
    purposes: t.Collection[Purpose],
    *,
    placed: bool = False,
    power_cycle: bool = False,
    hardware_upgrade: bool = False,
) -> frozenset[Feature]:
    """What of the collection is used for these descriptions.

    placed: whether a description asks for a place, which rules of the cluster then keep;

    power_cycle: whether running VMs may be powered off for settings that need it;

    hardware_upgrade: whether the virtual hardware may be upgraded.
    """
    asked = {Feature.READ}
    if {Purpose.DEPLOY, Purpose.REMOVE} & set(purposes):
        asked |= {Feature.RESOURCES, Feature.SESSIONS}
        if placed:
            asked.add(Feature.PLACEMENT)
    if Purpose.DEPLOY in purposes:
        asked |= {Feature.CREATE, Feature.SIZE, Feature.ADAPTERS, Feature.POWER_ON}
        for feature, wanted in (
            (Feature.SETTINGS, any(each.iommu is not None or each.numa.nodes is not None for each in dataplanes)),
            (Feature.UPGRADE, hardware_upgrade and any(each.hardware_version is not None for each in dataplanes)),
            (Feature.POWER_OFF, power_cycle),
            (Feature.FAULT_TOLERANCE, any("fault_tolerance" in each.placement.must_keep for each in dataplanes)),
        ):
            if wanted:
                asked.add(feature)
    if Purpose.REMOVE in purposes:
        asked |= {Feature.POWER_OFF, Feature.REMOVE}
    return frozenset(asked)


def privileges_by_place(features: t.Collection[Feature]) -> dict[Entity, tuple[str, ...]]:
    """The privileges that the features need, each once, by the kind of object."""
    found: dict[Entity, dict[str, None]] = {}
    for need in needs_of(features):
        found.setdefault(need.place, {})[need.privilege] = None
    return {place: tuple(privileges) for place, privileges in found.items()}


def account_rows(asked: AccountAsked, granted: t.Iterable[Granted]) -> list[Row]:
    """The rows of the account: what is missing by privilege, then what is complete, by kind of object.

    granted: for every object, what was read of the privileges in ``privileges_by_place``. A kind without an object was
    not asked for, such as the template when every VM is there.
    """
    by_place: dict[Entity, list[Granted]] = {}
    for each in granted:
        by_place.setdefault(each.place, []).append(each)
    return [row for place in Entity if place in by_place for row in _rows_of_place(asked, place, by_place[place])]


def account_unknown(asked: AccountAsked, error: NfvError) -> list[Row]:
    """The rows when nothing could be read, such as without a connection: one for each kind of object."""
    return account_rows(
        asked, [Granted(place, place.value, frozenset(), error) for place in privileges_by_place(asked.features)]
    )


def _rows_of_place(asked: AccountAsked, place: Entity, objects: t.Sequence[Granted]) -> list[Row]:
    needs: dict[str, list[Need]] = {}
    for need in needs_of(asked.features):
        if need.place == place:
            needs.setdefault(need.privilege, []).append(need)
    known = [each for each in objects if each.problem is None]
    rows = [_unknown(each, tuple(needs)) for each in objects if each.problem is not None]
    for privilege, reasons in needs.items():
        lacking = [each.name for each in known if privilege not in each.privileges]
        if lacking:
            rows.append(_lacking(asked.username, privilege, reasons, lacking))
    required = [privilege for privilege, reasons in needs.items() if not all(each.optional for each in reasons)]
    complete = [each.name for each in known if each.privileges.issuperset(required)]
    if complete and required:
        rows.append(
            Row.ready(
                Subject.ACCOUNT, listed(complete, ", "), CHECK, listed(required, ", "), f"{asked.username} has them"
            )
        )
    return rows


def _lacking(username: str, privilege: str, reasons: t.Sequence[Need], names: t.Sequence[str]) -> Row:
    """The row of a privilege that the user lacks on some objects."""
    where = listed(names, ", ")
    label = LABELS[privilege]
    if all(need.optional for need in reasons):
        seen = f"{username} lacks {privilege} ({label}): {reasons[0].reason}"
        return Row.not_asked(Subject.ACCOUNT, where, CHECK, seen)
    uses = "; ".join(f"{need.feature.value} ({', '.join(need.calls)}: {need.reason})" for need in reasons)
    return Row.not_ready(
        Subject.ACCOUNT,
        where,
        CHECK,
        f"{privilege} ({label}) for {uses}",
        f"{username} lacks it",
        code=ErrorCode.PERMISSION_DENIED,
        remedy=f"Grant {username} a role with {label} on {where}, or on what is above it and propagates. {_PAGE}",
    )


def _unknown(each: Granted, privileges: tuple[str, ...]) -> Row:
    error = t.cast("NfvError", each.problem)
    return Row.unknown(
        Subject.ACCOUNT,
        each.name,
        CHECK,
        listed(privileges, ", "),
        f"{error.subject}: {error.attempted}",
        code=error.error_code,
        remedy=error.remedy,
    )
