# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks one vCenter, poll after poll, which VMs had events; a lost connection or session is made anew."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime as dt
import logging
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._events import position_file
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._events.delivery import Delivery, Position, deliver

from .client import Client, Connection
from .events import current_time, events_since, instance_uuid, running_of
from .faults import typed_errors
from .lookup import find_datacenter
from .sdk import IMPORT_ERROR

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._events.options import Options

# What no further attempt mends; a wrong password that is tried again and again locks the account.
FATAL: t.Final = frozenset(
    {
        ErrorCode.AUTHENTICATION_FAILED,
        ErrorCode.CA_UNREADABLE,
        ErrorCode.CERTIFICATE_UNTRUSTED,
        ErrorCode.DATACENTER_NOT_FOUND,
        ErrorCode.DATACENTER_NOT_UNIQUE,
        ErrorCode.LIBRARY_MISSING,
        ErrorCode.PERMISSION_DENIED,
        ErrorCode.POSITION_UNUSABLE,
    }
)
# A position without news is written this often; an older one costs nothing but reading more.
SAVE_AGAIN: t.Final = dt.timedelta(seconds=60)

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Heard:
    """What one poll gives."""

    delivery: Delivery
    """What is to be handed over."""
    running: frozenset[str]
    """Those of its VMs, by managed object ID, that are on."""


class Listener:
    """The session with vCenter, and the position among its events."""

    def __init__(self, options: Options) -> None:
        """Raises NfvError: library_missing, position_unusable."""
        if IMPORT_ERROR is not None:
            raise NfvError(
                ErrorCode.LIBRARY_MISSING,
                "pyVmomi",
                "failed to import it",
                "Install the Python package pyvmomi into the environment of ansible-rulebook",
            )
        self._options = options
        self._client: Client | None = None
        path = options.position_path
        self._position = position_file.load(path) if path else None
        self._saved = self._position

    def poll(self) -> Heard:
        """Returns what is to be handed over now; ``handed_over`` makes it count.

        Raises NfvError, after which the next poll begins with a new session.
        """
        try:
            return self._poll()
        except NfvError:
            self.close()
            raise

    def _poll(self) -> Heard:
        options = self._options
        if self._client is None:
            connection = Connection(
                options.hostname,
                options.port,
                options.username,
                options.password,
                options.validate_certs,
                options.ca_path,
            )
            self._client = Client.open(connection, closed_for_writes=True)
        client = self._client
        with typed_errors(options.hostname, "failed to read the events of VMs"):
            now = current_time(client)
            position = self._position_at(instance_uuid(client), now)
            root = find_datacenter(client, options.datacenter) if options.datacenter else None
            found = [
                each for each in events_since(client, position.since, root, options.type_ids) if options.hears(each)
            ]
            delivery = deliver(found, position, now, options.patience)
            return Heard(delivery, running_of(client, [batch[0].moid for batch in delivery.batches]))

    def _position_at(self, uuid: str, now: dt.datetime) -> Position:
        """The position in this vCenter; a new one, which is stored at once, where there is none."""
        if self._position is not None and self._position.instance_uuid == uuid:
            return self._position
        if self._position is not None:
            _log.warning(
                "[%s] %s: the position is that of another vCenter (%s, now %s); beginning anew",
                ErrorCode.VCENTER_REPLACED,
                self._options.hostname,
                self._position.instance_uuid,
                uuid,
            )
        self._position = Position(uuid, self._options.start or now, {})
        self._save()
        return self._position

    def handed_over(self, delivery: Delivery) -> None:
        """Moves the position behind what was handed over. Raises NfvError: position_unusable."""
        self._position = delivery.position
        saved = self._saved
        if delivery.batches or saved is None or delivery.position.since - saved.since >= SAVE_AGAIN:
            self._save()

    def _save(self) -> None:
        path = self._options.position_path
        if path is not None and self._position is not None:
            position_file.save(path, self._position)
        self._saved = self._position

    def close(self) -> None:
        """Logs out."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(NfvError):
                client.close()
