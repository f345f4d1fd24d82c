# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the option by which a person follows a long task."""

from __future__ import annotations


class ModuleDocFragment:
    """The option progress_file."""

    DOCUMENTATION = r"""
options:
  progress_file:
    description:
      - A file on the machine that runs the module, which takes one line for each page of VMs that was read and each
        batch of calls and tasks, with the time, the step, how many are done and of how many. Ansible shows nothing of
        a module before its end; C(tail -f) of this file does.
      - The file is emptied first, in check mode, too, and only its owner can read it when it is new. A symbolic link,
        and a file of somebody else, fail the module with C(progress_file_unusable) before it connects.
    type: path
"""
