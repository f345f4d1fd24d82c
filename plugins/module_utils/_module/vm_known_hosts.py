# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the module vm_known_hosts does: learns guests' ssh host keys through vCenter, and writes a known_hosts file."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import pathlib
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError, joined
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.first_boot.host_keys import (
    host_keys,
    with_host_keys,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.first_boot.model import HOST_KEYS
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client, Connection
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.faults import typed_errors
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.guestinfo import wait_for_host_keys
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.inventory import read_names

from ._vm_requests import find_vm, read_requests, vm_not_found
from ._vsphere_run import run_change
from .vm_first_boot import read_guests

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.first_boot.host_keys import HostKeys
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.first_boot.model import FirstBootState


def run(module: AnsibleModule) -> None:
    """Runs the module and exits."""
    run_change(module, learn)


def learn(params: t.Mapping[str, t.Any], connection: Connection, check_mode: bool) -> dict[str, t.Any]:
    """Waits for the host keys, and writes the file if it lacks any. In check mode nothing is waited for or written.

    Raises NfvError: host_keys_missing, host_keys_malformed, known_hosts_unusable, and those of looking VMs up.
    """
    requests = read_requests(params["vms"], None, needed=False)
    guests = read_guests(params["vms"])
    path = pathlib.Path(params["path"])
    before = _text(path)
    with (
        Client.open(connection, closed_for_writes=True) as client,
        typed_errors(connection.hostname, "failed to read the VMs"),
    ):
        inventory = read_names(client, params["datacenter"], with_uuids=any(each.by == "uuid" for each in requests))
        names = {}
        for request, guest in zip(requests, guests):
            managed = find_vm(request, inventory)
            if managed is None:
                raise vm_not_found(request, params["datacenter"])
            addresses = tuple(str(ipaddress.ip_interface(each).ip) for each in guest.addresses)
            names[managed._moId] = (managed, addresses)
        machines = [managed for managed, _addresses in names.values()]
        # In check mode they are looked at once.
        states = wait_for_host_keys(client, machines, 1 if check_mode else params["timeout"])
    keys = _keys_of(states, params["timeout"], check_mode)
    learned = {(states[moid].name, *names[moid][1]): each for moid, each in keys.items()}
    after = with_host_keys(before, learned)
    if after != before and not check_mode:
        _write(path, after)
    return {
        "changed": after != before,
        "path": str(path),
        "diff": {"before_header": str(path), "after_header": str(path), "before": before, "after": after},
        "vms": {
            states[moid].name: {"moid": moid, "host_keys": [" ".join(key) for key in each]}
            for moid, each in keys.items()
        },
    }


def _keys_of(states: t.Mapping[str, FirstBootState], seconds: int, check_mode: bool) -> dict[str, HostKeys]:
    """The keys by moid; in check mode without those that a guest has not said yet."""
    found, errors = {}, []
    for moid, state in states.items():
        try:
            keys = host_keys(state)
        except NfvError as error:
            errors.append(error)
            continue
        if keys is not None:
            found[moid] = keys
        elif not check_mode:
            errors.append(_missing(state, seconds))
    if errors:
        raise joined(errors)
    return found


def _missing(state: FirstBootState, seconds: int) -> NfvError:
    return NfvError(
        ErrorCode.HOST_KEYS_MISSING,
        state.name,
        f"the guest has not said its ssh host keys in {HOST_KEYS} within {seconds} seconds; the VM is"
        f" {state.power_state}",
        "Look at its console and /var/log/cloud-init-output.log. The template needs cloud-init with the datasource"
        " VMware, and vmware-rpctool of open-vm-tools. The next run goes on from here",
    )


def _text(path: pathlib.Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, ValueError) as error:
        raise _unusable(path, "read", error) from error


def _write(path: pathlib.Path, text: str) -> None:
    """Replaces the file at once, so that no ssh reads half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, encoding="utf-8")
        temporary.chmod(0o644)
        temporary.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise _unusable(path, "write", error) from error


def _unusable(path: pathlib.Path, action: str, error: Exception) -> NfvError:
    return NfvError(
        ErrorCode.KNOWN_HOSTS_UNUSABLE,
        str(path),
        f"failed to {action} the file of ssh host keys: {error}",
        "Make it readable and writable for the user that runs Ansible, or set nfv_known_hosts to another path",
    )
