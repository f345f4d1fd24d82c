# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mounts of hugetlbfs for hugepages beyond the default size, each a systemd mount unit (systemd.mount(5)).

systemd mounts the default size at /dev/hugepages. EAL uses only sizes that are mounted somewhere (DPDK's Linux guide,
"System Requirements").
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import (
    Plan,
    RemoveFile,
    RunCommand,
    Step,
    WriteFile,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.tree import Tree

UNITS = "/etc/systemd/system"
WANTED = f"{UNITS}/sysinit.target.wants"
_SIZES_KB = {"2M": 2048, "1G": 1048576}
_UNIT = re.compile(r"dev-nfv_hugepages(.+)\.mount")
_RELOAD = ("daemon-reload",)


def unit_name(size: str) -> str:
    """The unit of a page size such as ``1G``."""
    return f"dev-nfv_hugepages{size}.mount"


def unit_text(size: str) -> str:
    """The unit's content."""
    return f"""\
# Managed by the Ansible collection nfv.vsphere_dpdk.
[Unit]
Description=Hugepages of {size}
DefaultDependencies=no
Before=sysinit.target
ConditionPathExists={_pool(size)}

[Mount]
What=hugetlbfs
Where={_directory(size)}
Type=hugetlbfs
Options=pagesize={size},nosuid,nodev

[Install]
WantedBy=sysinit.target
"""


def plan(tree: Tree, sizes: t.Sequence[str]) -> Plan:
    """What mounts the page sizes, now and at every boot, and unmounts all others that this collection mounted."""
    found = [match.group(1) for name in tree.names(UNITS) for match in [_UNIT.fullmatch(name)] if match]
    obsolete = [size for size in found if size not in sizes]
    missing = [size for size in sizes if not _in_place(tree, size)]
    steps: list[Step] = [
        WriteFile(f"{UNITS}/{unit_name(size)}", unit_text(size))
        for size in missing
        if tree.text(f"{UNITS}/{unit_name(size)}") != unit_text(size)
    ]
    if missing:
        steps.append(_systemctl(*_RELOAD))
        steps += [_systemctl("enable", "--now", unit_name(size)) for size in missing]
    for size in obsolete:
        steps += [_systemctl("disable", "--now", unit_name(size)), RemoveFile(f"{UNITS}/{unit_name(size)}")]
    if obsolete:
        steps.append(_systemctl(*_RELOAD))
    in_place = [size for size in sizes if size not in missing]
    return Plan(
        steps=tuple(steps),
        before={"page_sizes": sorted([*in_place, *obsolete])},
        after={"page_sizes": sorted(sizes)},
        result={"page_sizes": sorted(sizes)},
    )


def _in_place(tree: Tree, size: str) -> bool:
    """Whether the unit is written, enabled and mounted; systemd mounts no size that the kernel does not have."""
    path = f"{UNITS}/{unit_name(size)}"
    written = tree.text(path) == unit_text(size) and tree.exists(f"{WANTED}/{unit_name(size)}")
    return written and (_directory(size) in _mount_points(tree) or not tree.exists(_pool(size)))


def _mount_points(tree: Tree) -> list[str]:
    """Where file systems are mounted, from /proc/mounts (proc(5))."""
    lines = (line.split() for line in (tree.text("/proc/mounts") or "").splitlines())
    return [fields[1] for fields in lines if len(fields) > 1]


def _directory(size: str) -> str:
    return f"/dev/nfv_hugepages{size}"


def _pool(size: str) -> str:
    return f"/sys/kernel/mm/hugepages/hugepages-{_SIZES_KB[size]}kB"


def _systemctl(*arguments: str) -> RunCommand:
    return RunCommand(
        ("systemctl", *arguments),
        ErrorCode.UNIT_FAILED,
        "End the programs that use these hugepages, or look at the journal (journalctl --boot), and run this again.",
    )
