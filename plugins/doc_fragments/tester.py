# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options that name a tester's interfaces, and the sessions that its packets belong to."""

from __future__ import annotations


class ModuleDocFragment:
    """Interfaces and sessions of a tester."""

    DOCUMENTATION = r"""
options:
  first:
    description: The tester's interface on the segment of the application's first adapter. Needed with V(frames).
    type: dict
    suboptions: &wire
      interface:
        description: Name of the interface in the tester's network namespace.
        type: str
        required: true
      guest_mac:
        description: MAC address of the guest's adapter on that segment.
        type: str
        required: true
  second:
    description: The tester's interface on the segment of the application's second adapter. Needed with V(frames).
    type: dict
    suboptions: *wire
  s5u:
    description: The tester's interface in the S5-U network. Needed with V(gtpu).
    type: dict
    suboptions: &side
      interface:
        description: Name of the interface in the tester's network namespace.
        type: str
        required: true
      address:
        description: IPv4 address of the tester on this interface.
        type: str
        required: true
      gateway:
        description: IPv4 address of the PGW in this network; on SGi, it may be that of a router to the subscribers.
        type: str
        required: true
  sgi:
    description: The tester's interface in the SGi network, or in one behind it. Needed with V(gtpu).
    type: dict
    suboptions: *side
  sessions:
    description: The subscriber sessions that the PGW has; the packets take them in turn. Needed with V(gtpu).
    type: list
    elements: dict
    suboptions:
      name:
        description: Name of the session.
        type: str
        required: true
      imsi:
        description: IMSI of the subscriber; not used.
        type: str
      ue_address:
        description: IPv4 address of the subscriber.
        type: str
        required: true
      ue_ipv6_prefix:
        description: IPv6 prefix of the subscriber; not used.
        type: str
      uplink_kbps:
        description: Largest rate from the subscriber in kbit/s; not used. Stay below it.
        type: int
      downlink_kbps:
        description: Largest rate to the subscriber in kbit/s; not used. Stay below it.
        type: int
      peer_sources:
        description: Other addresses that the peer sends from; not used.
        type: list
        elements: str
      source:
        description: Where the session was written; not used.
        type: str
      local_teid:
        description: TEID that the PGW receives with.
        type: int
        required: true
      peer_teid:
        description: TEID that the PGW sends with.
        type: int
        required: true
      peer_address:
        description: IPv4 address of the SGW, which the tester has on its S5-U interface.
        type: str
        required: true
"""
