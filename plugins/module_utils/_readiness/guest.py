# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a running guest must be before roles tune it, install DPDK and bind its adapters. Pure.

What the roles bring themselves is not asked for: kernel arguments, pools, packages that an archive has.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import format_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError, listed

from .machine import ClockAsked, MachineFacts, clock_row, python_row
from .row import Row, Subject

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Dataplane, HugepagePool

# Lockdown keeps programs from a device's registers in sysfs, which DPDK maps under the uio drivers (Linux:
# pci-sysfs.c, LOCKDOWN_PCI_ACCESS; DPDK's Linux guide, "Linux Drivers"). vfio-pci hands them over itself.
_LOCKED: t.Final = ("integrity", "confidentiality")
_LOCKED_OUT: t.Final = ("igb_uio", "uio_pci_generic")


def unlocked_drivers(drivers: t.Iterable[str], lockdown: str | None) -> tuple[str, ...]:
    """Those of the drivers through which a program can drive a device. lockdown: as in GuestFacts."""
    return tuple(driver for driver in drivers if lockdown not in _LOCKED or driver not in _LOCKED_OUT)


@dataclasses.dataclass(frozen=True)
class GuestFacts:
    """A running guest. None: it does not tell, or it could not be looked at."""

    machine: MachineFacts
    """Its Python and its clock."""
    root: bool
    """Whether the user of the connection is or can become root."""
    root_seen: str
    """How that was told."""
    distribution: str | NfvError
    """Its name for people, or why this collection knows none of its packages."""
    packages_missing: tuple[str, ...] | NfvError
    """The packages that are needed and not installed, or why that cannot be told."""
    archives: t.Mapping[str, str] | NfvError | None
    """The package manager's archives, each with why it does not answer, empty for one that does; or why the package
    manager did not work. None: not looked at, because no package is missing."""
    boot_loader: NfvError | None
    """Why the boot loader cannot be given kernel arguments, None when it can."""
    reboot_pending: bool
    """Whether kernel arguments of the description wait for a reboot, which also brings the pools."""
    kernel: str
    """Release of the running kernel."""
    options_off: tuple[str, ...] | None
    """The kernel's options that the description's kernel arguments need and that it was built without."""
    secure_boot: bool | None
    """Whether EFI started a signed system only."""
    lockdown: str | None
    """``none``, ``integrity`` or ``confidentiality`` (kernel_lockdown(7)); ``absent`` for a kernel without it."""
    drivers: tuple[str, ...]
    """The userspace drivers that the kernel has and may load."""
    driver: str | NfvError
    """The one of them that dpdk_bind takes, with the IOMMU of the description; or why it takes none."""
    unlocked_driver: str | NfvError
    """The same, less what lockdown forbids."""
    iommu: bool
    """Whether the kernel uses an IOMMU."""
    iommu_argument: bool
    """Whether the running kernel was told to use one."""
    cpu_flags: frozenset[str] | None
    """What the CPUs can do, by the names of /proc/cpuinfo."""
    cpus: tuple[int, ...] | None
    """The CPUs that are there."""
    nodes: tuple[int, ...]
    """The NUMA nodes; empty when the kernel shows none."""
    memory_mb: int | None
    """Memory that the kernel has, in MiB."""
    node_memory_mb: t.Mapping[int, int]
    """The same of each NUMA node that tells it."""
    available_mb: int | None
    """Memory that programs could still get, in MiB."""
    pools_mb: int
    """Memory in hugepage pools already, in MiB."""


@dataclasses.dataclass(frozen=True)
class GuestAsked:
    """What is asked of a guest."""

    name: str
    """The VM's name, for the rows."""
    dataplane: Dataplane | None = None
    """The description; None to look at the machine alone."""
    pending: frozenset[str] = frozenset()
    """Settings that the VM does not have yet and role vm_hardware will give it, as vm_dataplane_info names them."""
    clock: ClockAsked = dataclasses.field(default_factory=ClockAsked)
    """What is asked of its clock."""

    @property
    def polls(self) -> bool:
        """Whether an adapter is to be driven by a poll-mode driver."""
        return self.dataplane is not None and any(adapter.driver == "pmd" for adapter in self.dataplane.adapters)


