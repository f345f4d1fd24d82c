# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the kernel is told and answers: bytes as linux/gtp.h, linux/ethtool.h and linux/netlink.h have them."""

from __future__ import annotations

import errno
import os
import struct
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine import netlink
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import Guest, apply
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.ethtool import ask_driver
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import AskFamily
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.interrupts import gtp, offloads
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.interrupts.model import Tunnel

TUNNEL = Tunnel(0x11223344, 0x55667788, "192.0.2.9", "10.45.0.2")
# As a little-endian machine has them.
ATTRIBUTES = bytes.fromhex(
    "0800 0100 05000000"  # GTPA_LINK
    "0800 0200 01000000"  # GTPA_VERSION
    "0800 0400 c0000209"  # GTPA_PEER_ADDRESS, in network order
    "0800 0500 0a2d0002"  # GTPA_MS_ADDRESS, in network order
    "0800 0800 44332211"  # GTPA_I_TEI
    "0800 0900 88776655"  # GTPA_O_TEI
)


def test_new_tunnel_is_what_the_kernel_reads() -> None:
    assert gtp.new_tunnel(5, TUNNEL) == bytes.fromhex("00 00 0000") + ATTRIBUTES


def test_tunnel_is_deleted_by_its_teid() -> None:
    assert gtp.delete_tunnel(5, TUNNEL) == bytes.fromhex(
        "01 00 0000 0800 0100 05000000 0800 0200 01000000 0800 0800 44332211"
    )


def test_answer_of_the_kernel_is_a_tunnel() -> None:
    assert list(gtp.parse_tunnel(ATTRIBUTES)) == [TUNNEL]
    assert list(gtp.parse_tunnel(ATTRIBUTES[:-4])) == []
    assert list(gtp.parse_tunnel(ATTRIBUTES.replace(bytes.fromhex("0200 01"), bytes.fromhex("0200 00")))) == []


def test_old_tunnels_go_before_new_ones_come() -> None:
    other = Tunnel(TUNNEL.local_teid, 7, "192.0.2.9", "10.45.0.3")
    assert gtp.tunnel_steps(5, [TUNNEL], [TUNNEL]) == []
    (step,) = gtp.tunnel_steps(5, [TUNNEL], [other])
    assert isinstance(step, AskFamily)
    assert step.requests == (gtp.delete_tunnel(5, TUNNEL), gtp.new_tunnel(5, other))


def test_a_refused_request_is_named_by_its_session() -> None:
    """The kernel carries requests out one by one; those before the refused one stay."""
    tunnels = [Tunnel(number, 7, "192.0.2.9", f"10.45.0.{number}", f"ue-{number}") for number in (1, 2)]

    class Refusing(Guest):
        def ask_family(self, *_arguments: t.Any, **_more: t.Any) -> t.NoReturn:
            raise netlink.RequestRefusedError(OSError(errno.EEXIST, os.strerror(errno.EEXIST)), 1)

    with pytest.raises(NfvError) as raised:
        apply(gtp.tunnel_steps(5, [], tunnels), Refusing(lambda _argv: (0, "", "")))
    assert raised.value.error_code == ErrorCode.TUNNELS_REFUSED
    assert (
        "(0 removed, 2 added) was refused at ue-2: 10.45.0.2 in TEID 2, out TEID 7 to 192.0.2.9: File exists"
        in raised.value.attempted
    )


def test_the_kernel_tells_which_request_it_refuses() -> None:
    """The controller of generic netlink knows itself, and no command 99."""
    with pytest.raises(netlink.RequestRefusedError) as raised:
        netlink.ask_family(
            "nlctrl", [netlink.generic(3, netlink.attribute(2, b"nlctrl\0"), 1), netlink.generic(99, b"", 1)]
        )
    assert (raised.value.position, raised.value.errno) == (1, errno.EOPNOTSUPP)


def test_the_name_of_a_session_is_not_the_kernels() -> None:
    named = Tunnel(TUNNEL.local_teid, TUNNEL.peer_teid, TUNNEL.peer_address, TUNNEL.ue_address, "ue-1")
    assert (named, gtp.tunnel_steps(5, [TUNNEL], [named])) == (TUNNEL, [])
    assert str(named) == f"ue-1: {TUNNEL}"


def test_message_has_the_header_of_netlink() -> None:
    assert netlink.message(0x10, 5, 2, b"\x03\x01\0\0") == bytes.fromhex(
        "14000000 1000 0500 02000000 00000000 03010000"
    )
    assert list(netlink.split(netlink.message(0x10, 5, 2, b"abcd") * 2)) == [(0x10, 2, b"abcd")] * 2
    assert list(netlink.split(netlink.message(0x10, 5, 2, b"abcd")[:-1])) == []


def test_attributes_are_padded_and_read_back() -> None:
    data = netlink.attribute(2, b"gtp\0x") + netlink.attribute(0x8001, b"y")
    assert len(data) % 4 == 0
    assert netlink.attributes(data) == {2: b"gtp\0x", 1: b"y"}
    assert netlink.attributes(data[:6]) == {}


def test_this_kernel_answers_generic_netlink() -> None:
    """The controller of generic netlink, which every kernel has, names itself: family 16."""
    answers = netlink.ask_family("nlctrl", [netlink.generic(3, b"", 1)], dump=True)
    families = {found[2]: found[1] for found in map(netlink.attributes, answers)}
    assert struct.unpack("=H", families[b"nlctrl\0"]) == (16,)
    with pytest.raises(FileNotFoundError):
        netlink.ask_family("nfv-no-such", [])


def test_this_kernel_answers_ethtool() -> None:
    command, _value = struct.unpack("=II", ask_driver("lo", struct.pack("=II", 0x2B, 0)))
    assert command == 0x2B
    with pytest.raises(OSError, match="No such device"):
        ask_driver("nfv-none", struct.pack("=II", 0x2B, 0))
    with pytest.raises(OSError, match="too long"):
        ask_driver("a" * 16, struct.pack("=II", 0x2B, 0))


@pytest.mark.parametrize(("index", "waits"), [(0, True), (9, True), (10, True), (11, False), (21, False)])
def test_coalescing_is_what_delays_interrupts(index: int, waits: bool) -> None:
    fields = [0] * 22
    assert not offloads.coalesces(struct.pack("=23I", 0x0E, *fields))
    fields[index] = 8
    assert offloads.coalesces(struct.pack("=23I", 0x0E, *fields)) is waits
