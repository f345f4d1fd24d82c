# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Prints what check mode must not change and state absent must restore, one line per item. Runs in the guest as root.

One process instead of a shell's hundreds, each of which costs an emulated guest tens of milliseconds.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import typing as t
from pathlib import Path

TREES = ("/etc", "/usr/local", "/run/dpdk", "/dev/hugepages")
ATTRIBUTES = (
    "sys/kernel/mm/hugepages/*/nr_hugepages",
    "sys/kernel/mm/transparent_hugepage/enabled",
    "sys/bus/pci/devices/*/driver_override",
)
SERVICES = ("vnf-*", "irqbalance*", "openvswitch*", "ovs-*", "dpdk*", "driverctl*", "tuned*")


def files(root: str) -> t.Iterator[str]:
    """Every file with a digest of its content, every link with its target, every directory."""
    for directory, names, found in os.walk(root):
        yield f"{directory}/"
        for path in (Path(directory, name) for name in (*names, *found)):
            if path.is_symlink():
                yield f"{path} -> {path.readlink()}"
            elif path.is_file():
                # The pages of hugetlbfs cannot be read: that the file is there is enough.
                content = b"" if root == "/dev/hugepages" else path.read_bytes()
                yield f"{path} {hashlib.sha256(content).hexdigest()[:16]}"


def boot_entries() -> t.Iterator[str]:
    """The command lines in GRUB's menu; the rest of the file is grub-mkconfig's own."""
    lines = Path("/boot/grub/grub.cfg").read_text().splitlines()
    yield from (f"grub.cfg {' '.join(line.split())}" for line in lines if line.split()[:1] == ["linux"])


def attributes() -> t.Iterator[str]:
    """The kernel's own state: arguments, pools, drivers, isolation."""
    # The menu that the lab's image boots by at first names kernel and disk otherwise than the guest's own menus.
    words = Path("/proc/cmdline").read_text().split()
    yield f"/proc/cmdline {' '.join(word for word in words if not word.startswith(('BOOT_IMAGE=', 'root=')))}"
    for path in sorted(path for pattern in ATTRIBUTES for path in Path("/").glob(pattern)):
        yield f"{path} {path.read_text().strip()}"
    for device in sorted(Path("/sys/bus/pci/devices").iterdir()):
        driver = device / "driver"
        yield f"{device} {driver.resolve().name if driver.exists() else 'no driver'}"


def services() -> t.Iterator[str]:
    """The services that run, of those that the collection has to do with."""
    command = ["systemctl", "list-units", "--type=service", "--state=active", "--plain", "--no-legend", *SERVICES]
    for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines():
        yield f"active {line.split()[0]}"


if __name__ == "__main__":
    print(*(line for root in TREES for line in files(root)), *boot_entries(), *attributes(), *services(), sep="\n")
