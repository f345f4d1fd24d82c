# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An event source for ansible-rulebook: the events of vCenter's VMs, collected per VM."""

from __future__ import annotations

import asyncio
import logging
import os
import pathlib
import sys
import typing as t

# ansible-rulebook runs this file by its path. The collection is found from there, also where the Python package
# "ansible" brings an ansible_collections of its own.
_COLLECTIONS = pathlib.Path(__file__).absolute().parents[6]
if str(_COLLECTIONS.parent) not in sys.path:
    sys.path.insert(0, str(_COLLECTIONS.parent))
import ansible_collections  # noqa: E402

if str(_COLLECTIONS) not in ansible_collections.__path__:
    ansible_collections.__path__.append(str(_COLLECTIONS))

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError  # noqa: E402
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._events.delivery import (  # noqa: E402
    inventory_name,
    rule_event,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._events.options import options_of  # noqa: E402
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.listener import (  # noqa: E402
    FATAL,
    Listener,
)

DOCUMENTATION = r"""
---
short_description: Events of VMs in vCenter, collected per VM
description:
  - Asks vCenter for reconfigurations, migrations, power-ons, resets, restarts by vSphere HA and new names of VMs.
  - Gives one event per VM once the VM has been quiet for a while, however many events vCenter has of it.
  - Survives a vCenter that is away and a session that has ended. What happened meanwhile follows, and what happened
    while the source did not run, too, if O(position_file) is given.
  - Changes nothing in vCenter; the role Read-only is enough.
  - Takes the arguments of C(vmware.vmware.vcenter_event_manager) but O(ignore:severity), O(ignore:event_tags) and those
    of a proxy, which it refuses with the reason. An empty text or list counts as not given.
options:
  hostname:
    description: Host name or address of vCenter; the environment variable E(VMWARE_HOST) if not given.
    type: str
    required: true
  username:
    description: The user to log in as; the environment variable E(VMWARE_USER) if not given.
    type: str
    required: true
  password:
    description: The user's password; the environment variable E(VMWARE_PASSWORD) if not given.
    type: str
    required: true
  port:
    description: TCP port of the API; the environment variable E(VMWARE_PORT) if not given.
    type: int
    default: 443
  validate_certs:
    description: >-
      Whether vCenter's certificate is verified; the environment variable E(VMWARE_VALIDATE_CERTS) if not given.
    type: bool
    default: true
  ca_path:
    description: A PEM file with certificate authorities to trust besides those of the system.
    type: str
  datacenter:
    description: The datacenter whose VMs are watched, by name or managed object ID; all unless given.
    type: str
  interval:
    description: Seconds from one poll to the next.
    type: float
    default: 10
  quiet:
    description: A VM's events are handed over when it has had none for so many seconds.
    type: float
    default: 15
  longest:
    description: They are handed over, too, when the first of them is so many seconds old.
    type: float
    default: 120
  position_file:
    description: >-
      Where the source keeps what it has handed over, as an absolute path. The directory must exist. Without it, what
      happens while the source does not run is lost.
    type: str
  initial_start_time:
    description: Where to begin without a position, in UTC, as V(2026-01-31 12:00:00); the present unless given.
    type: str
  vms:
    description: >-
      The names of the VMs that are answered for, as they were before the events; every VM unless given. Each VM costs
      a run of the playbooks.
    type: list
    elements: str
  event_type_ids:
    description: >-
      The identifiers of the events that count, with or without V(vim.event.); every one that the source knows unless
      given. It knows no others.
    type: list
    elements: str
  user_names:
    description: The users whose events count. vSphere HA and DRS are no users. Every event counts unless given.
    type: list
    elements: str
  event_type:
    description: V(system), as vmware.vmware's source calls events that are no logins.
    type: str
    choices: [system]
    default: system
"""

EXAMPLES = r"""
- nfv.vsphere_dpdk.vcenter_events:
    hostname: "{{ vsphere_hostname }}"
    username: "{{ vsphere_username }}"
    password: "{{ vsphere_password }}"
    position_file: /var/lib/eda/vcenter-1.json
"""

_log = logging.getLogger("nfv.vsphere_dpdk.vcenter_events")


class Queue(t.Protocol):
    """Where ansible-rulebook takes events."""

    async def put(self, event: dict[str, t.Any]) -> None:
        """Takes an event, as soon as there is room."""


async def main(queue: Queue, args: dict[str, t.Any]) -> None:
    """Hands events over for as long as ansible-rulebook runs.

    Raises NfvError for arguments that are wrong, and for what no further attempt mends.
    """
    options = options_of(args, os.environ)
    listener = Listener(options)
    failures = 0
    try:
        while True:
            try:
                heard = await asyncio.to_thread(listener.poll)
            except NfvError as error:
                if error.error_code in FATAL:
                    raise
                failures += 1
                _log.warning("%s (attempt %d; the next in %g s)", error, failures, options.interval)
            else:
                if failures:
                    _log.warning("%s answers again after %d failed attempts", options.hostname, failures)
                failures = 0
                for batch in heard.delivery.batches:
                    if options.answers_for(inventory_name(batch)):
                        await queue.put(rule_event(batch, options.hostname, batch[0].moid in heard.running))
                listener.handed_over(heard.delivery)
            await asyncio.sleep(options.interval)
    finally:
        listener.close()
