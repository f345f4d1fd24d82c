# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads what the rows of readiness judge in a guest. Changes nothing; works without root, too."""

from __future__ import annotations

import dataclasses
import os
import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import parse_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest import tuning
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.boot import loader
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.boot.arguments import tokens
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.capabilities import cpu_flags, options_off
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.archives import read_archives
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.distribution import read_distribution
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.packages import (
    missing_packages,
    read_installed,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.machine import read_machine
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.memory.hugepages import (
    available_memory_kb,
    read_pools,
    total_memory_kb,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.checks import choose_driver
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.pci import Platform, read_platform
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._readiness.guest import GuestFacts, unlocked_drivers

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.dpdk.distribution import Distribution
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.model import BindingPolicy
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Dataplane

_EFI = "/sys/firmware/efi"
# The variable of the UEFI specification; in efivarfs its value follows 4 bytes of attributes.
_SECURE_BOOT = f"{_EFI}/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c"
_SECURITY = "/sys/kernel/security"
_MODULES_DISABLED = "/proc/sys/kernel/modules_disabled"
# That of any user without a question. It runs nothing and changes nothing but the log.
_SUDO = ("sudo", "-n", "true")

Found = t.TypeVar("Found")


@dataclasses.dataclass(frozen=True)
class NeededPackages:
    """The packages that roles install."""

    others: tuple[str, ...] = ()
    """Those besides DPDK's own; ``*`` in a name stands for any characters."""
    from_source: bool = False
    """Whether DPDK is built here, so that its build's and run time's packages are needed in place of its own."""


def read_guest(
    guest: Guest, dataplane: Dataplane | None, policy: BindingPolicy, needed: NeededPackages, scratch: str
) -> GuestFacts:
    """Looks at the guest. Raises nothing: what cannot be told is said in the facts.

    policy: what dpdk_bind would be allowed; scratch: a directory for what archives answer, which the caller removes.
    """
    distribution = _or_error(lambda: read_distribution(guest))
    missing = _missing(guest, distribution, needed)
    lockdown, platform = _lockdown(guest), _platform(guest, dataplane)
    kernel = _boot_loader(guest, dataplane)
    root, root_seen = _root(guest)
    total = total_memory_kb(guest)
    available = available_memory_kb(guest)
    unlocked = dataclasses.replace(platform, drivers=unlocked_drivers(platform.drivers, lockdown))
    return GuestFacts(
        machine=read_machine(),
        root=root,
        root_seen=root_seen,
        distribution=distribution if isinstance(distribution, NfvError) else distribution.name,
        packages_missing=missing,
        archives=_archives(guest, distribution, missing, scratch),
        boot_loader=kernel if isinstance(kernel, NfvError) else None,
        reboot_pending=bool(kernel) and not isinstance(kernel, NfvError),
        kernel=guest.value("/proc/sys/kernel/osrelease") or "",
        options_off=None if dataplane is None else options_off(guest, tuning.Tuning.of(dataplane).kernel_arguments),
        secure_boot=_secure_boot(guest),
        lockdown=lockdown,
        drivers=platform.drivers,
        driver=_choice(policy, platform),
        unlocked_driver=_choice(policy, unlocked),
        iommu=read_platform(guest).iommu,
        iommu_argument="intel_iommu=on" in tokens(guest.text("/proc/cmdline") or ""),
        cpu_flags=cpu_flags(guest),
        cpus=parse_cpu_list(guest.value("/sys/devices/system/cpu/present") or "") or None,
        nodes=_nodes(guest),
        memory_mb=total // 1024 if total else None,
        node_memory_mb=_node_memory(guest),
        available_mb=None if available is None else available // 1024,
        pools_mb=sum(pool.allocated * pool.size_kb for pool in read_pools(guest) if pool.node is None) // 1024,
    )


def _or_error(read: t.Callable[[], Found]) -> Found | NfvError:
    try:
        return read()
    except NfvError as error:
        return error


def _root(guest: Guest) -> tuple[bool, str]:
    """Whether this user is or becomes root, and how that was told."""
    if os.geteuid() == 0:
        user = os.environ.get("SUDO_USER")
        return True, f"root, by sudo of {user}" if user else "root"
    status, output, errors = guest.run(_SUDO)
    if status == 0:
        return True, "sudo asks for nothing"
    return False, f"{' '.join(_SUDO)}: {(errors or output).strip() or f'status {status}'}"


def _missing(guest: Guest, distribution: Distribution | NfvError, needed: NeededPackages) -> tuple[str, ...] | NfvError:
    if isinstance(distribution, NfvError):
        return distribution
    family = distribution.family
    own = (*family.runtime_packages, *family.build_packages) if needed.from_source else family.dpdk_packages
    wanted = [*own, *needed.others]
    return _or_error(lambda: missing_packages(wanted, read_installed(guest, family.package_manager)))


def _archives(
    guest: Guest, distribution: Distribution | NfvError, missing: tuple[str, ...] | NfvError, scratch: str
) -> dict[str, str] | NfvError | None:
    if isinstance(distribution, NfvError) or isinstance(missing, NfvError) or not missing:
        return None
    return _or_error(lambda: read_archives(guest, distribution.family.package_manager, scratch))


def _boot_loader(guest: Guest, dataplane: Dataplane | None) -> tuple[str, ...] | NfvError:
    """The kernel arguments that wait for a reboot, or why the boot loader does not take them."""
    if dataplane is None:
        return ()
    asked = tuning.Tuning.of(dataplane)
    kernel = _or_error(lambda: loader.plan(guest, asked.kernel_arguments, tuning.PRESENT))
    return kernel if isinstance(kernel, NfvError) else tuning.pending_arguments({"kernel": kernel}, asked)


def _platform(guest: Tree, dataplane: Dataplane | None) -> Platform:
    """The platform with the IOMMU of the description, and with drivers that may be loaded."""
    platform = read_platform(guest)
    drivers = platform.drivers
    if guest.value(_MODULES_DISABLED) == "1":
        drivers = tuple(name for name in drivers if guest.exists(f"/sys/module/{name.replace('-', '_')}"))
    described = dataplane is not None and bool(dataplane.iommu)
    return dataclasses.replace(platform, iommu=platform.iommu or described, drivers=drivers)


def _choice(policy: BindingPolicy, platform: Platform) -> str | NfvError:
    choice = _or_error(lambda: choose_driver(policy, platform))
    return choice if isinstance(choice, NfvError) else choice.driver


def _secure_boot(guest: Tree) -> bool | None:
    if not guest.exists(_EFI):
        return False
    variable = guest.text(_SECURE_BOOT)
    return None if variable is None or len(variable) != 5 else variable[4] == "\x01"


def _lockdown(guest: Tree) -> str | None:
    """The level in brackets, such as ``integrity`` of ``none [integrity] confidentiality``."""
    level = re.search(r"\[([a-z]+)\]", guest.value(f"{_SECURITY}/lockdown") or "")
    if level:
        return level.group(1)
    # The list of security modules is there as soon as securityfs is.
    return "absent" if guest.exists(f"{_SECURITY}/lsm") and not guest.exists(f"{_SECURITY}/lockdown") else None


def _nodes(guest: Tree) -> tuple[int, ...]:
    names = guest.names("/sys/devices/system/node")
    return tuple(sorted(int(name[4:]) for name in names if re.fullmatch(r"node[0-9]{1,4}", name)))


def _node_memory(guest: Tree) -> dict[int, int]:
    """MiB of each NUMA node; a line of its meminfo is "Node 0 MemTotal:  2012116 kB"."""
    found = {}
    for node in _nodes(guest):
        text = guest.text(f"/sys/devices/system/node/node{node}/meminfo") or ""
        total = re.search(r"^Node [0-9]+ MemTotal:\s+([0-9]{1,15}) kB$", text, re.MULTILINE)
        if total:
            found[node] = int(total.group(1)) // 1024
    return found
