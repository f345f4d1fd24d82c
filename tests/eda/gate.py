# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A TCP port that leads to another one and can be shut, so that a vCenter goes away and comes back as it was."""

from __future__ import annotations

import contextlib
import socket
import threading


class Gate:
    """Leads from a free port of loopback to another one; refuses connections, and ends those there are, while shut."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._links: set[socket.socket] = set()
        self._listener = self._listen(0)
        self.port: int = self._listener.getsockname()[1]

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port))
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _address = listener.accept()
                far = socket.create_connection(("127.0.0.1", self._target))
                self._links |= {near, far}
                for source, sink in ((near, far), (far, near)):
                    threading.Thread(target=self._carry, args=(source, sink), daemon=True).start()

    def _carry(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for link in (source, sink):
            self._links.discard(link)
            _end(link)

    def shut(self) -> None:
        """Lets nobody through any more."""
        _end(self._listener)
        for link in list(self._links):
            _end(link)

    def open(self) -> None:
        """Lets everybody through again, at the same port."""
        self._listener = self._listen(self.port)


def _end(link: socket.socket) -> None:
    with contextlib.suppress(OSError):
        link.shutdown(socket.SHUT_RDWR)
    link.close()
