# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The section ``placement``: where a VM may run, with which other VMs, and which vSphere features it must keep."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.text import shown

from .reader import Section, unfit_text

# The vSphere features that ``must_keep`` may name.
FEATURES: t.Final = ("vmotion", "drs", "ha", "fault_tolerance", "snapshots")
# vim.cluster.DasVmSettings.RestartPriority, from last to first. Leaving the key out means clusterRestartPriority.
RESTART_PRIORITIES: t.Final = ("disabled", "lowest", "low", "medium", "high", "highest")
# vim.cluster.DrsConfigInfo.DrsBehavior in our spelling; disabled is vim.cluster.DrsVmConfigInfo.enabled false.
AUTOMATION_LEVELS: t.Final = ("disabled", "manual", "partially_automated", "fully_automated")
# No vSphere host has more NUMA nodes than this (it has at most 16, configuration maximums of vSphere 8).
MAX_NODE = 63

_KEYS = (
    "cluster",
    "hosts",
    "numa",
    "keep_apart_from",
    "keep_together_with",
    "must_keep",
    "restart_priority",
    "automation_level",
)
_NAMES = "a VM's or a placement group's name, or a list of such names"


@dataclasses.dataclass(frozen=True)
class Placement:
    """Where the VM may run and what it must keep. None or an empty tuple leaves it to the cluster."""

    cluster: str | None
    """Name of the only cluster allowed, None for any."""
    numa: str
    """``auto``, or the number of the host's NUMA node."""
    keep_apart_from: tuple[str, ...] = ()
    """VMs and placement groups that may not share its host; of its own group, the other members."""
    keep_together_with: tuple[str, ...] = ()
    """VMs and placement groups that must share its host."""
    must_keep: tuple[str, ...] = ()
    """vSphere features that its settings may not block, of FEATURES."""
    restart_priority: str | None = None
    """HA's, one of RESTART_PRIORITIES."""
    automation_level: str | None = None
    """DRS', one of AUTOMATION_LEVELS."""
    hosts: tuple[str, ...] = ()
    """Names of the only hosts that it may run on."""

    @property
    def node(self) -> int | None:
        """The host's NUMA node, None for ``auto``."""
        return None if self.numa == "auto" else int(self.numa)


def read_placement(top: Section) -> Placement | None:
    """Reads the section; None when it has a problem."""
    before = len(top.problems)
    raw = top.values.get("placement")
    section = Section.read({} if raw is None else raw, f"{top.path}.placement", top.problems, (), _KEYS)
    if section is None:
        return None
    placement = Placement(
        cluster=section.text("cluster"),
        numa=_read_numa(section),
        keep_apart_from=_read_names(section, "keep_apart_from", _NAMES),
        keep_together_with=_read_names(section, "keep_together_with", _NAMES),
        must_keep=_read_features(section),
        restart_priority=section.choice("restart_priority", RESTART_PRIORITIES),
        automation_level=section.choice("automation_level", AUTOMATION_LEVELS),
        hosts=_read_names(section, "hosts", "a host's name, or a list of such names"),
    )
    apart = set(placement.keep_apart_from)
    both = [name for name in placement.keep_together_with if name in apart]
    if both:
        section.report(
            "keep_together_with",
            ErrorCode.PLACEMENT_CONTRADICTION,
            f"names {both[0]}, and so does keep_apart_from; keep one",
        )
    return placement if len(top.problems) == before else None


def _read_numa(section: Section) -> str:
    value = section.values.get("numa")
    if value is None or value == "auto":
        return "auto"
    number = section.integer("numa", 0, MAX_NODE)
    return "auto" if number is None else str(number)


def _read_names(section: Section, key: str, form: str) -> tuple[str, ...]:
    """One name or a list of names, each once, in the order given."""
    value = section.values.get(key)
    names = [value] if isinstance(value, str) else [entry for _path, entry in section.items(key)]
    if not all(isinstance(name, str) and name.strip() for name in names):
        section.report(key, ErrorCode.VALUE_TYPE_WRONG, f"must be {form}")
        return ()
    for name in names:
        if unfit := unfit_text(name):
            section.report(key, ErrorCode.VALUE_MALFORMED, f"must be {form}, not {shown(name)}{unfit}")
            return ()
    return tuple(dict.fromkeys(str(name) for name in names))


def _read_features(section: Section) -> tuple[str, ...]:
    names = _read_names(section, "must_keep", "a feature's name, or a list of such names")
    for name in names:
        if name not in FEATURES:
            section.report(
                "must_keep", ErrorCode.VALUE_NOT_ALLOWED, f"must be of {', '.join(FEATURES)}, not {shown(name)}"
            )
    return names
