# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parts of the lab that tests and benchmarks share: a vCenter of their own, a native switch, a tester's packets.

The modules import the collection by its full name: pytest and ``python -m bench`` put .cache/source on the path.
"""
