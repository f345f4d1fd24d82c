# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks a fleet for drift and prints how many MB its process grew by.

Reads a JSON object from its input: ``connection`` and ``params``, as bench.lab_vcenter has them.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.vm_dataplane import converge
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Connection


def peak_mb() -> float:
    """The peak memory of this process so far, in MB (proc(5): VmHWM is in KiB).

    Not getrusage's ru_maxrss: that begins with the peak of the process that started this one.
    """
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")) * 1024 / 1e6


def main() -> None:
    """Checks one VM to load everything, and then all of them."""
    given = json.load(sys.stdin)
    connection, params = Connection(**given["connection"]), given["params"]
    converge({**params, "vms": params["vms"][:1]}, connection, check_mode=True)
    before = peak_mb()
    result = converge(params, connection, check_mode=True)
    assert len(result["vms"]) == len(params["vms"])
    print(json.dumps(peak_mb() - before))


if __name__ == "__main__":
    main()
