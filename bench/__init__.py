# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measurements with targets: `make bench` writes them to reports/bench.json and prints them as a table."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# The collection under its import name; scripts/bootstrap makes the link.
_SOURCE = str(ROOT / ".cache" / "source")
if _SOURCE not in sys.path:
    sys.path.insert(0, _SOURCE)