def guest_rows(facts: GuestFacts, asked: GuestAsked) -> tuple[Row, ...]:
    """The rows of one guest, in the order in which one would mend them; the same rows whatever is seen."""
    machine = (Subject.GUEST, asked.name, facts.machine)
    return (
        python_row(*machine),
        _root(facts, asked),
        clock_row(*machine, asked.clock),
        _distribution(facts, asked),
        _packages(facts, asked),
        _boot_loader(facts, asked),
        _kernel_options(facts, asked),
        _driver(facts, asked),
        _lockdown(facts, asked),
        _iommu(facts, asked),
        _cpus(facts, asked),
        _page_sizes(facts, asked),
        _memory(facts, asked),
    )


def _ready(asked: GuestAsked, check: str, wanted: str, seen: str) -> Row:
    return Row.ready(Subject.GUEST, asked.name, check, wanted, seen)


def _not_asked(asked: GuestAsked, check: str, seen: str, remedy: str = "") -> Row:
    return dataclasses.replace(Row.not_asked(Subject.GUEST, asked.name, check, seen), remedy=remedy)


def _refused(asked: GuestAsked, check: str, wanted: str, error: NfvError, seen: str = "") -> Row:
    seen = seen or f"{error.subject}: {error.attempted}"
    return Row.not_ready(Subject.GUEST, asked.name, check, wanted, seen, code=error.error_code, remedy=error.remedy)


def _unknown(name: str, check: str, wanted: str, error: NfvError) -> Row:
    return Row.unknown(Subject.GUEST, name, check, wanted, error.attempted, code=error.error_code, remedy=error.remedy)


def _untold(asked: GuestAsked, check: str, wanted: str, seen: str, remedy: str) -> Row:
    return _unknown(asked.name, check, wanted, NfvError(ErrorCode.READINESS_UNKNOWN, asked.name, seen, remedy))


def _failing(asked: GuestAsked, check: str, wanted: str, seen: str, code: ErrorCode, remedy: str) -> Row:
    return _refused(asked, check, wanted, NfvError(code, asked.name, seen, remedy), seen)


def _root(facts: GuestFacts, asked: GuestAsked) -> Row:
    wanted = "root, or sudo without a question"
    if facts.root:
        return _ready(asked, "root", wanted, facts.root_seen)
    remedy = (
        "Let the user run sudo without a password, or give it in ansible_become_password; then run this with become."
    )
    return _failing(asked, "root", wanted, facts.root_seen, ErrorCode.ROOT_REFUSED, remedy)


def _distribution(facts: GuestFacts, asked: GuestAsked) -> Row:
    wanted = "Debian, Ubuntu or the RHEL family"
    if isinstance(facts.distribution, NfvError):
        return _refused(asked, "distribution", wanted, facts.distribution)
    return _ready(asked, "distribution", wanted, facts.distribution)


def _packages(facts: GuestFacts, asked: GuestAsked) -> Row:
    missing, archives = facts.packages_missing, facts.archives
    wanted = "what is needed is installed, or the archives answer"
    if isinstance(missing, NfvError):
        return _unknown(asked.name, "packages", wanted, missing)
    if not missing:
        return _ready(asked, "packages", wanted, "all are installed; the archives were not asked")
    needed = f"to install: {listed(missing, ', ')}"
    if isinstance(archives, NfvError):
        return _unknown(asked.name, "packages", wanted, archives)
    remedy = "Give the guest a route, a proxy or a mirror, or a template that has the packages (build_image)."
    if not archives:
        return _failing(
            asked, "packages", wanted, f"{needed}; no archive is configured", ErrorCode.PACKAGES_UNREACHABLE, remedy
        )
    silent = [f"{archive} ({why})" for archive, why in archives.items() if why]
    if silent:
        seen = f"{needed}; no answer from {listed(silent)}"
        return _failing(asked, "packages", wanted, seen, ErrorCode.PACKAGES_UNREACHABLE, remedy)
    return _ready(asked, "packages", wanted, f"{needed}; {listed(archives, ', ')} answer")


def _boot_loader(facts: GuestFacts, asked: GuestAsked) -> Row:
    if asked.dataplane is None:
        return _not_asked(asked, "boot_loader", "without a description there is no kernel argument to set")
    wanted = "takes the kernel arguments of the description"
    if facts.boot_loader is not None:
        return _refused(asked, "boot_loader", wanted, facts.boot_loader)
    return _ready(asked, "boot_loader", wanted, "a reboot is needed" if facts.reboot_pending else "no reboot is needed")


