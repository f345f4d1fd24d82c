# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a module ends."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule


def finish(module: AnsibleModule, work: t.Callable[[], dict[str, t.Any]]) -> None:
    """Exits with the result of ``work``, or fails with the message, error_code and details of its NfvError."""
    try:
        result = work()
    except NfvError as error:
        module.fail_json(msg=str(error), **error.result())
    module.exit_json(**result)
