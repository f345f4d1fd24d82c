# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What belongs to the recorded flows: names, meters, and lines of ovs-ofctl diff-flows."""

from __future__ import annotations

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.flow_dump import MeterReading
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.flows import COOKIE, LEARNED
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.openflow_meters import MeterCount

MAC = "00:50:56:01:00:03"
NAMES = {"198.19.0.1": "ue-1", "198.19.0.2": "ue-2"}
ALLOCATED = {"198.19.0.2 uplink": 16, "198.19.0.2 downlink": 17}
READING = MeterReading({16: 2000, 17: 4000}, {2: MeterCount(2, 0), 16: MeterCount(7, 3), 17: MeterCount(3, 1)})
# What ovs-ofctl diff-flows prints in the guest for a changed TEID, one flow too many, and the learned next hop.
DIFFERENCES = (
    f"-priority=100,ip,in_port=1,nw_dst=198.19.0.1 cookie={COOKIE:#x} actions=set_field:0x2001->tun_id,output:2",
    f"+priority=100,ip,in_port=1,nw_dst=198.19.0.1 cookie={COOKIE:#x} actions=set_field:0x2002->tun_id,output:2",
    f"-table=1 priority=150,arp,in_port=1 cookie={COOKIE:#x} actions=LOCAL",
    f"-table=2 priority=100 cookie={LEARNED:#x} actions=set_field:d6:76:a3:fd:e0:b2->eth_dst",
    "-priority=7 actions=NORMAL",
)
