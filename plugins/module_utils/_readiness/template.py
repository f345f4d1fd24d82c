# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a template must be for the VMs that are made from it. Pure."""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.desired import desired_settings
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import (
    CONVERTIBLE,
    POWERED_OFF,
    VMXNET3,
    VmState,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.preconditions import hardware_needs
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import ALL

from .row import Row, Subject

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Dataplane

# vim.vm.GuestOsDescriptor.GuestOsIdentifier: 64-bit Linux systems have names such as debian12_64Guest, rhel9_64Guest,
# ubuntu64Guest and other6xLinux64Guest.
_LINUX_64 = re.compile(
    r"(almalinux|amazonlinux|asianux|centos|coreos|debian|fedora|mandrake|mandriva|opensuse|oracleLinux|other[0-9x]*Linux"
    r"|rhel|rockylinux|sles|sld|suse|turboLinux|ubuntu|vmwarePhoton)[0-9]*_?64Guest"
)
_OTHER_SYSTEM = re.compile(r"win|darwin|freebsd|solaris|os2|netware|dos|vmkernel|openServer|unixWare|eComStation")
# vim.vm.device.VirtualDiskOption.DiskMode: what is written to such a disk is gone at the next power-off.
_LOST_AT_POWER_OFF: t.Final = ("independent_nonpersistent", "nonpersistent", "undoable")
_TOOLS_MISSING: t.Final = "guestToolsNotInstalled"
_TOOLS_BLOCKED: t.Final = "guestToolsBlacklisted"


@dataclasses.dataclass(frozen=True)
class Disk:
    """A virtual disk."""

    label: str
    """vSphere's label, such as ``Hard disk 1``."""
    size_mb: int
    """Its capacity in MiB."""
    controller: str
    """Type of the controller that it is on, such as ``pvscsi``; empty when vSphere does not say."""
    thin: bool | None = None
    """Whether its space is allocated as it is written; None when vSphere does not say."""
    mode: str = "persistent"
    """vim.vm.device.VirtualDiskOption.DiskMode."""


@dataclasses.dataclass(frozen=True)
class TemplateFacts:
    """A template as vCenter has it. None: vCenter does not report it."""

    name: str
    """Its name."""
    problem: NfvError | None = None
    """Why it could not be read, or that there is none or more than one; the other fields then tell nothing."""
    template: bool = False
    """Whether it is a template, and not a VM."""
    tools: str | None = None
    """guest.toolsVersionStatus2, such as ``guestToolsUnmanaged`` for open-vm-tools."""
    tools_type: str | None = None
    """config.tools.toolsInstallType, such as ``guestToolsTypeOpenVMTools``."""
    firmware: str | None = None
    """``bios`` or ``efi``."""
    secure_boot: bool | None = None
    """Whether EFI starts signed systems only (config.bootOptions.efiSecureBootEnabled)."""
    hardware: int | None = None
    """Version of its virtual hardware: 20 of ``vmx-20``."""
    guest_id: str | None = None
    """config.guestId, such as ``debian12_64Guest``."""
    disks: tuple[Disk, ...] = ()
    """Its disks."""
    adapters: tuple[tuple[str, str], ...] = ()
    """Label and type of each network adapter, in the order of their keys; types as in ``_plan.vm.model``."""
    snapshots: int = 0
    """Number of its snapshots; a clone has the current state and none of them."""


@dataclasses.dataclass(frozen=True)
class TemplateAsked:
    """What is made from a template."""

    dataplanes: t.Mapping[str, Dataplane]
    """The descriptions of the VMs by their names."""
    hardware_upgrade: bool = False
    """Whether role vm_hardware may upgrade the virtual hardware (``vm_hardware_upgrade``)."""
    management_found: bool = False
    """Whether the guest is known to find its management adapter after the conversion (docs/first_boot.md)."""
    api_version: str | None = None
    """The negotiated API version, such as ``8.0.3.0``; None when it does not matter."""


def template_rows(facts: TemplateFacts, asked: TemplateAsked) -> tuple[Row, ...]:
    """The rows of one template, in the order in which one would mend them; the same rows whatever is seen."""
    if facts.problem is not None:
        return _unreadable(facts.name, facts.problem)
    return (
        _kind(facts),
        _guest_id(facts),
        _tools(facts),
        _hardware(facts, asked),
        _firmware(facts, asked),
        _secure_boot(facts, asked),
        _disk(facts),
        _adapters(facts),
        _management_adapter(facts, asked),
    )


#: What is looked at, with what must be true; see _unreadable.
_CHECKS: t.Final[t.Mapping[str, str]] = {
    "template": "one template of this name",
    "guest_id": "a 64-bit Linux",
    "tools": "VMware Tools or open-vm-tools",
    "hardware_version": "what the descriptions need",
    "firmware": "what the descriptions need",
    "secure_boot": "off, or iommu: true",
    "disk": "a disk that keeps what is written",
    "adapters": "VMXNET3, or a type that is converted to it",
    "management_adapter": "the guest finds it after E1000 -> VMXNET3",
}


def _unreadable(name: str, problem: NfvError) -> tuple[Row, ...]:
    """Every row as unknown; the first one says that there is no such template where vCenter was asked and has none."""
    missing = problem.error_code is ErrorCode.TEMPLATE_NOT_FOUND
    rows = []
    for check, asked in _CHECKS.items():
        make = Row.not_ready if missing and check == "template" else Row.unknown
        seen = problem.attempted
        rows.append(make(Subject.TEMPLATE, name, check, asked, seen, code=problem.error_code, remedy=problem.remedy))
    return tuple(rows)


def _row(facts: TemplateFacts, check: str, seen: str) -> Row:
    return Row.ready(Subject.TEMPLATE, facts.name, check, _CHECKS[check], seen)


def _refused(facts: TemplateFacts, check: str, seen: str, code: ErrorCode, remedy: str, asked: str = "") -> Row:
    asked = asked or _CHECKS[check]
    return Row.not_ready(Subject.TEMPLATE, facts.name, check, asked, seen, code=code, remedy=remedy)


def _untold(facts: TemplateFacts, check: str, seen: str, remedy: str) -> Row:
    return Row.unknown(
        Subject.TEMPLATE,
        facts.name,
        check,
        _CHECKS[check],
        seen,
        code=ErrorCode.READINESS_UNKNOWN,
        remedy=remedy,
    )


_MAY_NOT_READ: t.Final = "Give the user the privilege System.Read on the template, or look at it in vSphere."


def _kind(facts: TemplateFacts) -> Row:
    if facts.template:
        return _row(facts, "template", "a template")
    return _refused(
        facts,
        "template",
        "a VM, and no template",
        ErrorCode.TEMPLATE_NOT_FOUND,
        "Shut it down and mark it as a template, or name another one (vsphere_template).",
    )


def _guest_id(facts: TemplateFacts) -> Row:
    if facts.guest_id is None:
        return _untold(facts, "guest_id", "vCenter does not report it", _MAY_NOT_READ)
    if _LINUX_64.fullmatch(facts.guest_id):
        return _row(facts, "guest_id", facts.guest_id)
    remedy = "Correct Guest OS in its settings: vSphere offers devices and refuses settings by it."
    if facts.guest_id.endswith("64Guest") and not _OTHER_SYSTEM.match(facts.guest_id):
        return _untold(facts, "guest_id", f"{facts.guest_id} is not known here", remedy)
    return _refused(facts, "guest_id", facts.guest_id, ErrorCode.GUEST_ID_UNSUITABLE, remedy)


def _tools(facts: TemplateFacts) -> Row:
    kind = {
        "guestToolsTypeOpenVMTools": "open-vm-tools",
        "guestToolsTypeOSP": "VMware Tools (OSP)",
        "guestToolsTypeTar": "VMware Tools (tar)",
        "guestToolsTypeMSI": "VMware Tools (MSI)",
    }.get(facts.tools_type or "", facts.tools_type or "type not reported")
    if facts.tools is None:
        return _untold(facts, "tools", "vCenter does not report them", _MAY_NOT_READ)
    if facts.tools == _TOOLS_MISSING:
        return _refused(
            facts,
            "tools",
            "vCenter has seen none",
            ErrorCode.TOOLS_MISSING,
            "Install open-vm-tools in it; without them vCenter tells no address. If they are installed, start a VM of"
            " it once and make the template anew: vCenter learns of them when they run.",
        )
    if facts.tools == _TOOLS_BLOCKED:
        return _refused(
            facts,
            "tools",
            f"{kind}, a release with a known defect ({facts.tools})",
            ErrorCode.TOOLS_MISSING,
            "Upgrade them in the template.",
        )
    return _row(facts, "tools", f"{kind} ({facts.tools})")


def _hardware(facts: TemplateFacts, asked: TemplateAsked) -> Row:
    if facts.hardware is None:
        return _untold(facts, "hardware_version", "vCenter does not report it", _MAY_NOT_READ)
    needs = {
        f"{name}: {setting}": version
        for name, dataplane in asked.dataplanes.items()
        for setting, version in _needs(facts, asked, name, dataplane).items()
    }
    newest = max(needs.values(), default=0)
    wanted = f"version {newest} or newer" if newest else "any version"
    seen = f"version {facts.hardware}"
    if newest <= facts.hardware:
        return dataclasses.replace(_row(facts, "hardware_version", seen), asked=wanted)
    what = ", ".join(f"{setting} needs {version}" for setting, version in needs.items() if version > facts.hardware)
    if asked.hardware_upgrade:
        return dataclasses.replace(
            _row(facts, "hardware_version", f"{seen}; role vm_hardware upgrades each VM ({what})"), asked=wanted
        )
    return _refused(
        facts,
        "hardware_version",
        f"{seen}, and {what}",
        ErrorCode.HARDWARE_VERSION_OLD,
        "Upgrade the template's compatibility, allow the VMs' upgrade (vm_hardware_upgrade, which is for good), or"
        " leave those settings out.",
        wanted,
    )


def _needs(facts: TemplateFacts, asked: TemplateAsked, name: str, dataplane: Dataplane) -> dict[str, int]:
    """The oldest virtual hardware that each setting of a description needs, for a VM as the template makes it."""
    state = VmState(
        name=name,
        moid="",
        uuid="",
        change_version="",
        power_state=POWERED_OFF,
        template=False,
        host=None,
        host_mhz=None,
        host_latency_sensitivity=False,
        settings={},
        adapters=(),
        api_version=asked.api_version,
    )
    hardware = None if asked.hardware_upgrade else facts.hardware
    return hardware_needs(dataplane, desired_settings(dataplane, state, hardware), state, ALL)


def _firmware(facts: TemplateFacts, asked: TemplateAsked) -> Row:
    if facts.firmware is None:
        return _untold(facts, "firmware", "vCenter does not report it", _MAY_NOT_READ)
    needing = [
        f"{name}: adapters.{adapter.name}.numa_node"
        for name, dataplane in asked.dataplanes.items()
        for adapter in dataplane.adapters
        if adapter.numa_node is not None
    ]
    if not needing:
        return dataclasses.replace(_row(facts, "firmware", facts.firmware), asked="bios or efi")
    if facts.firmware == "efi":
        return dataclasses.replace(_row(facts, "firmware", facts.firmware), asked="efi")
    return _refused(
        facts,
        "firmware",
        f"{facts.firmware}, and {', '.join(needing)} needs efi",
        ErrorCode.FIRMWARE_UNSUITABLE,
        "Make a template that is installed with EFI (an installed guest does not boot after a switch), or leave"
        " numa_node out.",
        "efi",
    )


def _secure_boot(facts: TemplateFacts, asked: TemplateAsked) -> Row:
    """Under Secure Boot kernels are locked down: userspace reaches a device through an IOMMU only (see guest.py)."""
    if facts.secure_boot is None:
        return _untold(facts, "secure_boot", "vCenter does not report it", _MAY_NOT_READ)
    without = [
        name
        for name, dataplane in asked.dataplanes.items()
        if not dataplane.iommu and any(adapter.driver == "pmd" for adapter in dataplane.adapters)
    ]
    if not facts.secure_boot or facts.firmware != "efi" or not without:
        return _row(facts, "secure_boot", "on" if facts.secure_boot else "off")
    return _refused(
        facts,
        "secure_boot",
        f"on, and {', '.join(without)} has no iommu: true",
        ErrorCode.KERNEL_LOCKED_DOWN,
        "Describe iommu: true, so that vfio-pci takes the adapters; or turn Secure Boot off in the template.",
    )


def _disk(facts: TemplateFacts) -> Row:
    if not facts.disks:
        return _refused(
            facts,
            "disk",
            "no disk",
            ErrorCode.DISK_UNSUITABLE,
            "Give the template the disk that its system is installed on.",
        )
    lost = [disk.label for disk in facts.disks if disk.mode in _LOST_AT_POWER_OFF]
    seen = ", ".join(_shown(disk) for disk in facts.disks)
    if facts.snapshots:
        seen += f"; snapshots: {facts.snapshots}, of which a clone has none"
    if lost:
        return _refused(
            facts,
            "disk",
            seen,
            ErrorCode.DISK_UNSUITABLE,
            f"Set {', '.join(lost)} to mode persistent: a power cycle would undo all that is installed and set.",
        )
    return _row(facts, "disk", seen)


def _shown(disk: Disk) -> str:
    thickness = {None: "", True: ", thin", False: ", thick"}[disk.thin]
    mode = "" if disk.mode == "persistent" else f", {disk.mode}"
    controller = disk.controller or "a controller not reported"
    return f"{disk.label}: {disk.size_mb / 1024:g} GiB on {controller}{thickness}{mode}"


def _adapters(facts: TemplateFacts) -> Row:
    seen = ", ".join(f"{label}: {kind}" for label, kind in facts.adapters) or "none: role vm_hardware adds them"
    foreign = [label for label, kind in facts.adapters if kind not in (VMXNET3, *CONVERTIBLE)]
    if foreign:
        return _refused(
            facts,
            "adapters",
            seen,
            ErrorCode.ADAPTER_NOT_CONVERTIBLE,
            f"Remove {', '.join(foreign)} from the template.",
        )
    return _row(facts, "adapters", seen)


def _management_adapter(facts: TemplateFacts, asked: TemplateAsked) -> Row:
    """A converted adapter is on another PCI slot, so that Linux names its interface anew (ens33 becomes ens192)."""
    converted = ", ".join(f"{label}: {kind}" for label, kind in facts.adapters if kind != VMXNET3)
    if not converted:
        return _row(facts, "management_adapter", "no adapter is converted, so that no interface is renamed")
    if asked.management_found:
        return _row(facts, "management_adapter", f"{converted} is converted; configured by nfv_guest or said so")
    return _untold(
        facts,
        "management_adapter",
        f"{converted} becomes VMXNET3, and the guest's interface gets another name, such as ens192 for ens33; vCenter"
        " does not tell how the guest finds it",
        "Give the template VMXNET3 adapters; or describe nfv_guest; or let the template find it in one of the ways of"
        " docs/first_boot.md, and set nfv_template_management_found.",
    )
