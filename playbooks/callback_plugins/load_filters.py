# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Loads the collection's filters once for all tasks of a run. Ansible loads it because it lies beside the playbooks."""

from __future__ import annotations

DOCUMENTATION = r"""
name: load_filters
author: nfv.vsphere_dpdk contributors (@nfv)
version_added: 1.0.0
type: notification
short_description: Loads the collection's filters once
description:
  - Ansible starts a process for each task on each host. One that meets a filter of a collection loads all files of
    filters of that collection, for half a second of CPU time, unless the process that started it has loaded them.
  - Needs no setting, and changes nothing but the time that a run takes.
options: {}
"""

import typing as t

from ansible.plugins.callback import CallbackBase
from ansible.plugins.loader import filter_loader

# Whichever filter is asked for, all files are loaded.
ANY_FILTER: t.Final = "nfv.vsphere_dpdk.listed"


class CallbackModule(CallbackBase):
    """See DOCUMENTATION."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "nfv.vsphere_dpdk.load_filters"
    CALLBACK_NEEDS_ENABLED = False

    def v2_playbook_on_start(self, _playbook: t.Any) -> None:
        filter_loader.get(ANY_FILTER)
