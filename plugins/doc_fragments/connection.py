# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of the options for the connection to vCenter."""

from __future__ import annotations


class ModuleDocFragment:
    """Options for the connection to vCenter."""

    DOCUMENTATION = r"""
options:
  hostname:
    description:
      - The host name or address of vCenter.
      - When not given, the environment variable E(VMWARE_HOST) is used.
    type: str
    required: true
  username:
    description:
      - The user to log in as.
      - When not given, the environment variable E(VMWARE_USER) is used.
    type: str
    required: true
  password:
    description:
      - The user's password.
      - When not given, the environment variable E(VMWARE_PASSWORD) is used.
    type: str
    required: true
  port:
    description:
      - The port of vCenter's API.
      - When not given, the environment variable E(VMWARE_PORT) is used.
    type: int
    default: 443
  validate_certs:
    description:
      - Whether to verify vCenter's certificate. Keep it on, and set O(ca_path) for a certificate authority of your own.
      - When not given, the environment variable E(VMWARE_VALIDATE_CERTS) is used.
      - When it is off, each module warns of it, wherever that was said.
    type: bool
    default: true
  ca_path:
    description:
      - A PEM file on the controller with certificate authorities to trust besides those of the system.
    type: path
  datacenter:
    description:
      - The name or managed object ID of the datacenter to search. Without it, the whole vCenter is searched.
    type: str
requirements:
  - pyvmomi >= 8.0.3
notes:
  - Run this module on the controller, or wherever vCenter can be reached. In a play over guests, set C(delegate_to) to
    V(localhost).
  - All modules for vCenter are in the action group C(nfv.vsphere_dpdk.vsphere), for C(module_defaults).
"""
