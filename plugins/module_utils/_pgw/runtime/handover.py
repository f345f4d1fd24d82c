# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The private protocol between the switch's flows and the path management daemon, spoken in MAC addresses.

The switch puts the reason for a handover into the first two bytes of the frame's destination MAC address. For a G-PDU
with an unknown TEID, the TEID follows in the last four bytes, and the last four bytes of the source MAC address hold
the peer's IPv4 address. The daemon's destination MAC address tells the switch where a frame goes.
"""

from __future__ import annotations

# Reasons for a handover. Each is a locally administered MAC prefix (IEEE 802: bit 1 of the first octet).
UNKNOWN_TEID, TOO_BIG, SIGNALLING_MESSAGE, TOO_BIG_UPLINK = 0x0201, 0x0202, 0x0203, 0x0204
REASONS = (UNKNOWN_TEID, TOO_BIG, SIGNALLING_MESSAGE, TOO_BIG_UPLINK)
# Destinations of the daemon's frames: the subscriber that the packet is addressed to, or the next hop on SGi.
TO_SUBSCRIBER, TO_NEXT_HOP = "02:00:00:00:00:01", "02:00:00:00:00:02"
