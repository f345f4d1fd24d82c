# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A PGW of a few lines for tests: takes a frame of the tester, gives the frame that a PGW sends, or None."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.gtpu import GtpuProbe


def inner_of(frame: bytes) -> packets.Ipv4:
    outer = packets.parse_ipv4(packets.parse_ethernet(frame))
    return packets.parse_ipv4(packets.parse_gtpu(packets.parse_udp(outer.payload).payload).payload)


def uplink(probe: GtpuProbe, frame: bytes, **changed: t.Any) -> bytes | None:
    """Decapsulates; ``changed`` fields of the inner packet are falsified on the way."""
    outer = packets.parse_ipv4(packets.parse_ethernet(frame))
    message = packets.parse_gtpu(packets.parse_udp(outer.payload).payload)
    inner = packets.parse_ipv4(message.payload)
    if (message.teid, inner.source) not in {(one.local_teid, one.ue_address) for one in probe.sessions}:
        return None
    out = packets.build_ipv4(dataclasses.replace(inner, **{"ttl": inner.ttl - 1, **changed}))
    return packets.build_ethernet(probe.sgi.mac, probe.sgi.gateway_mac, out)


def downlink(probe: GtpuProbe, frame: bytes, padding: bytes = b"", **changed: t.Any) -> bytes | None:
    """Encapsulates; ``changed`` may falsify teid, message_type, source or destination (of the outer packet)."""
    inner = packets.parse_ipv4(packets.parse_ethernet(frame))
    session = next((one for one in probe.sessions if one.ue_address == inner.destination), None)
    if session is None:
        return None
    routed = packets.build_ipv4(dataclasses.replace(inner, ttl=inner.ttl - 1)) + padding
    message = packets.build_gtpu(
        packets.Gtpu(changed.get("message_type", packets.G_PDU), changed.get("teid", session.peer_teid), routed)
    )
    source = changed.get("source", probe.s5u.gateway_address)
    destination = changed.get("destination", session.peer_address)
    datagram = packets.Udp(packets.GTPU_PORT, changed.get("port", packets.GTPU_PORT), message)
    outer = packets.Ipv4(source, destination, 17, 64, 1, packets.build_udp(datagram, source, destination))
    return packets.build_ethernet(probe.s5u.mac, probe.s5u.gateway_mac, packets.build_ipv4(outer))
