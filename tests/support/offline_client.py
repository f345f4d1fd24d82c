# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of vCenter without a server, for tests that need no more than objects of the SDK."""

from __future__ import annotations

import threading

from pyVmomi import SoapStubAdapter, vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Client


class OfflineClient(Client):
    """A client without a session: it creates objects and has an API version, and every call would fail."""

    def __init__(self, version: str = "vim.version.v8_0_3_0", closed_for_writes: bool = False) -> None:
        stub = SoapStubAdapter("127.0.0.1", 1, version=version)
        self._service = vim.ServiceInstance("ServiceInstance", stub)
        self.closed_for_writes = closed_for_writes
        self.content = None
        self._logging_in = threading.Lock()
        self._decoders = {}
        self.datacenters = {}