def _kernel_options(facts: GuestFacts, asked: GuestAsked) -> Row:
    if asked.dataplane is None or not asked.dataplane.cpu.polling:
        return _not_asked(asked, "kernel_options", f"kernel {facts.kernel}")
    wanted = "the kernel can isolate CPUs"
    remedy = "Install the distribution's general kernel (Debian: linux-image-amd64) and boot it."
    if facts.options_off is None:
        return _untold(asked, "kernel_options", wanted, f"/boot/config-{facts.kernel} cannot be read", remedy)
    if facts.options_off:
        seen = f"kernel {facts.kernel} was built without {', '.join(facts.options_off)}"
        return _failing(asked, "kernel_options", wanted, seen, ErrorCode.KERNEL_OPTION_MISSING, remedy)
    return _ready(asked, "kernel_options", wanted, f"kernel {facts.kernel}")


def _driver(facts: GuestFacts, asked: GuestAsked) -> Row:
    has = f"the kernel has {', '.join(facts.drivers) or 'none'}"
    if not asked.polls:
        return _not_asked(asked, "driver", has)
    wanted = "a userspace driver for the polled adapters"
    if isinstance(facts.driver, NfvError):
        return _refused(asked, "driver", wanted, facts.driver)
    return _ready(asked, "driver", wanted, f"{facts.driver} ({has})")


def _lockdown(facts: GuestFacts, asked: GuestAsked) -> Row:
    booted = {None: "Secure Boot not reported", True: "Secure Boot on", False: "Secure Boot off"}[facts.secure_boot]
    seen = f"{booted}, lockdown {facts.lockdown or 'not reported'}"
    if not asked.polls:
        return _not_asked(asked, "lockdown", seen)
    wanted = "the kernel lets a program drive the polled adapters"
    if facts.lockdown is None:
        return _untold(
            asked, "lockdown", wanted, seen, "Mount securityfs (/sys/kernel/security) in the guest, and run this again."
        )
    if isinstance(facts.driver, str) and isinstance(facts.unlocked_driver, NfvError):
        return _failing(
            asked,
            "lockdown",
            wanted,
            f"{seen}: it keeps programs from devices under {facts.driver}",
            ErrorCode.KERNEL_LOCKED_DOWN,
            "Describe iommu: true, so that vfio-pci takes the adapters; or turn Secure Boot off for the VM.",
        )
    return _ready(asked, "lockdown", wanted, seen)


def _iommu(facts: GuestFacts, asked: GuestAsked) -> Row:
    seen = "the kernel uses one" if facts.iommu else "none"
    if asked.dataplane is None or not asked.dataplane.iommu:
        # Without an IOMMU and without igb_uio, a device may write to all of the guest's memory and needs INTx.
        last_resort = asked.polls and facts.driver == "uio_pci_generic"
        advice = "Recommended: iommu: true in the description, because only uio_pci_generic is left without."
        return _not_asked(asked, "iommu", seen, advice if last_resort else "")
    wanted = "an IOMMU (iommu: true)"
    if facts.iommu:
        return _ready(asked, "iommu", wanted, seen)
    if "iommu" in asked.pending:
        return _later(asked, "iommu", "role vm_hardware gives the VM one")
    if not facts.iommu_argument:
        return _later(asked, "iommu", "role guest_tuning gives the kernel intel_iommu=on")
    return _failing(
        asked,
        "iommu",
        wanted,
        "none, although the kernel was started with intel_iommu=on",
        ErrorCode.IOMMU_MISSING,
        "Power the VM off and on. If there is none then either, leave iommu out: uio_pci_generic needs none.",
    )


def _later(asked: GuestAsked, check: str, what: str) -> Row:
    """What a role brings, and looks at afterwards: nothing is asked of the guest before."""
    return _not_asked(asked, check, f"not yet: {what} first")


def _changes(asked: GuestAsked, *settings: str) -> str:
    """The pending ones of the settings of the VM."""
    return ", ".join(sorted(name for name in asked.pending if name.startswith(settings)))


