# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a resident tester refuses before it sends."""

from __future__ import annotations

import contextlib
import socket
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.af_packet import (
    FrameInterface,
    GatewayInterface,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.rate import interfaces
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._traffic.rate.composition import frame_sizes


class SilentSocket:
    def getsockname(self) -> tuple[str, int, int, int, bytes]:
        return ("eth1", 0x0800, 0, 1, bytes(6))


def test_a_gateway_that_nobody_answers_for_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interfaces, "quiet_ports", lambda _s5u, _sgi: contextlib.nullcontext())
    monkeypatch.setattr(interfaces, "require_unclaimed", lambda _sides: None)
    monkeypatch.setattr(interfaces, "_packet_socket", lambda *_arguments: SilentSocket())
    monkeypatch.setattr(interfaces, "resolve", lambda side: None if side.name == "eth2" else "02:00:00:00:00:01")
    sides = GatewayInterface("eth1", "198.18.1.2", "198.18.1.1"), GatewayInterface("eth2", "198.18.2.2", "198.18.2.1")
    with pytest.raises(NfvError) as raised, contextlib.ExitStack() as stack:
        interfaces.open_gtpu(*sides, [], frame_sizes("64", tunnelled=True), stack)
    assert (raised.value.error_code.value, raised.value.subject) == ("neighbour_silent", "198.18.2.1")
    assert "eth2" in raised.value.attempted


def test_a_user_who_may_not_open_packet_sockets_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: int) -> t.NoReturn:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(socket, "socket", refuse)
    side = FrameInterface("eth1", "02:00:00:00:00:01")
    with pytest.raises(NfvError) as raised, contextlib.ExitStack() as stack:
        interfaces.open_frames(side, side, frame_sizes("64", tunnelled=False), 1, stack)
    assert (raised.value.error_code.value, raised.value.subject) == ("tester_raw_sockets_refused", "eth1")
