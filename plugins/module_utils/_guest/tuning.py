# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A guest's whole tuning: what its description asks for, what runs, and the plan that leads from one to the other.

Kernel arguments, hugepage pools and their mounts, transparent hugepages, tuned and irqbalance each have a module of
their own in this package; here they become one plan.
"""

from __future__ import annotations

import dataclasses
import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.boot import last_reboot, loader
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.capabilities import require_capable
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import Plan
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.isolation import cpus, irqbalance, tuned
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.memory import (
    hugepages,
    mounts,
    transparent_hugepages,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.memory.hugepages import Pool
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.derive import kernel_arguments
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.model import Dataplane

PRESENT: t.Final = "present"
ABSENT: t.Final = "absent"
NEVER: t.Final = "never"
LATER: t.Final = "later"
WHEN_NEEDED: t.Final = "when_needed"
_GIB_KB: t.Final = 1048576
# Arguments that can also take effect at run time: pools of pages below 1 GiB.
_RESIZABLE = re.compile(r"hugepages(=|z=[0-9]+[KM]$)")
# Linux takes NODE:COUNT for hugepages= since this release (admin guide, hugetlbpage).
_NODE_POOLS_SINCE = (5, 16)
_NOTHING = Plan((), {}, {}, {})


@dataclasses.dataclass(frozen=True)
class Tuning:
    """What a description asks of its guest."""

    kernel_arguments: t.Mapping[str, t.Any]
    """Kernel arguments as ``_spec.derive.kernel_arguments`` gives them."""
    pools: tuple[Pool, ...]
    """Hugepage pools, of the machine or of each NUMA node."""
    mounted_sizes: tuple[str, ...]
    """Page sizes such as ``1G`` that need a mount; systemd mounts the default size itself."""
    transparent_hugepages: str | None
    """Mode of transparent hugepages, None to leave it alone."""
    polling_cpus: str
    """CPUs that poll, as a list such as ``2-3``; empty when none does."""
    manages_tuned: bool = True
    """Whether tuned is given a profile; otherwise it is neither changed nor looked at."""

    @classmethod
    def of(cls, dataplane: Dataplane, manages_tuned: bool = True) -> Tuning:
        """The tuning that follows from a description."""
        arguments = kernel_arguments(dataplane)
        pools = dataplane.memory.hugepages
        return cls(
            kernel_arguments=arguments,
            pools=tuple(Pool(pool.size_kb, pool.count, pool.node) for pool in pools),
            # The first pool's size is the default one (default_hugepagesz=).
            mounted_sizes=tuple(dict.fromkeys(pool.size for pool in pools))[1:],
            transparent_hugepages=arguments.get("transparent_hugepage"),
            polling_cpus=arguments.get("nohz_full", ""),
            manages_tuned=manages_tuned,
        )

    def pools_in(self, state: str) -> tuple[Pool, ...]:
        """The pools as they must be: empty ones with state absent."""
        if state == PRESENT:
            return self.pools
        return tuple(dataclasses.replace(pool, count=0) for pool in self.pools)


@dataclasses.dataclass(frozen=True)
class GuestDifference:
    """One setting of the running guest that is not as described."""

    setting: str
    """The setting, such as ``isolated CPUs``."""
    asked: t.Any
    """What the description asks for."""
    seen: t.Any
    """What runs."""
    error_code: ErrorCode = ErrorCode.TUNING_NOT_IN_EFFECT
    """The error that it is once nothing is left to do about it."""
    message: str = ""
    """One sentence for a person."""

    def as_data(self) -> dict[str, t.Any]:
        """The difference as a module returns it."""
        message = self.message or f"{self.setting}: {self.seen}, asked for {self.asked}"
        return {**dataclasses.asdict(self), "error_code": self.error_code.value, "message": message}


def plan(guest: Guest, tuning: Tuning, state: str = PRESENT, reboot: str = LATER) -> Plan:
    """What brings a guest to its tuning (state present) or takes the tuning away again (absent), except a reboot.

    reboot: ``never``, ``later`` or ``when_needed``. Pools and modes that a reboot brings are left to it where it
    follows at once (when_needed), or where the running kernel can hardly provide them (1 GiB pages, with later).

    The plan's result holds ``differences`` (see compare), ``pending`` (the kernel arguments that wait for a reboot),
    ``reboot_required``, and each part's own result.

    Raises NfvError: reboot_consent_missing when arguments wait for a reboot and ``reboot`` is never;
    tuning_not_in_effect when a reboot for the same arguments did not help; what require_capable raises;
    argument_invalid, bootloader_unsupported, kernel_argument_overruled, kernel_arguments_record_invalid,
    hugepage_size_unsupported, hugepages_short, pool_repeated, tuned_record_invalid.
    """
    if state == PRESENT:
        require_capable(guest, tuning.kernel_arguments.keys(), tuning.pools, tuning.polling_cpus)
    parts = _plan_parts(guest, tuning, state)
    pending = pending_arguments(parts, tuning)
    if pending and reboot == NEVER:
        raise _consent_missing(guest, pending)
    mark = last_reboot.plan(guest, pending, parts["kernel"].changed, reboot == WHEN_NEEDED)
    parts["hugepages"] = hugepages.plan(guest, _resized_now(tuning.pools_in(state), pending, reboot))
    changed = {name: part for name, part in parts.items() if part.changed}
    return Plan(
        steps=(*(step for part in parts.values() for step in part.steps), *mark),
        before={name: part.before for name, part in changed.items()},
        after={name: part.after for name, part in changed.items()},
        result={
            "differences": [difference.as_data() for difference in _differences(guest, tuning, state, parts)],
            "pending": list(pending),
            "reboot_required": bool(pending),
            **{name: dict(part.result) for name, part in parts.items()},
        },
        warnings=_warnings(guest, tuning, state, parts),
        remedy=" ".join(part.remedy for part in changed.values() if part.remedy),
    )


def compare(guest: Guest, tuning: Tuning, state: str = PRESENT) -> tuple[GuestDifference, ...]:
    """How the running guest differs from its tuning; changes nothing and refuses nothing that a plan would refuse.

    Raises NfvError: argument_invalid, bootloader_unsupported, kernel_arguments_record_invalid, tuned_record_invalid.
    """
    return tuple(_differences(guest, tuning, state, _plan_parts(guest, tuning, state)))


def pending_arguments(parts: t.Mapping[str, Plan], tuning: Tuning) -> tuple[str, ...]:
    """Kernel arguments that only a reboot brings; pools below 1 GiB alone need none, as they can be resized."""
    pending = tuple(parts["kernel"].result["pending"])
    if any(pool.size_kb >= _GIB_KB for pool in tuning.pools):
        return pending
    return tuple(argument for argument in pending if not _RESIZABLE.match(argument))


def _plan_parts(guest: Guest, tuning: Tuning, state: str) -> dict[str, Plan]:
    """Every part's plan but that of the pools, in the order in which they are carried out.

    tuned comes before the kernel arguments: an earlier profile may have some of its own in the boot loader, which tuned
    removes and restores itself. Mounts come before them, too, so that the next run finds what a killed one has left.
    """
    asked = tuned.ProfileRequest(tuning.polling_cpus, tuning.transparent_hugepages)
    kernel = loader.plan(guest, tuning.kernel_arguments, state)
    # What was set before the reboot that brings it could not be taken back without one.
    awaited = any(argument.startswith("transparent_hugepage=") for argument in kernel.result["pending"])
    mode = None if awaited or state == ABSENT else tuning.transparent_hugepages
    return {
        "tuned": tuned.plan(guest, asked, state) if tuning.manages_tuned else _NOTHING,
        "mounts": mounts.plan(guest, tuning.mounted_sizes if state == PRESENT else ()),
        "kernel": kernel,
        "transparent_hugepages": transparent_hugepages.plan(guest, mode),
        "irqbalance": irqbalance.plan(guest, tuning.polling_cpus, state),
    }


def _resized_now(pools: t.Sequence[Pool], pending: t.Sequence[str], reboot: str) -> tuple[Pool, ...]:
    if not pending:
        return tuple(pools)
    if reboot == WHEN_NEEDED:
        return ()
    return tuple(pool for pool in pools if pool.size_kb < _GIB_KB)


def _consent_missing(guest: Guest, pending: t.Sequence[str]) -> NfvError:
    return NfvError(
        ErrorCode.REBOOT_CONSENT_MISSING,
        guest.value("/proc/sys/kernel/hostname") or "this guest",
        f"these settings take effect at a reboot only: {' '.join(pending)}. Nothing was changed",
        "Set reboot (guest_tuning_reboot of the role) to when_needed; or to later, and reboot the guest yourself.",
        {"pending": list(pending)},
    )


def _differences(guest: Guest, tuning: Tuning, state: str, parts: t.Mapping[str, Plan]) -> t.Iterator[GuestDifference]:
    yield from _tuned_differences(parts["tuned"], state)
    pending = pending_arguments(parts, tuning)
    if state == PRESENT:
        if pending:
            yield GuestDifference(
                "kernel arguments", list(pending), [], message=f"not in /proc/cmdline: {' '.join(pending)}"
            )
        yield from _running_differences(guest, tuning)
    elif pending:
        yield GuestDifference(
            "kernel arguments", [], list(pending), message=f"still in /proc/cmdline: {' '.join(pending)}"
        )
    for name in ("kernel", "mounts", "irqbalance"):
        if parts[name].changed:
            yield GuestDifference(_NAMES[name], parts[name].after, parts[name].before)


_NAMES = {"kernel": "boot loader", "mounts": "mounts of hugepages", "irqbalance": "irqbalance"}


def _tuned_differences(part: Plan, state: str) -> t.Iterator[GuestDifference]:
    seen = part.result
    if state == ABSENT:
        if part.changed:
            yield GuestDifference("profile of tuned", part.after, part.before)
    elif seen.get("in_charge"):
        if not seen["running"]:
            yield GuestDifference(
                "tuned",
                "running",
                "not running",
                ErrorCode.TUNED_NOT_RUNNING,
                "tuned.service is enabled and does not run, so nothing of its profile is in force. "
                "Look at systemctl status tuned and /var/log/tuned/tuned.log",
            )
        if seen["selected"] != seen["profile"]:
            yield GuestDifference(
                "profile of tuned",
                seen["profile"],
                seen["selected"],
                ErrorCode.TUNED_PROFILE_REPLACED,
                f"tuned applies {seen['selected'] or 'no profile'}, and not {seen['profile']}: somebody selected "
                "another. Run role guest_tuning to select it again, or set guest_tuning_tuned to false to leave tuned "
                "alone",
            )
        elif part.changed:
            yield GuestDifference("profile of tuned", "as described", "outdated")
        if seen["interfering"]:
            yield GuestDifference("what may come to the polling CPUs at run time", [], seen["interfering"])


def _running_differences(guest: Guest, tuning: Tuning) -> t.Iterator[GuestDifference]:
    """What the running kernel shows of isolation and memory."""
    running = {"isolated CPUs": cpus.isolated(guest), "CPUs without a tick (nohz_full)": cpus.nohz_full(guest)}
    for setting, seen in running.items():
        if seen != tuning.polling_cpus:
            yield GuestDifference(setting, tuning.polling_cpus, seen)
    mode = transparent_hugepages.read_mode(guest)
    if tuning.transparent_hugepages not in (None, mode) and mode is not None:
        yield GuestDifference("mode of transparent hugepages", tuning.transparent_hugepages, mode)
    allocated = {(pool.size_kb, pool.node): pool.allocated for pool in hugepages.read_pools(guest)}
    short = [pool for pool in tuning.pools if allocated.get((pool.size_kb, pool.node), 0) < pool.count]
    if short:
        yield GuestDifference(
            "hugepage pools that are short",
            [dataclasses.asdict(pool) for pool in short],
            [{**dataclasses.asdict(pool), "count": allocated.get((pool.size_kb, pool.node), 0)} for pool in short],
        )


def _warnings(guest: Guest, tuning: Tuning, state: str, parts: t.Mapping[str, Plan]) -> tuple[str, ...]:
    warnings = list(parts["tuned"].result.get("left_out", ()))
    release = guest.value("/proc/sys/kernel/osrelease") or ""
    version = tuple(int(number) for number in re.findall(r"[0-9]+", release)[:2])
    if state == PRESENT and version < _NODE_POOLS_SINCE and any(pool.node is not None for pool in tuning.pools):
        warnings.append(
            f"[{ErrorCode.NODE_HUGEPAGES_AT_BOOT}] the kernel is {release}, and Linux gives NUMA nodes hugepages at "
            "boot since 5.16. The pools are there now; unless this distribution's kernel supports hugepages=NODE:COUNT "
            "anyway, the next boot leaves them empty until role guest_tuning runs again."
        )
    return tuple(warnings)
