#!/usr/bin/python
# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest has of DPDK, and what is missing."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dpdk_install_info
short_description: Read what a guest has of DPDK and what is missing
version_added: 1.0.0
description:
  - Reads the distribution, the installed packages and the build at O(prefix), and returns what is missing.
  - With O(source_checksum) it looks for a build from source, else for the distribution's packages.
  - Changes nothing. Role C(dpdk_install) decides by its result.
author:
  - nfv.vsphere_dpdk contributors (@nfv)
extends_documentation_fragment:
  - nfv.vsphere_dpdk.attributes.info_module
  - nfv.vsphere_dpdk.dpdk
options:
  packages:
    description:
      - Packages to have. A name may hold the wildcard C(*).
      - DPDK and the VMXNET3 driver unless given; with O(source_checksum), what a build needs to run.
    type: list
    elements: str
  extra_packages:
    description: More packages to have.
    type: list
    elements: str
    default: []
  required_release:
    description:
      - The release that this host must run, as RV(distribution.release) of the guest.
      - A host with another one fails with V(build_host_differs), since its builds would not run in the guest.
    type: str
  build_host:
    description: Name of the host that builds, which goes into RV(build.group).
    type: str
    default: ""
notes:
  - Needs neither root nor anything beyond Python's standard library, and runs over a chroot connection too.
"""

EXAMPLES = r"""
- name: Read whether the distribution's DPDK is installed and new enough
  nfv.vsphere_dpdk.dpdk_install_info:
    minimum_version: "22.11"
  register: look

- name: Read whether a build from source is installed
  nfv.vsphere_dpdk.dpdk_install_info:
    source_checksum: "{{ source.checksum }}"
    prefix: /opt/dpdk
  register: look
"""

RETURN = r"""
distribution:
  description: What the guest runs.
  returned: success
  type: dict
  contains:
    name:
      description: Its name for people.
      type: str
      sample: Debian GNU/Linux 12 (bookworm)
    release:
      description: Distribution and version. A build runs on the release that it was built on.
      type: str
      sample: debian 12
    package_manager:
      description: V(apt) or V(dnf).
      type: str
      sample: apt
packages:
  description: Packages by name.
  returned: success
  type: dict
  contains:
    wanted:
      description: Those to have.
      type: list
      elements: str
      sample: [dpdk, driverctl]
    missing:
      description: Those of them that are not installed.
      type: list
      elements: str
      sample: [dpdk]
    recorded:
      description: Installed packages that M(nfv.vsphere_dpdk.dpdk_package_record) recorded.
      type: list
      elements: str
      sample: [driverctl]
dpdk:
  description: The requested DPDK. Null when it is not installed.
  returned: success
  type: dict
  contains:
    version:
      description: DPDK's own version.
      type: str
      sample: 22.11.11
    origin:
      description: V(packages) or V(source).
      type: str
      sample: packages
    programs:
      description: Directory of its programs.
      type: str
      sample: /usr/bin
    vmxnet3:
      description: Whether it has the VMXNET3 poll-mode driver.
      type: bool
      sample: true
    missing_libraries:
      description: Shared libraries that programs built from source need and the guest lacks.
      type: list
      elements: str
      sample: [libnuma.so.1]
build:
  description: The requested build. Null without O(source_checksum).
  returned: success
  type: dict
  contains:
    digest:
      description: Digest of the inputs of the build. Equal digests mean equal builds.
      type: str
      sample: 0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef
    archive:
      description: Where M(nfv.vsphere_dpdk.dpdk_build) keeps it on the build host.
      type: str
      sample: /var/cache/nfv-vsphere-dpdk/0123456789abcdef.tar.gz
    cached:
      description: Whether this host has that archive.
      type: bool
      sample: true
    packages:
      description: Packages that a build needs.
      type: list
      elements: str
      sample: [meson, ninja-build]
    group:
      description: Name of an inventory group for all hosts that need this build of O(build_host).
      type: str
      sample: nfv_dpdk_0123456789abcdef
problems:
  description:
    - Why the installed DPDK cannot be used, or why none can be built. Each is a line that begins with its error code,
      V(dpdk_version_old), V(pmd_missing), V(shared_library_missing) or V(prefix_occupied).
    - Driver and libraries are checked when no package is missing.
  returned: success
  type: list
  elements: str
  sample: ['[pmd_missing] DPDK 22.11.9: it has no VMXNET3 poll-mode driver']
leftovers:
  description: Files and directories to remove with DPDK.
  returned: success
  type: list
  elements: str
  sample: [/opt/dpdk]
error_code:
  description: Why it failed, one of V(distribution_unsupported), V(packages_unreadable), V(source_invalid),
    V(build_host_differs), V(build_incomplete).
  returned: failure
  type: str
  sample: distribution_unsupported
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.dpdk_install_info import dpdk_options, run


def main() -> None:
    """Entry point."""
    module = AnsibleModule(
        argument_spec={
            **dpdk_options(),
            "packages": {"type": "list", "elements": "str"},
            "extra_packages": {"type": "list", "elements": "str", "default": []},
            "required_release": {"type": "str"},
            "build_host": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    run(module)


if __name__ == "__main__":
    main()
