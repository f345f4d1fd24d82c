# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The daemon beside the switch: GTP-U path management, and ICMP for packets that are too big.

It runs as nfv-pgw-path.service and sees no G-PDU of a session. The switch hands frames over on the interface pgw-path.
GTP-U messages leave through UDP sockets on br-s5u, ICMP messages and fragments through pgw-path. The daemon reads its
configuration again when the file changes, and writes its state to another file. It never waits for anything but frames,
and goes on whatever it cannot send or write.
"""

from __future__ import annotations

import array
import collections
import contextlib
import ipaddress
import json
import os
import select
import socket
import struct
import sys
import time
import typing as t
from pathlib import Path

from . import packets, path_messages
from .handover import SIGNALLING_MESSAGE, TO_NEXT_HOP, TO_SUBSCRIBER, TOO_BIG, TOO_BIG_UPLINK, UNKNOWN_TEID
from .path_state import EchoTiming, Paths

OUTGOING = 4  # packet(7): PACKET_OUTGOING
ETH_P_ALL = 3
SO_ATTACH_FILTER = 26  # socket(7)
# Frames that are read before the other sort gets its turn.
TURN = 64
COUNTERS = (
    "echo_requests_received",
    "echo_responses_sent",
    "error_indications_sent",
    "error_indications_received",
    "end_markers_received",
    "packets_too_big",
    "uplink_packets_too_big",
    "messages_not_understood",
    "messages_of_strangers",
    "send_failures",
    "send_failures_to_strangers",
    "status_write_failures",
)


class Handler:
    """Answers the frames that the switch hands over."""

    def __init__(self, send: t.Callable[[str, int, bytes], None], inject: t.Callable[[bytes], None]) -> None:
        """send(peer, port, message) sends a GTP-U message; inject(frame) gives a frame to the switch."""
        self.paths = Paths()
        self.counters: collections.Counter[str] = collections.Counter()
        self._send, self._inject = send, inject
        self._s5u, self._mtu, self._sgi_mtu = "", 0, 0
        self._known: frozenset[str] = frozenset()
        self._network = ipaddress.IPv4Network(0)
        self._sgi: tuple[str | None, str | None] = (None, None)

    def configure(self, configuration: t.Mapping[str, t.Any]) -> None:
        """Takes the configuration that pgw_sessions wrote."""
        self._s5u, self._mtu = configuration["s5u_address"], configuration["tunnel_mtu"]
        self._known = addresses_of_peers(configuration)
        self._network = ipaddress.IPv4Network(configuration["s5u_network"])
        self._sgi_mtu = configuration["sgi_mtu"]
        self._sgi = configuration["sgi_address"], configuration["ipv6_address"]
        timing = EchoTiming(
            configuration["echo_interval"], configuration["response_seconds"], configuration["echo_requests"]
        )
        self.paths.configure(timing, configuration["peers"])

    def frame(self, frame: bytes) -> None:
        """Answers one frame from the switch."""
        handover = path_messages.parse_handover(frame)
        if handover is None:
            return
        try:
            if handover.reason == UNKNOWN_TEID:
                indication = path_messages.error_indication(handover.teid, self._s5u)
                self._answer("error_indications_sent", handover.peer, packets.GTPU_PORT, indication)
            elif handover.reason == TOO_BIG:
                self.counters["packets_too_big"] += 1
                self._answer_too_big(handover.packet, self._mtu, TO_SUBSCRIBER)
            elif handover.reason == TOO_BIG_UPLINK:
                self.counters["uplink_packets_too_big"] += 1
                self._answer_too_big(handover.packet, self._sgi_mtu, TO_NEXT_HOP)
            else:
                self._answer_signalling(path_messages.parse_signalling(handover.packet))
        except packets.PacketError:
            self.counters["messages_not_understood"] += 1
        except OSError:
            self.counters["send_failures"] += 1

    def tick(self, now: float) -> None:
        """Sends the Echo Requests that are due."""
        for peer, sequence in self.paths.due(now):
            try:
                self._send(peer, packets.GTPU_PORT, path_messages.echo_request(sequence))
            except OSError:
                self.counters["send_failures"] += 1

    def status(self) -> dict[str, t.Any]:
        """Counters and peers."""
        return {"counters": {name: self.counters[name] for name in COUNTERS}, "peers": self.paths.shown()}

    def _answer_too_big(self, packet: bytes, mtu: int, onwards: str) -> None:
        for answer in path_messages.too_big(packet, self._sgi, mtu, onwards):
            self._inject(answer)

    def _answer(self, counter: str, to: str, port: int, message: bytes) -> None:
        """Sends an answer and counts it. Strangers outside the S5/S8-U network get none."""
        is_peer = to in self._known
        if not is_peer and (ipaddress.IPv4Address(to) not in self._network or to == self._s5u):
            return
        try:
            self._send(to, port, message)
        except OSError:
            self.counters["send_failures" if is_peer else "send_failures_to_strangers"] += 1
        else:
            self.counters[counter] += 1

    def _answer_signalling(self, signal: path_messages.SignallingMessage) -> None:
        message = signal.message
        if signal.peer not in self._known:
            # A stranger may ask whether the path works (TS 29.281, 4.4.2.1); what it claims is nothing to remember.
            self.counters["messages_of_strangers"] += 1
            if message.message_type != path_messages.ECHO_REQUEST:
                return
        if message.message_type == path_messages.ECHO_REQUEST:
            self.counters["echo_requests_received"] += 1
            # TS 29.281, 4.4.2.2: the response goes to the request's source port.
            response = path_messages.echo_response(message.sequence_number or 0)
            self._answer("echo_responses_sent", signal.peer, signal.port, response)
        elif message.message_type == path_messages.ECHO_RESPONSE:
            if not self.paths.answered(signal.peer, message.sequence_number or 0):
                self.counters["messages_not_understood"] += 1
        elif message.message_type == path_messages.ERROR_INDICATION:
            self.paths.indicated(signal.peer, path_messages.indicated_teid(message))
            self.counters["error_indications_received"] += 1
        elif message.message_type == path_messages.END_MARKER:
            self.counters["end_markers_received"] += 1
        else:
            self.counters["messages_not_understood"] += 1


def addresses_of_peers(configuration: t.Mapping[str, t.Any]) -> frozenset[str]:
    """The addresses of all peers, those included that they only send from."""
    return frozenset((*configuration["peers"], *configuration["peer_sources"]))


class Files:
    """The configuration file and the status file."""

    def __init__(self, configuration: Path, status: Path) -> None:
        self._configuration, self._status = configuration, status
        self._seen: tuple[int, int] | None = None
        self._written = ""

    def changed(self) -> dict[str, t.Any] | None:
        """The configuration if it changed since the last call; None otherwise, and while it cannot be read."""
        try:
            about = self._configuration.stat()
            if (about.st_ino, about.st_mtime_ns) == self._seen:
                return None
            content: dict[str, t.Any] = json.loads(self._configuration.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        self._seen = about.st_ino, about.st_mtime_ns
        return content

    def write(self, status: t.Mapping[str, t.Any]) -> bool:
        """Replaces the status file if the status changed. A reader never sees a part of it.

        Returns False if the file cannot be written, such as on a full file system; the next call tries again.
        """
        text = json.dumps(status, indent=1) + "\n"
        if text == self._written:
            return True
        temporary = self._status.with_suffix(".new")
        try:
            temporary.write_text(text, encoding="utf-8")
            temporary.replace(self._status)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink()
            return False
        self._written = text
        return True


def by_reason(reason: int, wanted: bool) -> array.array[int]:
    """A classic BPF program that takes the frames with that reason for a handover, or all others.

    The reason is the frame's first two bytes (handover.py). linux/filter.h: code, jump if true, jump if false, value.
    """
    takes, drops = (1, 0) if wanted else (0, 1)
    program = array.array("B")
    for instruction in (
        (0x28, 0, 0, 0),  # load 16 bits at 0
        (0x15, 0, 1, reason),  # equal: the next instruction, else the one after it
        (0x06, 0, 0, 0xFFFFFFFF * takes),  # take so many bytes
        (0x06, 0, 0, 0xFFFFFFFF * drops),
    ):
        program.frombytes(struct.pack("=HBBI", *instruction))
    return program


class Sockets:
    """The sockets to the switch, to each peer, and to all others.

    GTP-U messages come through a socket of their own, which is read first: neither packets that are too big nor unknown
    TEIDs, of which there may be many more, fill its queue.

    A socket holds its packets until the kernel has resolved their next hop, and takes no more if they are too many.
    Therefore one that nobody answers for must not share a socket with others. Sockets must be opened again after the
    switch removed its interfaces.
    """

    def __init__(self, tap: str, bridge: str) -> None:
        self._tap, self._bridge = tap, bridge
        self._own = ""
        self._peers: frozenset[str] = frozenset()
        self._messages: socket.socket | None = None
        self._others: socket.socket | None = None
        self._to_peers: dict[str, socket.socket] = {}
        self._to_strangers: socket.socket | None = None

    def open(self, own_address: str, peers: frozenset[str]) -> None:
        """Opens the sockets; those to peers when they are needed. Raises OSError while an interface or the address is
        missing.
        """
        self.close()
        self._own, self._peers = own_address, peers
        self._messages, self._others = self._raw(wanted=True), self._raw(wanted=False)
        self._to_strangers = self._udp()

    def _raw(self, wanted: bool) -> socket.socket:
        """A socket that takes the frames with GTP-U messages, or all others."""
        made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        program = by_reason(SIGNALLING_MESSAGE, wanted)
        address, size = program.buffer_info()
        try:
            made.setblocking(False)
            made.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, struct.pack("@HP", size // 8, address))
            # Nothing is received before: the filter is there first.
            made.bind((self._tap, ETH_P_ALL))
        except OSError:
            made.close()
            raise
        return made

    def _udp(self) -> socket.socket:
        """A socket that sends from GTP-U's port and never waits. What comes to that port is the switch's to take."""
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            made.setblocking(False)
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            # Messages never leave through another interface, whatever the routing table says.
            made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, self._bridge.encode())
            made.bind((self._own, packets.GTPU_PORT))
        except OSError:
            made.close()
            raise
        return made

    def close(self) -> None:
        """Closes the sockets that are open."""
        for one in (self._messages, self._others, self._to_strangers, *self._to_peers.values()):
            if one is not None:
                one.close()
        self._messages = self._others = self._to_strangers = None
        self._to_peers = {}

    def frames(self, seconds: float) -> t.Iterator[bytes]:
        """Yields frames that arrive within so many seconds. Raises OSError if the interface is gone."""
        if self._messages is None or self._others is None:
            raise OSError("not open")
        readable = select.select([self._messages, self._others], [], [], seconds)[0]
        for one in readable:
            with contextlib.suppress(BlockingIOError):
                for _frame in range(TURN):
                    frame, source = one.recvfrom(65535)
                    if source[2] != OUTGOING:
                        yield frame

    def send(self, to: str, port: int, message: bytes) -> None:
        """Sends a GTP-U message. Raises OSError if the kernel does not take it at once."""
        used = self._to_strangers
        if used is None:
            raise OSError("not open")
        if to in self._peers:
            used = self._to_peers.get(to) or self._to_peers.setdefault(to, self._udp())
        used.sendto(message, (to, port))

    def inject(self, frame: bytes) -> None:
        """Gives a frame to the switch."""
        if self._others is None:
            raise OSError("not open")
        self._others.send(frame)


def main(arguments: t.Sequence[str]) -> None:
    """Runs for ever. Arguments: interface, bridge, configuration file, status file."""
    tap, bridge, configuration, status = arguments
    sockets, files = Sockets(tap, bridge), Files(Path(configuration), Path(status))
    handler = Handler(sockets.send, sockets.inject)
    own, peers, is_open, next_second = "", frozenset[str](), False, 0.0
    while True:
        now = time.monotonic()
        if now >= next_second:
            next_second = now + 0.5
            changed = files.changed()
            if changed is not None:
                handler.configure(changed)
                own, peers, is_open = changed["s5u_address"], addresses_of_peers(changed), False
            if is_open:
                handler.tick(now)
            if not files.write(handler.status()):
                handler.counters["status_write_failures"] += 1
        try:
            if not is_open:
                sockets.open(own, peers)
                is_open = True
            for frame in sockets.frames(0.25):
                handler.frame(frame)
        except OSError:
            is_open = False
            time.sleep(0.25)


if __name__ == "__main__":
    os.umask(0o022)
    main(sys.argv[1:])
