# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The reader of fleets in lab/vcenter/fleetreader: govmomi, and nothing else."""

from __future__ import annotations

import os
import subprocess
import typing as t

from bench import ROOT
from lab.tools import environment

if t.TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.client import Connection

SECONDS = 600


def fleet_reader() -> Callable[[Connection, Sequence[str], int], int]:
    """Builds the reader. It takes a connection, property paths and a page size, and returns the number of VMs."""
    binary = ROOT / ".cache" / "fleetreader"
    subprocess.run(
        ["go", "build", "-C", ROOT / "lab" / "vcenter", "-buildvcs=false", "-trimpath", "-o", binary, "./fleetreader"],
        env=environment(ROOT),
        check=True,
        timeout=SECONDS,
    )

    def read(connection: Connection, paths: Sequence[str], page: int) -> int:
        command = [
            *(str(binary), "-url", f"https://{connection.hostname}:{connection.port}/sdk"),
            *("-ca", str(connection.ca_path), "-username", connection.username, "-page", str(page), *paths),
        ]
        variables = {**os.environ, "FLEETREADER_PASSWORD": connection.password}
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=True, timeout=SECONDS)
        return int(done.stdout)

    return read
