# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that modules share which bring VMs to their descriptions."""

from __future__ import annotations


class ModuleDocFragment:
    """What is allowed for VMs that are brought to their descriptions."""

    DOCUMENTATION = r"""
options:
  power_cycle:
    description:
      - Whether a VM that runs may be powered off and on again for a setting that needs it. Its guest is shut down if
        VMware Tools run.
      - With V(never) such a change fails the module before anything is changed. The error C(power_off_needed) names the
        settings.
    type: str
    choices: [never, when_needed]
    default: never
  shutdown_timeout:
    description: How many seconds a guest may take to shut down when O(power_cycle) allows it.
    type: int
    default: 180
    version_added: 0.2.0
  force_power_off:
    description:
      - Whether the power of a VM is cut that has no VMware Tools, or whose guest has not shut down in time. Only what
        O(power_cycle) allows is powered off at all.
      - With V(false) such a VM keeps running and is not changed, the error is C(guest_not_shut_down).
    type: bool
    default: true
    version_added: 0.2.0
  hardware_upgrade:
    description:
      - Whether the virtual hardware of a VM may be upgraded for a setting that needs a newer version. It cannot be
        taken back, so make a snapshot or a backup before.
      - With V(never) such a setting fails the module before anything is changed. The error C(hardware_version_old)
        names the version that is needed.
    type: str
    choices: [never, when_needed]
    default: never
    version_added: 0.2.0
"""
