# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands of the guest that read a text from their standard input."""

from __future__ import annotations

import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.observe import COMMAND_NOT_FOUND

if t.TYPE_CHECKING:
    from ansible.module_utils.basic import AnsibleModule

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._pgw.observe import Ask


def ask_with(module: AnsibleModule) -> Ask:
    """Runs commands as the module does. A program that is not installed has status COMMAND_NOT_FOUND."""

    def ask(argv: t.Sequence[str], text: str) -> tuple[int, str, str]:
        try:
            status, output, errors = module.run_command(
                list(argv), data=text, expand_user_and_vars=False, handle_exceptions=False
            )
        except OSError as error:
            return COMMAND_NOT_FOUND, "", str(error)
        return int(status), str(output), str(errors)

    return ask
