# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The verdict on each vSphere feature of a VM, and the features that a description must keep but blocks."""

from __future__ import annotations

import dataclasses
import itertools
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError, Problem
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.desired import may_be_bound, node_affinity
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.placement import FEATURES

from .model import ClusterFacts, FeatureVerdict, VmFacts
from .rules import cluster_reasons, cpu_reasons, device_reasons, memory_reasons, passthrough_reasons, snapshot_reasons

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Dataplane


def judge_features(facts: VmFacts, cluster: ClusterFacts | None = None) -> tuple[FeatureVerdict, ...]:
    """The verdict on each feature, in the order of FEATURES. cluster: None leaves out what the cluster decides."""
    reasons = list(
        itertools.chain(
            cpu_reasons(facts),
            memory_reasons(facts),
            passthrough_reasons(facts),
            device_reasons(facts),
            snapshot_reasons(facts),
            cluster_reasons(cluster) if cluster is not None else (),
        )
    )
    return tuple(
        FeatureVerdict(feature, tuple(reason for reason in reasons if reason.feature == feature))
        for feature in FEATURES
    )


def as_described(dataplane: Dataplane, facts: VmFacts | None = None) -> VmFacts:
    """The facts once the VM is as described. Whatever the description leaves open is as it is now, or unset."""
    now = facts or VmFacts("", 0)
    pinned = dataplane.cpu.exclusivity == "affinity"
    node = node_affinity(dataplane)
    stays = now.node_affinity if dataplane.placement.numa == "auto" and may_be_bound(dataplane) else ()
    return dataclasses.replace(
        now,
        cpus=dataplane.cpu.count,
        affinity=dataplane.cpu.affinity if pinned else (),
        node_affinity=stays if node is None else (int(node),),
        upt=tuple(adapter.name for adapter in dataplane.adapters if adapter.uptv2),
        latency_high=dataplane.cpu.exclusivity == "latency_sensitivity",
        host_1g_pages=dataplane.memory.host_page_size == "1G",
        cpu_hot_add=False,
        memory_hot_add=False,
    )


def cluster_as_described(dataplane: Dataplane, cluster: ClusterFacts | None = None) -> ClusterFacts:
    """What the cluster will decide about the VM once its overrides are as described."""
    now = cluster or ClusterFacts(dataplane.placement.cluster or "")
    return dataclasses.replace(
        now,
        automation_level=dataplane.placement.automation_level or now.automation_level,
        restart_priority=dataplane.placement.restart_priority or now.restart_priority,
    )


def kept_problems(dataplane: Dataplane, path: str = "nfv_dataplane") -> tuple[Problem, ...]:
    """The features that a description must keep (placement.must_keep) but blocks itself."""
    verdicts = judge_features(as_described(dataplane), cluster_as_described(dataplane))
    return tuple(
        Problem(
            f"{path}.placement.must_keep",
            f"names {verdict.feature}, which {reason.setting} blocks: {reason.text}",
            ErrorCode.FEATURE_BLOCKED,
        )
        for verdict in verdicts
        if verdict.feature in dataplane.placement.must_keep
        for reason in verdict.blocking
    )


def refuse_blocked(name: str, verdicts: t.Iterable[FeatureVerdict], must_keep: t.Collection[str]) -> None:
    """Raises NfvError (feature_blocked) when a feature that the VM must keep is blocked."""
    blocked = [
        f"{verdict.feature} is blocked by {reason.setting}: {reason.text}"
        for verdict in verdicts
        if verdict.feature in must_keep
        for reason in verdict.blocking
    ]
    if blocked:
        raise NfvError(
            ErrorCode.FEATURE_BLOCKED,
            name,
            f"it must keep {', '.join(must_keep)}, but {'; '.join(blocked)}",
            "Nothing was changed. Change the setting, or remove the feature from must_keep",
        )


def verdicts_as_data(verdicts: t.Iterable[FeatureVerdict]) -> dict[str, t.Any]:
    """The verdicts by feature, as plain data."""
    return {
        each.feature: {
            "verdict": each.verdict,
            "reasons": [
                {
                    "verdict": reason.verdict,
                    "setting": reason.setting,
                    "text": reason.text,
                    "source": reason.source,
                }
                for reason in each.reasons
            ],
        }
        for each in verdicts
    }
