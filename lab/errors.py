# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error type of the lab."""

from __future__ import annotations


class LabError(Exception):
    """Something that the lab could not do, in one line.

    ``error_code`` is a stable word for programs; ``detail`` names the object, what was attempted and
    what to do about it.
    """

    def __init__(self, error_code: str, detail: str) -> None:
        self.error_code = error_code
        self.detail = " ".join(detail.split())
        super().__init__(f"{error_code}: {self.detail}")
