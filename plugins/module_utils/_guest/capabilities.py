# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest's CPU and kernel cannot do, told before anything is changed: no reboot would bring it.

What cannot be read is not refused: the running kernel shows afterwards what has come of it.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import format_cpu_list, parse_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError, joined

from .memory.hugepages import total_memory_kb

if t.TYPE_CHECKING:
    from .engine.tree import Tree
    from .memory.hugepages import Pool

_CPU = "/sys/devices/system/cpu"
_NODES = "/sys/devices/system/node"
_GIB_KB: t.Final = 1048576
# The kernel's options for the arguments that isolate CPUs (admin guide, kernel-parameters).
_OPTIONS: t.Mapping[str, str] = {
    "isolcpus": "CONFIG_CPU_ISOLATION",
    "nohz_full": "CONFIG_NO_HZ_FULL",
    "rcu_nocbs": "CONFIG_RCU_NOCB_CPU",
}


def require_capable(
    tree: Tree, arguments: t.Collection[str], pools: t.Sequence[Pool] = (), polling_cpus: str = ""
) -> None:
    """Raises NfvError for all that this machine cannot do.

    arguments: the keys of the kernel arguments that are to be set; polling_cpus: a list such as ``2-3``.

    Errors: hugepage_size_unsupported for 1 GiB pages on a CPU without them, and for a NUMA node that is not there;
    hugepages_short for more than the machine's memory; cpus_missing; kernel_option_missing.
    """
    errors = [*_cpus(tree, polling_cpus), *_options(tree, arguments), *_pages(tree, pools)]
    if errors:
        raise joined(errors, what="things that this guest cannot do")


def cpu_flags(tree: Tree) -> frozenset[str] | None:
    """What the CPUs can do, by the names of /proc/cpuinfo; None when it does not say."""
    match = re.search(r"^flags\s*:(.*)$", tree.text("/proc/cpuinfo") or "", re.MULTILINE)
    return frozenset(match.group(1).split()) if match else None


def options_off(tree: Tree, arguments: t.Collection[str]) -> tuple[str, ...] | None:
    """What kernel arguments need and the running kernel was built without; None when it does not tell."""
    text = tree.text(_config(tree))
    if text is None:
        return None
    needed = [option for key, option in _OPTIONS.items() if key in arguments]
    return tuple(option for option in needed if re.search(rf"^# {option} is not set$", text, re.MULTILINE))


def _config(tree: Tree) -> str:
    return f"/boot/config-{tree.value('/proc/sys/kernel/osrelease') or ''}"


def _cpus(tree: Tree, polling: str) -> t.Iterator[NfvError]:
    """The kernel ignores a list with a CPU that it does not have as a whole."""
    present = tree.value(f"{_CPU}/present") or tree.value(f"{_CPU}/online") or ""
    there, asked = parse_cpu_list(present), parse_cpu_list(polling)
    if there and asked and not set(asked) <= set(there):
        missing = format_cpu_list(set(asked) - set(there))
        yield NfvError(
            ErrorCode.CPUS_MISSING,
            f"CPU {missing}",
            f"is to poll, and this guest has CPUs {present}; nothing was changed",
            "Give the VM the vCPUs of the description (role vm_hardware), or correct cpu.polling.",
        )


def _options(tree: Tree, arguments: t.Collection[str]) -> t.Iterator[NfvError]:
    release = tree.value("/proc/sys/kernel/osrelease") or ""
    off = options_off(tree, arguments) or ()
    for key, option in _OPTIONS.items():
        if option in off:
            yield NfvError(
                ErrorCode.KERNEL_OPTION_MISSING,
                f"kernel {release}",
                f"was built without {option} ({_config(tree)}), so that it ignores {key}=; nothing was changed",
                "Install the distribution's general kernel (Debian: linux-image-amd64) and boot it.",
            )


def _pages(tree: Tree, pools: t.Sequence[Pool]) -> t.Iterator[NfvError]:
    flags = cpu_flags(tree)
    large = [pool for pool in pools if pool.size_kb >= _GIB_KB and pool.count]
    if large and flags is not None and "pdpe1gb" not in flags:
        yield NfvError(
            ErrorCode.HUGEPAGE_SIZE_UNSUPPORTED,
            large[0].name,
            "the CPU has none of that size (its flags lack pdpe1gb), and no reboot brings them; nothing was changed",
            "Bring the VM to its description and power-cycle it (role vm_hardware sets cpu.guest_1g_pages); if it still"
            " lacks them, the host's CPU or the cluster's EVC mode does: describe pages of 2M.",
        )
    nodes = {int(name[4:]) for name in tree.names(_NODES) if re.fullmatch(r"node[0-9]{1,4}", name)}
    for pool in pools:
        if pool.count and pool.node is not None and nodes and pool.node not in nodes:
            yield NfvError(
                ErrorCode.HUGEPAGE_SIZE_UNSUPPORTED,
                pool.name,
                f"are on no node that this guest has ({format_cpu_list(nodes)}); nothing was changed",
                "Correct memory.hugepages, or give the VM its NUMA nodes.",
            )
    total_kb = total_memory_kb(tree)
    asked_kb = sum(pool.count * pool.size_kb for pool in pools)
    if total_kb and asked_kb >= total_kb:
        yield NfvError(
            ErrorCode.HUGEPAGES_SHORT,
            ", ".join(pool.name for pool in pools),
            f"need {asked_kb} kB, and this guest has {total_kb} kB of memory: it might not boot; nothing was changed",
            "Ask for fewer, or give the VM the memory of the description (role vm_hardware).",
        )
