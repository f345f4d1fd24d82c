# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a report was made with and from."""

from __future__ import annotations

DOCUMENTATION = r"""
name: provenance
author: nfv.vsphere_dpdk contributors (@nfv)
version_added: 1.0.0
short_description: Tell what a report is made with, and from which inventory
description:
  - Finds the versions of the software on the controller, and the commit of the Git repository that the inventory is in.
  - Takes no terms. The filter P(nfv.vsphere_dpdk.poll_mode_report#filter) takes what it returns.
options: {}
"""

EXAMPLES = r"""
- name: Show which inventory a run is from
  ansible.builtin.debug:
    msg: "{{ lookup('nfv.vsphere_dpdk.provenance').commit }}"
"""

RETURN = r"""
_raw:
  description: One dictionary.
  type: list
  elements: dict
  contains:
    versions:
      description: The versions of C(nfv.vsphere_dpdk), C(ansible-core) and C(Python); null for one that is not known.
      type: dict
      sample: {nfv.vsphere_dpdk: 1.0.0, ansible-core: 2.19.4, Python: 3.11.2}
    commit:
      description: The commit that is checked out where the inventory is; null without a Git repository.
      type: str
      sample: 0123456789abcdef0123456789abcdef01234567
  sample:
    - versions: {nfv.vsphere_dpdk: 1.0.0, ansible-core: 2.19.4, Python: 3.11.2}
      commit: 0123456789abcdef0123456789abcdef01234567
"""

import contextlib
import platform
import typing as t
from pathlib import Path

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible.release import __version__ as ansible_core

from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.collection_version import declared_version
from ansible_collections.nfv.vsphere_dpdk.plugins.plugin_utils.provenance import inventory_commit


class LookupModule(LookupBase):  # type: ignore[misc] # Ansible has no types
    """See DOCUMENTATION."""

    def run(self, terms: list[t.Any], variables: t.Any = None, **kwargs: t.Any) -> list[dict[str, t.Any]]:
        """Versions and commit. Raises AnsibleLookupError for terms."""
        if terms:
            raise AnsibleLookupError(f"provenance takes no terms, and was given {len(terms)}")
        self.set_options(var_options=variables, direct=kwargs)
        versions = {
            "nfv.vsphere_dpdk": _collection_version(),
            "ansible-core": ansible_core,
            "Python": platform.python_version(),
        }
        sources = (variables or {}).get("ansible_inventory_sources") or ()
        return [{"versions": versions, "commit": inventory_commit(map(str, sources))}]


def _collection_version() -> str | None:
    """None for metadata that cannot be read: a report without a version is better than none."""
    with contextlib.suppress(ValueError):
        return declared_version(Path(__file__).resolve().parents[2])
    return None
