# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tester and a device in network namespaces, with two cables between them, and devices of known behaviour."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import typing as t

from lab.networks import inside


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True)


@contextlib.contextmanager
def cabled() -> t.Iterator[tuple[str, str]]:
    """Namespaces of the tester, with t-a and t-b, and of the device, with d-a and d-b at the other ends."""
    names = (f"nfv-rate-{os.getpid()}-t", f"nfv-rate-{os.getpid()}-d")
    try:
        for name in names:
            ip("netns", "add", name)
        for side in ("a", "b"):
            cable = ("type", "veth", "peer", "name", f"d-{side}", "netns", names[1])
            ip("-n", names[0], "link", "add", f"t-{side}", *cable)
            ip("-n", names[0], "link", "set", f"t-{side}", "up")
            ip("-n", names[1], "link", "set", f"d-{side}", "up")
        yield names
    finally:
        for name in names:
            subprocess.run(["ip", "netns", "delete", name], check=False)


def packet_socket(namespace: str, interface: str) -> socket.socket:
    with inside(namespace):
        opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
        opened.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)
        opened.bind((interface, 0x0800))
    return opened


@contextlib.contextmanager
def device(namespace: str, drop_every: int = 0, send_twice_every: int = 0, tunnel_bytes: int = 0) -> t.Iterator[None]:
    """A process that forwards what it gets on one side to the other.

    tunnel_bytes: headers behind Ethernet's that it takes off what comes from d-a, and puts before what goes there.
    """
    with packet_socket(namespace, "d-a") as left, packet_socket(namespace, "d-b") as right:
        child = os.fork()
        if child == 0:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            _forward((left, right), drop_every, send_twice_every, tunnel_bytes)
    try:
        yield
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _forward(
    sides: tuple[socket.socket, socket.socket], drop_every: int, send_twice_every: int, tunnel_bytes: int
) -> t.NoReturn:
    left, right = sides
    other = {left: right, right: left}
    count = 0
    while True:
        for ready in select.select(sides, [], [])[0]:
            frame = ready.recv(2048)
            if tunnel_bytes:
                inner = frame[14 + tunnel_bytes :] if ready is left else bytes(tunnel_bytes) + frame[14:]
                frame = frame[:14] + inner
            count += 1
            if drop_every and count % drop_every == 0:
                continue
            for _copy in range(2 if send_twice_every and count % send_twice_every == 0 else 1):
                other[ready].send(frame)


@contextlib.contextmanager
def bridge(namespace: str, pps: float, frame_bytes: int) -> t.Iterator[None]:
    """The kernel's bridge, which passes so many frames a second of this size in each direction and drops the rest."""
    shaped = ("rate", f"{round(pps * frame_bytes * 8)}bit", "burst", str(frame_bytes * 20))
    ip("-n", namespace, "link", "add", "br0", "type", "bridge")
    for side in ("a", "b"):
        ip("-n", namespace, "link", "set", f"d-{side}", "master", "br0")
        throttle(namespace, f"d-{side}", *shaped, "limit", str(frame_bytes * 20))
    ip("-n", namespace, "link", "set", "br0", "up")
    try:
        yield
    finally:
        ip("-n", namespace, "link", "delete", "br0")


def throttle(namespace: str, interface: str, *shaped: str) -> None:
    """The kernel's token bucket filter (tc-tbf(8)) on an interface."""
    command = ["tc", "-n", namespace, "qdisc", "replace", "dev", interface, "root", "tbf", *shaped]
    subprocess.run(command, check=True)
