# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the action plugin of this name, which runs on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: clock_info
short_description: Tell how far a host's clock is ahead of the controller's
version_added: 1.0.0
author: nfv.vsphere_dpdk contributors (@nfv)
description:
  - Reads the host's clock five times and takes the reading with the shortest round trip, half of which bounds the
    error.
  - Two hosts whose clocks are read this way can be compared, although they may not know each other, and need no NTP.
    A comparison of poll mode with interrupts relates a guest's counters to the tester's trials so.
extends_documentation_fragment:
  - nfv.vsphere_dpdk.attributes.info_module
attributes:
  action:
    description: Runs on the controller.
    support: full
options: {}
notes:
  - Needs C(date) of GNU coreutils on the host, no Python, and no privilege.
seealso:
  - module: nfv.vsphere_dpdk.guest_sampler
  - module: nfv.vsphere_dpdk.rate_search
"""

EXAMPLES = r"""
- name: Read the guest's clock
  nfv.vsphere_dpdk.clock_info:
  register: guest

- name: Read the tester's clock
  nfv.vsphere_dpdk.clock_info:
  delegate_to: tester-1
  register: tester
"""

RETURN = r"""
clock:
  description: What was read.
  returned: success
  type: dict
  contains:
    controller:
      description: The time by the controller's clock, in seconds since 1970.
      type: float
      sample: 1790000000.0
    offset_seconds:
      description: By how much the host's clock is ahead; negative where it is behind.
      type: float
      sample: -1.372
    uncertainty_seconds:
      description: By how much RV(clock.offset_seconds) may be wrong either way.
      type: float
      sample: 0.004
error_code:
  description: Why it failed, V(clock_unreadable).
  returned: failure
  type: str
  sample: clock_unreadable
"""
