# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the attributes that modules share."""

from __future__ import annotations


class ModuleDocFragment:
    """Attributes of modules."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return what would change, without changing anything.
  diff_mode:
    description: Returns in diff mode what has changed, or would change in C(check_mode).
  idempotent:
    description: When run twice with nothing else changing, the second run changes nothing.
"""

    # For modules that only read.
    INFO_MODULE = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return what would change, without changing anything.
    support: full
    details:
      - This module changes nothing.
  diff_mode:
    description: Returns in diff mode what has changed, or would change in C(check_mode).
    support: none
  idempotent:
    description: When run twice with nothing else changing, the second run changes nothing.
    support: full
    details:
      - This module changes nothing.
"""

    # For modules that send traffic.
    TRAFFIC = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return what would change, without changing anything.
    support: none
    details:
      - A run sends traffic; in check mode the task is skipped.
  diff_mode:
    description: Returns in diff mode what has changed, or would change in C(check_mode).
    support: none
    details:
      - A run changes nothing that could be shown.
"""
