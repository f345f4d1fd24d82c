# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Records what the readers read in a real guest, as JSON on standard output.

Run in the guest: ssh GUEST python3 - < record_tree.py > recorded/NAME.json
A file is recorded as its text, a link as {"link": target}, a command as its output under "commands".
"""

from __future__ import annotations

import json
import platform
import re
import subprocess
import sys
from pathlib import Path

RELEASE = platform.release()
PATTERNS = (
    "sys/bus/pci/devices/*/class",
    "sys/bus/pci/devices/*/vendor",
    "sys/bus/pci/devices/*/device",
    "sys/bus/pci/devices/*/numa_node",
    "sys/bus/pci/devices/*/driver",
    "sys/bus/pci/devices/*/driver_override",
    "sys/bus/pci/devices/*/iommu_group",
    "sys/bus/pci/devices/*/uio/uio*/name",
    "sys/bus/pci/devices/*/net/*/address",
    "sys/bus/pci/devices/*/net/*/upper_*",
    "sys/class/dmi/id/product_uuid",
    "sys/class/iommu/*",
    "sys/kernel/mm/hugepages/*/*_hugepages",
    "sys/kernel/mm/transparent_hugepage/enabled",
    "sys/devices/system/node/node*/hugepages/*/*_hugepages",
    "sys/devices/system/cpu/online",
    "sys/devices/system/cpu/present",
    "sys/devices/system/cpu/isolated",
    "sys/devices/system/cpu/nohz_full",
    "sys/module/vfio/parameters/*",
    "proc/cmdline",
    "proc/cpuinfo",
    "proc/buddyinfo",
    "proc/meminfo",
    "proc/sys/kernel/osrelease",
    "boot/grub/grub.cfg",
    f"boot/config-{RELEASE}",
    f"lib/modules/{RELEASE}/modules.dep",
    "etc/default/grub",
    "etc/default/grub.d/*.cfg",
    "etc/systemd/system/nfv-dpdk-bind.service",
    "etc/systemd/system/sysinit.target.wants/nfv-dpdk-bind.service",
    "etc/modules-load.d/nfv*",
    "etc/nfv-vsphere-dpdk/adapters.json",
    "etc/nfv-vsphere-dpdk/bind-at-boot.json",
    "usr/sbin/grub-mkconfig",
)
# Long files, of which the readers need these lines.
KEPT_LINES = {
    "modules.dep": re.compile(r"/(vfio|uio|igb_uio|vmxnet3)[^/:]*\.ko:"),
    f"config-{RELEASE}": re.compile(r"VFIO|UIO|VMXNET3"),
    "grub-mkconfig": re.compile(r"^#!"),
}
COMMANDS = (
    "ip -json address show",
    "ip -json -4 route show",
    "ip -json -6 route show",
)


def recorded(path: Path) -> str | dict[str, str]:
    """A file's text or a link's target."""
    if path.is_symlink() and not str(path).startswith("/usr"):
        return {"link": str(path.readlink())}
    text = path.read_text(encoding="utf-8", errors="replace")
    kept = KEPT_LINES.get(path.name)
    return "".join(line for line in text.splitlines(keepends=True) if kept.search(line)) if kept else text


def main() -> None:
    """Prints the recording."""
    files = {
        f"/{path.relative_to('/')}": recorded(path)
        for pattern in PATTERNS
        for path in sorted(Path("/").glob(pattern))
        if not path.is_dir() or path.is_symlink()
    }
    outputs = {
        command: subprocess.run(command.split(), check=True, capture_output=True, text=True).stdout
        for command in COMMANDS
    }
    json.dump({"files": files, "commands": outputs}, sys.stdout, indent=1, sort_keys=True)
    sys.stdout.write("\n")


if __name__ == "__main__":
    main()
