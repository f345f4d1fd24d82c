#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""DPDK's source: its checksum, and a tree of it as an archive."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dpdk_source
short_description: Identify DPDK's source by a checksum
version_added: 1.0.0
description:
  - Returns the checksum of DPDK's source. Run it where the source is.
  - Of a tree, names, modes and contents count; times, owners and what version control keeps in it do not.
  - With O(dest) it also packs a tree into an archive.
author:
  - nfv.vsphere_dpdk contributors (@nfv)
options:
  archive:
    description: Path of a tarball as DPDK releases it.
    type: path
  tree:
    description: Path of a directory with the unpacked source.
    type: path
  url:
    description: Address of a tarball. It needs O(checksum), which the module returns without a download.
    type: str
  checksum:
    description: The checksum that the source must have, such as V(sha256:27a3bb1f57e0…).
    type: str
  dest:
    description: Archive to pack O(tree) into. An archive is left where it is.
    type: path
  prefix:
    description: Directory that the build is going to be installed in, which is checked beforehand.
    type: path
    default: /opt/dpdk
attributes:
  check_mode:
    description: Packs nothing.
    support: full
  diff_mode:
    description: Shows no difference.
    support: none
notes:
  - Needs nothing beyond Python's standard library.
"""

EXAMPLES = r"""
- name: Identify a source of the controller's
  nfv.vsphere_dpdk.dpdk_source:
    archive: files/dpdk-24.11.4.tar.xz
  delegate_to: localhost
  register: source
"""

RETURN = r"""
kind:
  description: V(archive), V(tree) or V(url).
  returned: success
  type: str
  sample: archive
checksum:
  description: Checksum of the source.
  returned: success
  type: str
  sample: sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
path:
  description: O(dest) when a tree was packed into it, else where the source is.
  returned: success
  type: str
  sample: /var/cache/nfv/dpdk-22.11.9.tar.xz
error_code:
  description: Why it failed, one of V(source_invalid), V(source_missing), V(write_failed).
  returned: failure
  type: str
  sample: source_missing
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.dpdk_source import run


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            "archive": {"type": "path"},
            "tree": {"type": "path"},
            "url": {"type": "str"},
            "checksum": {"type": "str"},
            "dest": {"type": "path"},
            "prefix": {"type": "path", "default": "/opt/dpdk"},
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
