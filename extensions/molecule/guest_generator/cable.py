# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Unplugs or plugs in the cable of a guest's adapter: GUEST POSITION up|down. The guest does not notice."""

from __future__ import annotations

import subprocess
import sys

from lab.plan import tap_name
from lab.standalone import Guest
from lab.state import find_state

if __name__ == "__main__":
    name, position, wanted = sys.argv[1:]
    tap = tap_name(Guest(name).uuid, int(position))
    subprocess.run(["ip", "-n", find_state().segments_namespace, "link", "set", tap, wanted], check=True, timeout=30)
