# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that ask for a DPDK, as ``_module._dpdk_options.dpdk_options`` takes them."""

from __future__ import annotations


class ModuleDocFragment:
    """Version, source and build of DPDK."""

    DOCUMENTATION = r"""
options:
  minimum_version:
    description:
      - The oldest DPDK that is accepted.
      - O(dataplane) may need a newer one, which then counts.
    type: str
    default: "22.11"
  dataplane:
    description: The description of the data plane. Its queues decide which DPDK is new enough.
    type: dict
    default: {}
  source_checksum:
    description: Checksum of DPDK's source, as M(nfv.vsphere_dpdk.dpdk_source) returns it.
    type: str
  prefix:
    description: Directory that a build is installed in. It belongs to DPDK alone.
    type: path
    default: /opt/dpdk
  drivers:
    description: Drivers to build (DPDK's meson option C(enable_drivers)).
    type: list
    elements: str
    default: [bus/pci, bus/vdev, mempool/ring, net/vmxnet3]
  apps:
    description: Applications to build (C(enable_apps)).
    type: list
    elements: str
    default: [test-pmd]
  disabled_libraries:
    description: Libraries not to build (C(disable_libs)). V(*) leaves those that DPDK cannot do without.
    type: list
    elements: str
    default: []
  meson_options:
    description: More options of meson's, or others than the module gives.
    type: dict
    default: {}
"""
