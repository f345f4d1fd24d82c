# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemon counts what it cannot handle, and notices a new configuration."""

from __future__ import annotations

import typing as t
from pathlib import Path

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime import packets
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.runtime.path_daemon import Files, Handler

PEER = "198.18.1.2"


def test_handler_counts_what_it_cannot_read_and_what_it_cannot_send() -> None:
    def refuse(*_: t.Any) -> None:
        raise OSError("no route")

    handler = Handler(refuse, refuse)
    handler.configure(
        {
            "s5u_address": "198.18.1.1",
            "sgi_address": "198.18.2.1",
            "ipv6_address": None,
            "tunnel_mtu": 1464,
            "sgi_mtu": 1500,
            "peers": [PEER],
            "echo_interval": 60,
            "response_seconds": 3,
            "echo_requests": 5,
        }
    )
    handler.frame(b"\x02\x03" + bytes(12) + b"no packet")
    handler.frame(
        b"\x02\x01" + bytes(12) + packets.build_ipv4(packets.Ipv4("198.18.2.2", "198.19.0.1", 17, 64, 1, bytes(1480)))
    )
    handler.frame(b"\x33\x33" + bytes(60))
    handler.tick(0)
    counters = {name: count for name, count in handler.status()["counters"].items() if count}
    assert counters == {"messages_not_understood": 1, "send_failures": 2}


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
