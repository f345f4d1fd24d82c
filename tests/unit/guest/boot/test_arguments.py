# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which arguments a kernel obeys when a key occurs several times on its command line."""

from __future__ import annotations

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.boot.arguments import overruling, tokens, unmet


@pytest.mark.parametrize(
    ("line", "asked"),
    [
        ("ro transparent_hugepage=always transparent_hugepage=never", "transparent_hugepage=never"),
        ("transparent_hugepage=never transparent_hugepage=never", "transparent_hugepage=never"),
        ("transparent-hugepage=never", "transparent_hugepage=never"),
        ('irqaffinity="0"', "irqaffinity=0"),
        ("rcu_nocbs=7 rcu_nocbs=2,3", "rcu_nocbs=2-3"),
        ("nohz_full=2,3 nohz_full=2-3", "nohz_full=2-3"),
        ("isolcpus=1 isolcpus=managed_irq,domain,1", "isolcpus=managed_irq,domain,1"),
        ("isolcpus=domain,managed_irq,1,2", "isolcpus=managed_irq,domain,1-2"),
        ("console=tty0 console=ttyS0,115200 console=hvc0", "console=ttyS0,115200"),
        ("default_hugepagesz=1024M hugepagesz=1G hugepages=4", "default_hugepagesz=1G hugepagesz=1024M hugepages=4"),
        ("hugepages=256", "hugepagesz=2M hugepages=256"),
        (
            "hugepagesz=2M hugepages=256 hugepagesz=1G hugepages=2",
            "hugepagesz=1G hugepages=2 hugepagesz=2M hugepages=256",
        ),
        ("hugepagesz=2M hugepages=256 hugepagesz=2M hugepages=256", "hugepagesz=2M hugepages=256"),
        ("nosmt", "nosmt"),
    ],
)
def test_obeyed(line: str, asked: str) -> None:
    assert unmet(tokens(asked), tokens(line)) == ()


@pytest.mark.parametrize(
    ("line", "asked", "left", "by"),
    [
        ("quiet", "nosmt", "nosmt", ""),
        (
            "transparent_hugepage=never transparent_hugepage=always",
            "transparent_hugepage=never",
            "transparent_hugepage=never",
            "transparent_hugepage=always",
        ),
        # kernel/sched/isolation.c keeps the first CPUs and warns of the others.
        ("nohz_full=2 nohz_full=1", "nohz_full=1", "nohz_full=1", "nohz_full=2"),
        ("isolcpus=2 isolcpus=managed_irq,domain,1", *(2 * ("isolcpus=managed_irq,domain,1",)), "isolcpus=2"),
        ("isolcpus=1", *(2 * ("isolcpus=managed_irq,domain,1",)), "isolcpus=1"),
        # mm/hugetlb.c: "hugepagesz=2M specified twice, ignoring".
        (
            "hugepagesz=2M hugepages=8 hugepagesz=2M hugepages=256",
            "hugepagesz=2M hugepages=256",
            "hugepages=256",
            "hugepages=8",
        ),
        ("hugepagesz=1G hugepages=256", "hugepagesz=2M hugepages=256", "hugepagesz=2M hugepages=256", "hugepagesz=1G"),
        ("default_hugepagesz=2M default_hugepagesz=1G", *(2 * ("default_hugepagesz=1G",)), "default_hugepagesz=2M"),
        ("-- irqaffinity=0", "irqaffinity=0", "irqaffinity=0", ""),
        ("console=tty0", "console=ttyS0", "console=ttyS0", "console=tty0"),
    ],
)
def test_not_obeyed_and_what_overrules_it(line: str, asked: str, left: str, by: str) -> None:
    assert unmet(tokens(asked), tokens(line)) == tokens(left)
    assert overruling(tokens(asked), tokens(line)) == tokens(by)
