# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that modules share when they bring VMs to their descriptions."""

from __future__ import annotations


class ModuleDocFragment:
    """What a module may do to VMs to bring them to their descriptions."""

    DOCUMENTATION = r"""
options:
  power_cycle:
    description:
      - Whether a running VM may be powered off and on again for a setting that needs it. Its guest is shut down if it
        runs VMware Tools.
      - With V(never), such a setting fails the module before any change. The error C(power_off_needed) names the
        settings.
    type: str
    choices: [never, when_needed]
    default: never
  shutdown_timeout:
    description: How many seconds a guest may take to shut down, when O(power_cycle) allows it.
    type: int
    default: 180
  force_power_off:
    description:
      - Whether to power off a VM that does not run VMware Tools, or whose guest has not shut down in time. No VM is
        powered off unless O(power_cycle) allows it.
      - With V(false), such a VM keeps running and is not changed; the error is C(guest_not_shut_down).
    type: bool
    default: true
  hardware_upgrade:
    description:
      - Whether the virtual hardware of a VM may be upgraded for a setting that needs a newer version. An upgrade cannot
        be undone, so take a snapshot or a backup first.
      - With V(never), such a setting fails the module before any change. The error C(hardware_version_old) names the
        version that it needs.
    type: str
    choices: [never, when_needed]
    default: never
"""
