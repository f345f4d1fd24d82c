# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kernel drivers that hand a PCI device over to a userspace program."""

from __future__ import annotations

# DPDK's Linux guide, "Linux Drivers". The kernel makes no network interface of a device with one of them.
USERSPACE_DRIVERS = ("vfio-pci", "igb_uio", "uio_pci_generic")
