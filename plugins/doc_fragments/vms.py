# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the option ``vms``."""

from __future__ import annotations


class ModuleDocFragment:
    """The VMs, and the description of each."""

    DOCUMENTATION = r"""
options:
  vms:
    description: The VMs.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The VM's name. Exactly one of name, uuid and moid must be given.
        type: str
      uuid:
        description: The VM's BIOS or instance UUID.
        type: str
      moid:
        description: The VM's managed object ID.
        type: str
      dataplane:
        description: The VM's description. Without it, O(dataplane) applies.
        type: dict
"""
