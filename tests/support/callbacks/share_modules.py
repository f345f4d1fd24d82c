# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets the tests' runs of ansible-playbook share the modules that Ansible packs, at half a second of CPU time each."""

from __future__ import annotations

import importlib
import os
import typing as t
from pathlib import Path

from ansible import constants
from ansible.plugins.callback import CallbackBase
from ansible.release import __version__ as ansible_core

DOCUMENTATION = """
name: share_modules
type: notification
short_description: Shares packed modules among runs
description:
  - Ansible packs a module with all that it imports when a run first needs it, and keeps it until the run ends. This
    puts a directory of NFV_PACKED_MODULES in place of the run's own, one for each ansible-core and each copy of the
    collection.
  - Ansible locks and replaces the files there, so runs may share them while they go on.
options: {}
"""

# Within the run's own temporary directory (ansible.executor.module_common). Another name would cost time and no more.
_PACKED: t.Final = "ansiballz_cache"


class CallbackModule(CallbackBase):  # type: ignore[misc]
    """See DOCUMENTATION."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "share_modules"
    CALLBACK_NEEDS_ENABLED = True

    def v2_playbook_on_start(self, _playbook: t.Any) -> None:
        collection = importlib.import_module("ansible_collections.nfv.vsphere_dpdk")
        copy = str(Path(collection.__path__[0]).resolve()).strip("/").replace("/", "-")
        # Another ansible-core, as ansible-rulebook may bring one, reads no other's.
        shared = Path(os.environ["NFV_PACKED_MODULES"]) / f"{ansible_core}-{copy}"
        shared.mkdir(exist_ok=True)
        (Path(constants.DEFAULT_LOCAL_TMP) / _PACKED).symlink_to(shared)
