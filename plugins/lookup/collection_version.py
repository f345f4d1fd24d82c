# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The version of a collection on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
name: collection_version
author: nfv.vsphere_dpdk contributors (@nfv)
version_added: 1.0.0
short_description: Tell which version of a collection is installed
description:
  - Reads the version of each collection on the controller from C(MANIFEST.json), or from C(galaxy.yml) of a checkout.
options:
  _terms:
    description: The collections by their full names, such as V(vmware.vmware).
    type: list
    elements: str
    required: true
"""

EXAMPLES = r"""
- name: Show what is installed
  ansible.builtin.debug:
    msg: "{{ lookup('nfv.vsphere_dpdk.collection_version', 'vmware.vmware') }}"
"""

RETURN = r"""
_raw:
  description: Of each collection its version. Empty when it is not installed, V(*) when it does not say.
  type: list
  elements: str
  sample: [2.4.0]
"""

import importlib.util
import typing as t
from pathlib import Path

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.collection_version import declared_version


class LookupModule(LookupBase):  # type: ignore[misc] # Ansible has no types
    """See DOCUMENTATION."""

    def run(self, terms: list[str], variables: t.Any = None, **kwargs: t.Any) -> list[str]:
        """The collections' versions. Raises AnsibleLookupError for a name of another form and for broken metadata."""
        self.set_options(var_options=variables, direct=kwargs)
        return [_version(term) for term in terms]


def _version(name: str) -> str:
    namespace, dot, rest = str(name).partition(".")
    if not (dot and namespace.isidentifier() and rest.isidentifier()):
        raise AnsibleLookupError(f"collection_version takes names of the form namespace.name, not {str(name)[:80]!r}")
    try:
        found = importlib.util.find_spec(f"ansible_collections.{name}")
    except ImportError:  # there is nothing of the namespace
        return ""
    directories = list((found and found.submodule_search_locations) or ())
    if not directories:
        return ""
    try:
        return declared_version(Path(directories[0])) or "*"
    except ValueError as error:
        raise AnsibleLookupError(str(error)) from error
