# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A VM's guestinfo as it is, and what a plan does to it."""

from __future__ import annotations

import dataclasses
import typing as t

METADATA: t.Final = "guestinfo.metadata"
USERDATA: t.Final = "guestinfo.userdata"
ENCODING: t.Final = ".encoding"
HOST_KEYS: t.Final = "guestinfo.nfv.hostkeys"
"""Where the guest says which host keys it has made: its instance ID, a space, and public keys, each before a comma."""
KEYS: t.Final = (METADATA, METADATA + ENCODING, USERDATA, USERDATA + ENCODING, HOST_KEYS)


@dataclasses.dataclass(frozen=True)
class FirstBootState:
    """A VM, as far as its first boot is concerned."""

    name: str
    """Its name in vCenter."""
    uuid: str
    """Its BIOS UUID."""
    power_state: str
    """vim.VirtualMachine.PowerState."""
    template: bool
    """Whether it is a template."""
    mac: str | None
    """MAC address of the management adapter; None while the VM has no such adapter, or vSphere has given it none."""
    guestinfo: t.Mapping[str, str]
    """Its settings of KEYS; those that are empty or not there are left out."""
    change_version: str = ""
    """The configuration that was read (config.changeVersion); empty when only the guest's answer was followed."""

    @property
    def instance_id(self) -> str:
        """What cloud-init knows the VM by: with another one it takes a boot for the first."""
        return self.uuid.lower()


@dataclasses.dataclass(frozen=True)
class Documents:
    """What cloud-init reads."""

    metadata: t.Mapping[str, t.Any]
    """Instance ID, host name and network."""
    userdata: t.Mapping[str, t.Any]
    """Everything else, as #cloud-config."""


@dataclasses.dataclass(frozen=True)
class FirstBootPlan:
    """What is to be written to a VM's guestinfo; nothing is written when it is empty."""

    name: str
    """The VM."""
    settings: t.Mapping[str, str | None]
    """Values by key; None removes the key."""
    before: t.Mapping[str, t.Any]
    """The documents that the VM has, for the diff; empty for none, or for somebody else's that are no JSON."""
    after: t.Mapping[str, t.Any]
    """The documents that it will have."""

    def __bool__(self) -> bool:
        return bool(self.settings)
