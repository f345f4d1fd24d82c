#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DPDK built from source on this host."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dpdk_build
short_description: Build DPDK from source with meson and ninja
version_added: 1.0.0
description:
  - Builds DPDK and keeps the finished directory as an archive in C(/var/cache/nfv-vsphere-dpdk), named by a digest of
    its inputs. A build that exists is not repeated.
  - The archive holds what belongs into O(prefix), and C(.nfv-vsphere-dpdk.json), which says what was built.
  - Fails when a requested driver or program is not in the build, since meson silently leaves out whatever
    lacks a dependency.
author:
  - nfv.vsphere_dpdk contributors (@nfv)
extends_documentation_fragment:
  - nfv.vsphere_dpdk.dpdk
options:
  source:
    description: Path of a tarball or of a tree on this host.
    type: path
    required: true
  source_checksum:
    required: true
attributes:
  check_mode:
    description: Predicts whether it would build.
    support: full
  diff_mode:
    description: Shows no difference.
    support: none
notes:
  - Needs C(meson), C(ninja), C(tar), a C compiler and what DPDK's drivers need, which
    M(nfv.vsphere_dpdk.dpdk_install_info) names in RV(nfv.vsphere_dpdk.dpdk_install_info#module:build.packages).
"""

EXAMPLES = r"""
- name: Build it
  nfv.vsphere_dpdk.dpdk_build:
    source: /usr/src/dpdk-24.11.4.tar.xz
    source_checksum: "{{ source.checksum }}"
    drivers: [bus/pci, bus/vdev, mempool/ring, net/vmxnet3]
    apps: [test-pmd]
"""

RETURN = r"""
archive:
  description: The finished build.
  returned: success
  type: str
  sample: /var/cache/nfv-vsphere-dpdk/0123456789abcdef.tar.gz
digest:
  description: Digest of its inputs.
  returned: success
  type: str
  sample: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
error_code:
  description: Why it failed, one of V(distribution_unsupported), V(source_invalid), V(source_missing),
    V(dpdk_version_old), V(build_failed), V(build_incomplete), V(write_failed).
  returned: failure
  type: str
  sample: build_failed
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.dpdk_build import dpdk_options, run


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            **dpdk_options(),
            "source": {"type": "path", "required": True},
            "source_checksum": {"type": "str", "required": True},
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
