# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemon counts what it cannot handle, gives strangers little, and notices a new configuration."""

from __future__ import annotations

import ipaddress
import json
import resource
import signal
import typing as t
from pathlib import Path

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets, path_messages
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.path_daemon import Files, Handler
from lab.testing.pgw_packets import outer

PEER, SOURCE, NEAR, FAR = "198.18.1.2", "198.18.1.3", "198.18.1.99", "203.0.113.7"
CONFIGURATION: dict[str, t.Any] = {
    "s5u_address": "198.18.1.1",
    "s5u_network": "198.18.1.0/24",
    "sgi_address": "198.18.2.1",
    "ipv6_address": None,
    "tunnel_mtu": 1464,
    "sgi_mtu": 1500,
    "peers": [PEER],
    "peer_sources": [SOURCE],
    "echo_interval": 60,
    "response_seconds": 3,
    "echo_requests": 5,
}


def signalling(message: bytes, source: str) -> bytes:
    """A frame that hands a GTP-U message over."""
    return b"\x02\x03" + bytes(12) + outer(message, source)


def unknown_teid(source: str) -> bytes:
    """A frame that hands over a G-PDU with an unknown TEID."""
    peer = ipaddress.IPv4Address(source).packed
    return (
        b"\x02\x01"
        + bytes(4)
        + bytes(2)
        + peer
        + b"\x08\x00"
        + packets.build_ipv4(packets.Ipv4("198.18.2.2", "198.19.0.1", 17, 64, 1, bytes(1480)))
    )


def configured(send: t.Callable[[str, int, bytes], None], inject: t.Callable[[bytes], None]) -> Handler:
    handler = Handler(send, inject)
    handler.configure(CONFIGURATION)
    return handler


def counted(handler: Handler) -> dict[str, int]:
    return {name: count for name, count in handler.status()["counters"].items() if count}


def refuse(*_: t.Any) -> None:
    raise BlockingIOError("the kernel takes no more")


def test_handler_counts_what_it_cannot_read_and_what_it_cannot_send() -> None:
    handler = configured(refuse, refuse)
    handler.frame(b"\x02\x03" + bytes(12) + b"no packet")
    handler.frame(unknown_teid(PEER))
    handler.frame(unknown_teid(NEAR))
    handler.frame(b"\x33\x33" + bytes(60))
    handler.tick(0)
    assert counted(handler) == {"messages_not_understood": 1, "send_failures": 2, "send_failures_to_strangers": 1}


def test_strangers_are_answered_on_the_network_alone() -> None:
    sent: list[str] = []
    handler = configured(lambda to, _port, _message: sent.append(to), refuse)
    for source in (PEER, SOURCE, NEAR, FAR, CONFIGURATION["s5u_address"]):
        handler.frame(signalling(path_messages.echo_request(1), source))
        handler.frame(unknown_teid(source))
    assert sent == [PEER, PEER, SOURCE, SOURCE, NEAR, NEAR]


def test_what_strangers_say_is_counted_and_takes_no_memory() -> None:
    handler = configured(refuse, refuse)
    before = len(json.dumps(handler.status()))
    for number in range(10_000):
        source = str(ipaddress.IPv4Address("198.18.1.10") + number)
        handler.frame(signalling(path_messages.error_indication(number + 1, source), source))
        handler.frame(signalling(path_messages.echo_response(number % 65_536), source))
    assert counted(handler) == {"messages_of_strangers": 20_000}
    assert len(json.dumps(handler.status())) - before < 10
    # The control: a peer's complaint is remembered.
    handler.frame(signalling(path_messages.error_indication(7, PEER), PEER))
    assert handler.status()["peers"][PEER]["unknown_teids"] == {"7": 1}


def test_status_that_cannot_be_written_is_written_later(tmp_path: Path) -> None:
    files = Files(tmp_path / "in.json", tmp_path / "run/out.json")
    assert not files.write({"peers": {}})
    (tmp_path / "run").mkdir()
    assert files.write({"peers": {}})
    assert (tmp_path / "run/out.json").exists()


def test_nothing_is_left_of_a_status_that_does_not_fit(tmp_path: Path) -> None:
    """RLIMIT_FSIZE ends the write in the middle, as a full file system does."""
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    handled = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    files = Files(tmp_path / "in.json", tmp_path / "out.json")
    assert files.write({"peers": {}})
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (64, limit[1]))
        assert not files.write({"peers": {}, "more": "x" * 1000})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, handled)
    assert [path.name for path in tmp_path.iterdir()] == ["out.json"]
    assert (tmp_path / "out.json").read_text() == '{\n "peers": {}\n}\n'


def test_configuration_is_read_when_it_changes(tmp_path: Path) -> None:
    files = Files(tmp_path / "in.json", tmp_path / "out.json")
    assert files.changed() is None
    (tmp_path / "in.json").write_text("{")
    assert files.changed() is None
    (tmp_path / "new").write_text('{"a": 1}')
    (tmp_path / "new").rename(tmp_path / "in.json")
    assert files.changed() == {"a": 1}
    assert files.changed() is None
    files.write({"peers": {}})
    assert (tmp_path / "out.json").read_text() == '{\n "peers": {}\n}\n'