def _cpus(facts: GuestFacts, asked: GuestAsked) -> Row:
    there = "not reported" if facts.cpus is None else format_cpu_list(facts.cpus)
    if asked.dataplane is None or not asked.dataplane.cpu.polling:
        return _not_asked(asked, "cpus", there)
    wanted = f"CPUs {format_cpu_list(asked.dataplane.cpu.polling)}"
    changes = _changes(asked, "cpu.count")
    if facts.cpus is None:
        return _untold(asked, "cpus", wanted, "/sys/devices/system/cpu/present cannot be read", "Look at the guest.")
    missing = set(asked.dataplane.cpu.polling) - set(facts.cpus)
    if missing and changes:
        return _later(asked, "cpus", f"role vm_hardware changes {changes}")
    if missing:
        remedy = "Give the VM the vCPUs of the description (role vm_hardware), or correct cpu.polling."
        return _failing(asked, "cpus", wanted, f"CPUs {there}", ErrorCode.CPUS_MISSING, remedy)
    return _ready(asked, "cpus", wanted, f"CPUs {there}")


def _page_sizes(facts: GuestFacts, asked: GuestAsked) -> Row:
    pools = asked.dataplane.memory.hugepages if asked.dataplane is not None else ()
    if not pools:
        return _not_asked(asked, "page_sizes", "no pool is described")
    wanted = ", ".join(
        dict.fromkeys(pool.size if pool.node is None else f"{pool.size} on node {pool.node}" for pool in pools)
    )
    if facts.cpu_flags is None:
        return _untold(asked, "page_sizes", wanted, "/proc/cpuinfo shows no flags", "Look at the guest.")
    missing = [] if "pdpe1gb" in facts.cpu_flags or all(pool.size != "1G" for pool in pools) else ["the flag pdpe1gb"]
    absent = sorted({pool.node for pool in pools if pool.node is not None} - set(facts.nodes))
    missing += [f"NUMA node {node}" for node in absent]
    changes = _changes(asked, "cpu.guest_1g_pages", "numa.", "cpu.count")
    if missing and changes:
        return _later(asked, "page_sizes", f"role vm_hardware changes {changes}")
    if missing:
        return _failing(
            asked,
            "page_sizes",
            wanted,
            f"lacks {', '.join(missing)}",
            ErrorCode.HUGEPAGE_SIZE_UNSUPPORTED,
            "Bring the VM to its description and power-cycle it (role vm_hardware); if it still lacks them, the host's"
            " CPU or the cluster's EVC mode does: describe pages of 2M.",
        )
    return _ready(asked, "page_sizes", wanted, f"the CPU has them; NUMA nodes {format_cpu_list(facts.nodes) or '0'}")


def _memory(facts: GuestFacts, asked: GuestAsked) -> Row:
    pools = asked.dataplane.memory.hugepages if asked.dataplane is not None else ()
    seen = f"{facts.memory_mb} MiB, {facts.available_mb} MiB of it available, {facts.pools_mb} MiB in pools"
    if not pools:
        return _not_asked(asked, "memory", seen)
    needed = sum(pool.amount_mb for pool in pools)
    wanted = f"{needed} MiB for pools, and some for Linux"
    if facts.memory_mb is None or facts.available_mb is None:
        return _untold(asked, "memory", wanted, "/proc/meminfo does not tell", "Look at the guest.")
    full = _full_nodes(facts, pools)
    seen += "".join(f"; NUMA node {node} has {facts.node_memory_mb[node]} MiB for {full[node]} MiB" for node in full)
    changes = _changes(asked, "memory.size_mb", *(["numa."] if full else []))
    short = needed >= facts.memory_mb or bool(full)
    later = facts.reboot_pending or needed - facts.pools_mb <= facts.available_mb
    if short and changes:
        return _later(asked, "memory", f"role vm_hardware changes {changes}")
    if short or not later:
        remedy = (
            "Ask for fewer, or give the VM the memory of the description (role vm_hardware)."
            if short
            else "Reboot the guest, which gives the pools their memory first; or end what uses it."
        )
        return _failing(asked, "memory", wanted, seen, ErrorCode.HUGEPAGES_SHORT, remedy)
    return _ready(asked, "memory", wanted, seen)


def _full_nodes(facts: GuestFacts, pools: t.Iterable[HugepagePool]) -> dict[int, int]:
    """The NUMA nodes that cannot hold their pools, with what is asked of each in MiB.

    A node that is not there is the row page_sizes' to tell.
    """
    asked: dict[int, int] = {}
    for pool in pools:
        if pool.node is not None:
            asked[pool.node] = asked.get(pool.node, 0) + pool.amount_mb
    return {node: amount for node, amount in asked.items() if amount >= facts.node_memory_mb.get(node, amount + 1)}
