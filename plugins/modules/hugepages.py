#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Resizes hugepage pools of a guest at run time."""

from __future__ import annotations

DOCUMENTATION = r"""
module: hugepages
short_description: Resize hugepage pools at run time
version_added: 1.0.0
description:
  - Resizes pools of hugepages now; M(nfv.vsphere_dpdk.kernel_cmdline) does it at boot, and
    M(nfv.vsphere_dpdk.guest_tuning) does both from the description of the data plane.
  - A pool that the kernel cannot fill is given its earlier size back, and the module fails with V(hugepages_short).
author:
  - nfv.vsphere_dpdk contributors (@nfv)
options:
  pools:
    description: The pools. Others are left alone.
    type: list
    elements: dict
    required: true
    suboptions:
      size_kb:
        description: Size of a page in KiB, such as V(2048) or V(1048576).
        type: int
        required: true
      count:
        description: Number of pages; V(0) empties the pool.
        type: int
        required: true
      node:
        description: NUMA node whose memory is used; wherever there is room when left out.
        type: int
attributes:
  check_mode:
    description: Predicts without changing anything.
    support: full
  diff_mode:
    description: Shows the counts before and after.
    support: full
notes:
  - Needs root and nothing beyond Python's standard library.
"""

EXAMPLES = r"""
- name: Half a gigabyte in pages of 2 MiB
  nfv.vsphere_dpdk.hugepages:
    pools:
      - size_kb: 2048
        count: 256

- name: One page of 1 GiB on each of two nodes
  nfv.vsphere_dpdk.hugepages:
    pools:
      - {size_kb: 1048576, count: 1, node: 0}
      - {size_kb: 1048576, count: 1, node: 1}
"""

RETURN = r"""
pools:
  description: The requested pools as they are now; in check mode, as they would be.
  returned: success
  type: list
  elements: dict
  contains:
    size_kb:
      description: Size of a page in KiB.
      type: int
      sample: 2048
    node:
      description: NUMA node, null for the whole machine.
      type: int
      sample: 0
    allocated:
      description: Pages in the pool.
      type: int
      sample: 512
    free:
      description: Pages that nobody uses.
      type: int
      sample: 512
error_code:
  description: Why it failed, one of V(hugepages_short), V(hugepage_size_unsupported), V(pool_repeated),
    V(hugepages_failed), V(guest_locked), V(guest_not_converged).
  returned: failure
  type: str
  sample: hugepages_short
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.hugepages import run


def main() -> None:
    """Runs the module."""
    pool = {
        "size_kb": {"type": "int", "required": True},
        "count": {"type": "int", "required": True},
        "node": {"type": "int"},
    }
    module = AnsibleModule(
        argument_spec={"pools": {"type": "list", "elements": "dict", "required": True, "options": pool}},
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
