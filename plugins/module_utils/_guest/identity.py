# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which machine this is: its UUID as the firmware shows it (DMI), which vSphere knows as the VM's ``config.uuid``.

SMBIOS 2.6 says that the first three fields of a UUID are little-endian, and earlier versions leave the order open (DMTF
DSP0134, "System - UUID"). One VM therefore shows its UUID in the order of ``config.uuid`` and another one in the
opposite order, and an upgrade of the virtual hardware can change it. The serial number of a VMware VM, ``VMware-42 0b
5e 3f ...``, always has the bytes in the order of ``config.uuid`` (kubernetes-sigs/vsphere-csi-driver#1637); an
administrator can replace it (``serialNumber.reflectHost``), and other hypervisors have none of that form.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t
import uuid

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

if t.TYPE_CHECKING:
    from .engine.tree import Tree

PRODUCT_UUID = "/sys/class/dmi/id/product_uuid"
PRODUCT_SERIAL = "/sys/class/dmi/id/product_serial"

_VMWARE_SERIAL = re.compile(r"VMware-((?:[0-9a-f]{2}[ -]?){16})", re.IGNORECASE)
# What firmware shows when nobody has set a UUID.
_UNSET = frozenset({uuid.UUID(int=0), uuid.UUID(int=2**128 - 1)})


@dataclasses.dataclass(frozen=True)
class MachineIdentity:
    """The UUID of a machine, as far as its firmware shows it."""

    product_uuid: str | None
    """That of DMI in canonical form, in whichever order the firmware has the bytes; None without one."""
    serial_uuid: str | None
    """The one in the serial number of a VMware VM, in the order of vSphere's ``config.uuid``; None without one."""

    @property
    def uuid(self) -> str | None:
        """The best that is known, to show or to record; None when the firmware shows none."""
        return self.serial_uuid or self.product_uuid

    def is_machine(self, other: str) -> bool:
        """Whether a UUID, of vSphere or one that was recorded earlier, is this machine's, in either order of bytes."""
        asked = _parsed(other)
        if asked is None:
            return False
        return any(
            own is not None and own in (str(asked), str(_swapped(asked)))
            for own in (self.product_uuid, self.serial_uuid)
        )


def read_identity(tree: Tree) -> MachineIdentity:
    """This machine's identity. Only root can read it; for others it is as if the firmware showed none."""
    product = _parsed(tree.value(PRODUCT_UUID) or "")
    serial = _VMWARE_SERIAL.fullmatch(tree.value(PRODUCT_SERIAL) or "")
    found = _parsed(re.sub("[ -]", "", serial.group(1))) if serial else None
    return MachineIdentity(None if product is None else str(product), None if found is None else str(found))


def require_machine(tree: Tree, name: str, vm_uuid: str, address: str) -> MachineIdentity:
    """This machine's identity, which must be that of the VM ``name`` with vSphere's ``config.uuid``.

    address: where the machine was reached, for the message.

    Raises NfvError: guest_identity_differs, and guest_identity_unknown when there is nothing to compare.
    """
    if _parsed(vm_uuid) is None:
        raise NfvError(
            ErrorCode.GUEST_IDENTITY_UNKNOWN,
            name,
            f"vCenter gave no BIOS UUID of it ({vm_uuid or 'empty'}) to compare with the machine at {address}",
            "Nothing was changed in it. Look whether the VM is accessible in vCenter, and run this again.",
        )
    found = read_identity(tree)
    if found.uuid is None:
        raise NfvError(
            ErrorCode.GUEST_IDENTITY_UNKNOWN,
            name,
            f"the machine at {address} shows no UUID in {PRODUCT_UUID} or {PRODUCT_SERIAL}, to compare with the VM's"
            f" {vm_uuid}",
            "Nothing was changed in it. Run as root (become): nobody else can read it.",
        )
    if not found.is_machine(vm_uuid):
        raise NfvError(
            ErrorCode.GUEST_IDENTITY_DIFFERS,
            name,
            f"the machine at {address} is another one: its DMI UUID is {found.uuid}, and the VM's is {vm_uuid}",
            "Nothing was changed in it. Look for an address that two machines have, and for an address, a jump host or"
            " a name of the inventory that leads elsewhere.",
        )
    return found


def _parsed(text: str) -> uuid.UUID | None:
    try:
        parsed = uuid.UUID(text.strip())
    except ValueError:
        return None
    return None if parsed in _UNSET else parsed


def _swapped(value: uuid.UUID) -> uuid.UUID:
    """The same bytes with the first three fields in the other order."""
    return uuid.UUID(bytes_le=value.bytes)
