# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What dpdk_application does: a DPDK application as a service that has started the ports of all its adapters."""

from __future__ import annotations

import dataclasses
import itertools
import time
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError, listed
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.sample import (
    Application,
    parse_devices,
    take_sample,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.application.files import parse_files
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.application.service import (
    DpdkService,
    check_names,
    check_program,
    plan_absent,
    plan_present,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.run import converge
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.derive import derive
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.eal import eal_arguments
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.parse import parse_dataplane

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import Plan

_SAMPLE_SECONDS = 2.0
_LAST_WORDS = 15


def run(module: AnsibleModule) -> None:
    """Ends the module: the application runs as its options say or is gone, or the module fails."""
    looks = itertools.count()
    converge(module, lambda guest: decide(guest, module.params, module.check_mode, first=next(looks) == 0))


def decide(guest: Guest, params: t.Mapping[str, t.Any], check_mode: bool, *, first: bool) -> Plan:
    """The plan for the module's options.

    first: whether this is the first look of a run. A later look does not start an application that has ended since: it
    fails with ports_not_started and the application's last words.
    Raises NfvError: unit_name_invalid, description_invalid, adapter_unknown, adapter_not_bound,
    memory_beyond_hugepages, file_invalid, file_foreign, value_not_allowed, program_missing, restart_required, and
    ports_not_started once nothing is left to change.
    """
    service = _service(params)
    check_names(service)
    if params["state"] == "absent":
        return plan_absent(guest, service)
    if not check_mode:
        # In check mode an earlier task may be the one that installs it.
        check_program(guest, service)
    plan = plan_present(guest, service, params["restart"], start=first)
    if not plan.changed and not check_mode:
        _wait_for_ports(guest, service, _own_devices(params), params["start_timeout"], _telemetry_remedy(params))
    return plan


def _service(params: t.Mapping[str, t.Any]) -> DpdkService:
    service = DpdkService(
        name=params["name"],
        file_prefix=params["file_prefix"] or params["name"],
        restart_policy=params["restart_policy"],
        restart_seconds=params["restart_seconds"],
    )
    if params["state"] == "absent":
        return service
    return dataclasses.replace(
        service, command=_command(params), files=parse_files(params["files"] or (), service.path)
    )


def _command(params: t.Mapping[str, t.Any]) -> tuple[str, ...]:
    eal = eal_arguments(
        _derived(params),
        params["devices"],
        params["file_prefix"] or params["name"],
        params["adapters"],
        params["memory_mb"],
    )
    if params["eal"] == "file":
        if params["eal_arguments"]:
            raise NfvError(
                ErrorCode.VALUE_NOT_ALLOWED,
                "eal_arguments",
                "has no effect with eal: file, where the application's own file has all of EAL's parameters",
                "Put them into that file, or use eal: arguments.",
            )
        return (params["program"], *params["arguments"])
    own = ["--", *params["arguments"]] if params["arguments"] else []
    return (params["program"], *eal, *params["eal_arguments"], *own)


def _derived(params: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
    dataplane, problems = parse_dataplane(params["dataplane"], "dataplane")
    if dataplane is None:
        raise NfvError(ErrorCode.DESCRIPTION_INVALID, "dataplane", listed(problems), "Nothing was changed.")
    return derive(dataplane)


def _own_devices(params: t.Mapping[str, t.Any]) -> list[t.Mapping[str, t.Any]]:
    """The devices of the adapters that the application gets."""
    names = params["adapters"]
    if names is None:
        names = [adapter["name"] for adapter in _derived(params)["pmd_adapters"]]
    return [device for device in params["devices"] if device["name"] in names]


def _wait_for_ports(
    guest: Guest, service: DpdkService, devices: t.Sequence[t.Mapping[str, t.Any]], seconds: float, remedy: str
) -> None:
    """Returns when the service's own process has started the ports of all devices.

    remedy: what to do when its telemetry does not answer. Raises NfvError, ports_not_started, when the time is up.
    """
    wanted = parse_devices(devices)
    deadline = time.monotonic() + seconds
    while True:
        left = deadline - time.monotonic()
        sample = take_sample(guest, Application("dpdk", service.file_prefix, service.unit), wanted, max(left, 0))
        process = sample["application"]
        started = {port["name"] for port in sample["ports"] if port["started"]}
        missing = [device.name for device in wanted if device.pci_address not in started]
        if not missing and process["pid"] is not None and process["pid"] == process["telemetry_pid"]:
            return
        if left <= 0:
            problem = sample["problems"].get("telemetry")
            raise _not_started(guest, service, missing, seconds, problem, remedy if problem else "")
        # Until its telemetry answers there is nothing that take_sample could wait for.
        time.sleep(_SAMPLE_SECONDS)


def _telemetry_remedy(params: t.Mapping[str, t.Any]) -> str:
    if params["eal"] != "file":
        return ""
    prefix = params["file_prefix"] or params["name"]
    return f"The application's own file must give EAL the file prefix '{prefix}', and must not turn telemetry off."


def _not_started(
    guest: Guest, service: DpdkService, missing: t.Sequence[str], seconds: float, problem: str | None, remedy: str
) -> NfvError:
    journal = ("journalctl", "--unit", service.unit, "--lines", str(_LAST_WORDS), "--no-pager", "--output", "cat")
    _status, words, _errors = guest.run(journal)
    return NfvError(
        ErrorCode.PORTS_NOT_STARTED,
        service.unit,
        f"has not started the ports of {', '.join(missing) or 'its adapters in its own process'} in {seconds:g} s"
        f" ({problem or 'its telemetry answers'}); its last words: {' / '.join(words.splitlines())}",
        remedy,
    )
