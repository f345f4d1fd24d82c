# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bounds for what a server answers, because not everything that answers at vCenter's address is one."""

from __future__ import annotations

import typing as t
import xml.parsers.expat

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError

# Bytes of one answer after decompression. A page of 250 VMs has 3 MB in the lab.
ANSWER_BYTES: t.Final = 256 << 20
# Bytes of one object in a page. A VM has 12 kB in the lab; a cluster with an override for each of 10,000 VMs has 6 MB.
OBJECT_BYTES: t.Final = 16 << 20


class Bounded:
    """A response as a file whose reader stops at a server that does not."""

    def __init__(self, response: t.Any, server: str) -> None:
        self._response = response
        self._server = server
        self._read = 0
        self._since = 0

    def read(self, size: int = -1) -> bytes:
        """Reads as the response does. Raises NfvError: answer_refused."""
        data: bytes = self._response.read(size)
        self._read += len(data)
        self._since += len(data)
        if self._read > ANSWER_BYTES:
            raise refused(self._server, f"it has more than {ANSWER_BYTES >> 20} MiB")
        if self._since > OBJECT_BYTES:
            raise refused(self._server, f"one object in it has more than {OBJECT_BYTES >> 20} MiB")
        return data

    def next_object(self) -> None:
        """Tells that an object ended here."""
        self._since = 0


def parser(*arguments: t.Any, **options: t.Any) -> t.Any:
    """Takes the place of xml.parsers.expat.ParserCreate: a parser that refuses a document type, and so entities."""
    made = xml.parsers.expat.ParserCreate(*arguments, **options)

    def refuse(name: str, *_declared: object) -> None:
        raise refused("vCenter", f"it declares the document type {name[:60]!r}, as SOAP never does")

    made.StartDoctypeDeclHandler = refuse
    return made


def refused(server: str, reason: str) -> NfvError:
    """The error for an answer that is not read to its end."""
    return NfvError(
        ErrorCode.ANSWER_REFUSED,
        server,
        f"failed to read its answer: {reason}",
        "Check that hostname and port are vCenter's, and which proxy stands in between",
    )
