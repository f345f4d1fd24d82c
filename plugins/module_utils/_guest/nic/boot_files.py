# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What binds the adapters at boot: a unit, its program, and the list of adapters. Pure.

driverctl's overrides, which somebody may have made for these devices, go by PCI address alone: where slots have
shifted they take whatever adapter stands there, the management adapter as well. This unit looks at the MAC address,
too, and leaves with the kernel what is in doubt.
"""

from __future__ import annotations

import functools
import pkgutil
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import (
    RemoveFile,
    RunCommand,
    Step,
    WriteFile,
)

from . import bind_at_boot
from .record import BindingRecord, BoundAdapter, format_record

MODULES_LOAD = "/etc/modules-load.d/nfv-vsphere-dpdk.conf"
MODPROBE = "/etc/modprobe.d/nfv-vsphere-dpdk.conf"
OVERRIDES = "/etc/driverctl.d"
UNIT = "nfv-dpdk-bind.service"
UNIT_FILE = f"/etc/systemd/system/{UNIT}"
ENABLED = f"/etc/systemd/system/sysinit.target.wants/{UNIT}"
ADAPTERS = "/etc/nfv-vsphere-dpdk/bind-at-boot.json"
PROGRAM = "/usr/lib/nfv-vsphere-dpdk/bind_at_boot.py"
# Before anything gives an interface an address: what has one is left alone. The kernel's driver shows the MAC address.
_UNIT_TEXT = f"""\
# Managed by the Ansible collection nfv.vsphere_dpdk.
[Unit]
Description=Data-plane adapters to their DPDK drivers
DefaultDependencies=no
After=systemd-modules-load.service local-fs.target
Before=network-pre.target cloud-init-local.service sysinit.target shutdown.target
Wants=network-pre.target
Conflicts=shutdown.target
ConditionPathExists={ADAPTERS}

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/python3 {PROGRAM} {ADAPTERS}
TimeoutStartSec=300

[Install]
WantedBy=sysinit.target
"""


def override_file(pci_address: str) -> str:
    """Where driverctl keeps a device's driver."""
    return f"{OVERRIDES}/pci-{pci_address}"


def managed_files(pci_addresses: t.Iterable[str]) -> tuple[str, ...]:
    """Every file that a plan may write or remove, except the record."""
    overrides = (override_file(address) for address in pci_addresses)
    return (MODULES_LOAD, MODPROBE, ADAPTERS, PROGRAM, UNIT_FILE, *overrides)


@functools.cache
def program() -> str:
    """Source of the program that the unit runs, from a folder or from the zip file that Ansible sends."""
    source = pkgutil.get_data(bind_at_boot.__name__, "bind_at_boot.py")
    if source is None:
        raise AssertionError("the collection lacks bind_at_boot.py")
    return source.decode()


def file_steps(path: str, content: str | None, files: t.Mapping[str, str]) -> list[Step]:
    """What gives a file its content, None for no file; nothing where it has it."""
    if files.get(path) == content:
        return []
    return [RemoveFile(path) if content is None else WriteFile(path, content)]


def override_steps(record: BindingRecord, adapters: t.Iterable[BoundAdapter], files: t.Mapping[str, str]) -> list[Step]:
    """What removes driverctl's overrides of these devices."""
    addresses = sorted({entry.pci_address for entry in (*record.adapters, *adapters)})
    return [step for address in addresses for step in file_steps(override_file(address), None, files)]


def enabling_steps(adapters: t.Iterable[BoundAdapter], files: t.Mapping[str, str], *, enabled: bool) -> list[Step]:
    """What binds these adapters at every boot. The list comes before the unit, and both after the bindings."""
    steps = [
        *file_steps(PROGRAM, program(), files),
        *file_steps(ADAPTERS, format_record(adapters, None), files),
        *file_steps(UNIT_FILE, _UNIT_TEXT, files),
    ]
    return steps if enabled else [*steps, _systemctl("enable", UNIT)]


def disabling_steps(files: t.Mapping[str, str], *, enabled: bool) -> list[Step]:
    """What leaves every adapter with the kernel at boot, and no file behind."""
    return [
        *([_systemctl("disable", UNIT)] if enabled else []),
        *(step for path in (UNIT_FILE, ADAPTERS, PROGRAM) for step in file_steps(path, None, files)),
    ]


def _systemctl(*arguments: str) -> RunCommand:
    remedy = f"Look at systemctl status {UNIT}, and run this again."
    return RunCommand(("systemctl", *arguments), ErrorCode.UNIT_FAILED, remedy)
