# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What pmd_evidence does: one sample of what a guest shows about its poll-mode drivers."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._evidence.sample import (
    Application,
    parse_devices,
    take_sample,
)
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.run import report

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def run(module: AnsibleModule) -> None:
    """Ends the module with the sample."""
    options = module.params
    application = Application(options["application"], options["file_prefix"], options["unit"])
    report(
        module,
        lambda guest: {
            "sample": take_sample(guest, application, parse_devices(options["devices"]), options["start_timeout"])
        },
    )
