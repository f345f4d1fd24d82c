# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How much the switch gives to the path management daemon and to the guest's kernel: meters, in packets a second.

What comes from configured peers and next hops has meters of its own, so that no flood from elsewhere uses up their
share. Numbers from model.FIRST_SESSION_METER belong to sessions.
"""

from __future__ import annotations

from .model import S5U_BRIDGE, SGI_BRIDGE
from .openflow_meters import Meter

# To the daemon: G-PDUs with an unknown TEID, packets that are too big, and GTP-U messages other than G-PDUs.
TEID_OF_PEER = Meter(1, 1000, packets=True)
TOO_BIG_DOWNLINK = Meter(2, 1000, packets=True)
MESSAGE_OF_PEER = Meter(3, 1000, packets=True)
TOO_BIG_UPLINK = Meter(4, 1000, packets=True)
TEID_OF_STRANGER = Meter(5, 100, packets=True)
MESSAGE_OF_STRANGER = Meter(6, 100, packets=True)
# To the kernel: ARP and neighbour discovery of peers and next hops, the same of others, and all other ICMP.
NEIGHBOUR = Meter(7, 1000, packets=True)
OTHER_NEIGHBOUR = Meter(8, 100, packets=True)
ICMP = Meter(9, 100, packets=True)

KERNEL = (NEIGHBOUR, OTHER_NEIGHBOUR, ICMP)
LIMITS = {
    S5U_BRIDGE: KERNEL,
    SGI_BRIDGE: (
        TEID_OF_PEER,
        TOO_BIG_DOWNLINK,
        MESSAGE_OF_PEER,
        TOO_BIG_UPLINK,
        TEID_OF_STRANGER,
        MESSAGE_OF_STRANGER,
        *KERNEL,
    ),
}
