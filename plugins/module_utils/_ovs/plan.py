# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plans the steps from Open vSwitch as it is to its desired configuration. Pure."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import (
    Plan,
    RemoveFile,
    RunCommand,
    Step,
    WriteFile,
)

from .model import SwitchConfiguration, needs_restart, transaction
from .observe import DPDK_BUILD, PENDING, RECORD

if t.TYPE_CHECKING:
    from .observe import ObservedSwitch

LOG = "/var/log/openvswitch/ovs-vswitchd.log"
# netdev_gtpu_push_header() of OVS up to 3.1.x writes the GTP-U length after it has computed the UDP checksum over it.
FIRST_WITH_RIGHT_CHECKSUM = (3, 2)


def require_dpdk(observed: ObservedSwitch) -> None:
    """Raises NfvError ``ovs_missing`` or ``ovs_without_dpdk``."""
    remedy = "Install openvswitch-switch-dpdk."
    if observed.ovs_version is None:
        raise NfvError(ErrorCode.OVS_MISSING, "ovs-vsctl", "is not installed", remedy)
    if not observed.dpdk_build:
        raise NfvError(ErrorCode.OVS_WITHOUT_DPDK, "ovs-vswitchd", "was built without DPDK", remedy)


def plan(observed: ObservedSwitch, desired: SwitchConfiguration | None, restart: bool) -> Plan:
    """The steps to the desired configuration; with None to the settings from before this collection's first change.

    ``restart`` allows to restart ovs-vswitchd. Raises NfvError ``bridge_not_ours``, ``dpdk_not_initialized`` or
    ``port_failed``.
    """
    wanted = desired or SwitchConfiguration(_former_settings(observed), ())
    commands = transaction(observed.configuration, wanted)
    choice = _choose_build(observed, desired is not None)
    reasons = _restart_reasons(observed, wanted, choice)
    steps: list[Step] = []
    if desired is not None and observed.record is None:
        record = {"other_config": dict(observed.configuration.other_config)}
        steps.append(WriteFile(RECORD, json.dumps(record) + "\n"))
    steps += choice
    if commands and reasons:
        steps.append(WriteFile(PENDING, observed.process))
    if commands:
        steps.append(_transact(commands, wait=not reasons))
    if reasons and restart:
        steps += [_restart(), RemoveFile(PENDING)]
    if desired is None and observed.record is not None:
        steps.append(RemoveFile(RECORD))
    if desired is not None and not steps and not reasons:
        _require_health(observed, desired)
    return _reported(observed, wanted, tuple(steps), reasons, restart)


def _former_settings(observed: ObservedSwitch) -> dict[str, str]:
    """The settings from before the first change. The present ones stay without a record of a change, or without OVS."""
    if observed.record is None or observed.ovs_version is None:
        return dict(observed.configuration.other_config)
    return dict(observed.record["other_config"])


def _choose_build(observed: ObservedSwitch, dpdk: bool) -> list[Step]:
    """Chooses Debian's DPDK build of ovs-vswitchd, or lets update-alternatives choose again."""
    if observed.chosen is None or (observed.chosen == DPDK_BUILD) is dpdk or (not dpdk and observed.record is None):
        return []
    argv = ("--set", "ovs-vswitchd", DPDK_BUILD) if dpdk else ("--auto", "ovs-vswitchd")
    return [
        RunCommand(("update-alternatives", *argv), ErrorCode.OVS_ALTERNATIVE_FAILED, "Look at update-alternatives(1).")
    ]


def _restart_reasons(observed: ObservedSwitch, wanted: SwitchConfiguration, choice: t.Sequence[Step]) -> list[str]:
    if observed.ovs_version is None and not wanted.bridges:
        return []
    if not observed.process:
        return ["ovs-vswitchd does not run"]
    reasons = []
    if choice:
        reasons.append("another build of ovs-vswitchd is chosen")
    elif observed.chosen is not None and observed.program != observed.chosen:
        reasons.append(f"{observed.program} runs and {observed.chosen} is chosen")
    settings = needs_restart(observed.configuration.other_config, wanted.other_config)
    if settings:
        reasons.append(f"{', '.join(settings)} changes")
    if observed.pending == observed.process:
        reasons.append("ovs-vswitchd was not restarted after an earlier change")
    if wanted.other_config.get("dpdk-init") == "true" and not observed.initialized and not reasons:
        reasons.append("DPDK is not initialised")
    return reasons


def _transact(commands: t.Sequence[tuple[str, ...]], wait: bool) -> RunCommand:
    """All commands as one transaction. ``wait`` lets ovs-vsctl wait until ovs-vswitchd has applied the change."""
    argv = ["ovs-vsctl", "--timeout=60", *([] if wait else ["--no-wait"])]
    for number, command in enumerate(commands):
        argv += [*(["--"] if number else []), *command]
    return RunCommand(tuple(argv), ErrorCode.OVS_TRANSACTION_FAILED, f"Look at {LOG}.")


def _restart() -> RunCommand:
    return RunCommand(
        ("systemctl", "restart", "ovs-vswitchd.service"),
        ErrorCode.OVS_RESTART_FAILED,
        f"Look at journalctl -u ovs-vswitchd and {LOG}: DPDK needs free hugepages and bound devices.",
    )


def _require_health(observed: ObservedSwitch, desired: SwitchConfiguration) -> None:
    if not observed.initialized:
        raise NfvError(
            ErrorCode.DPDK_NOT_INITIALIZED, "ovs-vswitchd", "runs, but its DPDK is not initialised", f"See {LOG}."
        )
    for port in (port for bridge in desired.bridges for port in bridge.ports):
        if port.name in observed.errors:
            raise NfvError(
                ErrorCode.PORT_FAILED,
                port.name,
                f"OVS cannot use it: {observed.errors[port.name]}",
                f"Check that the device is bound to a userspace driver and that hugepages are free; see {LOG}.",
            )


def _reported(
    observed: ObservedSwitch, wanted: SwitchConfiguration, steps: tuple[Step, ...], reasons: list[str], restart: bool
) -> Plan:
    before, after = observed.configuration.shown(), wanted.shown()
    before["restart_needed"], after["restart_needed"] = reasons, [] if restart else reasons
    known_defects = defects(observed.ovs_version, wanted)
    warnings = list(known_defects)
    if wanted.bridges and not observed.installed:
        warnings.append("Open vSwitch with DPDK is not installed: this is what would change once it is")
    result: dict[str, t.Any] = {
        "installed": observed.installed,
        "restart_required": bool(reasons) and not restart,
        "restart_reasons": reasons,
        "ovs_version": observed.ovs_version,
        "dpdk_version": observed.dpdk_version,
        "dpdk_initialized": observed.initialized,
        "switch": observed.configuration.shown(),
        "defects": known_defects,
    }
    return Plan(steps, before, after, result, warnings=tuple(warnings))


def defects(ovs_version: str | None, configuration: SwitchConfiguration) -> list[str]:
    """The known defects of a version of OVS that affect such a configuration, one line each."""
    if ovs_version is None:
        return []
    version = tuple(int(part) for part in ovs_version.split(".")[:2] if part.isdigit())
    tunnels = any(port.kind == "gtpu" for bridge in configuration.bridges for port in bridge.ports)
    if not tunnels or version >= FIRST_WITH_RIGHT_CHECKSUM:
        return []
    defect = (
        f"OVS {ovs_version} writes a wrong outer UDP checksum into every G-PDU that it sends (right from 3.2): "
        "a peer that checks it, as Linux does, drops the whole downlink"
    )
    return [defect]
