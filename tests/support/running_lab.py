# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab with guests, started for a test, and what somebody who works there fills into an example."""

from __future__ import annotations

import contextlib
import typing as t

from lab import generated_inventory, lifecycle, pki, vcenter_process
from lab.plan import proxy_command
from lab.state import State, find_state

# An emulated guest answers slowly.
LOGIN_SECONDS = 60


@contextlib.contextmanager
def fresh_lab() -> t.Iterator[State]:
    """A lab with nothing in it but the template. Raises LabError."""
    state = find_state()
    lifecycle.down(state, print)
    lifecycle.up(state, print)
    yield state
    lifecycle.down(state, print)


class Site(t.NamedTuple):
    """What differs at this site from an example."""

    vcenter: t.Mapping[str, t.Any]
    """Variables of vCenter by name, without the password."""
    password: str
    """vCenter's password."""
    tester: t.Mapping[str, t.Any]
    """How Ansible reaches the tester: variables by name."""
    proxy: str
    """ssh's option that stands for the route to the management network."""
    keys: pki.Pki
    """The ssh key that guests accept, and the one that all clones of the template have."""

    def login(self, variable: str, beside: str = "") -> dict[str, str]:
        """What stands for the route to the management network and an ssh agent, in the environment of Ansible.

        variable: the one that gives ssh these arguments; an inventory that gives the same ones wins. beside: more.
        """
        return {
            variable: f"{beside} {self.proxy}".strip(),
            "ANSIBLE_PRIVATE_KEY_FILE": str(self.keys.ssh_key),
            "ANSIBLE_TIMEOUT": str(LOGIN_SECONDS),
        }


def site(state: State) -> Site:
    """The site that the running lab is."""
    keys = pki.ensure_pki(state.pki)
    endpoint = vcenter_process.running(state)
    assert endpoint is not None
    groups = generated_inventory.variables(state, keys, endpoint.port, keys.password.read_text())
    vcenter = groups["all"]
    password = vcenter.pop("vsphere_password")
    proxy = f'-o ProxyCommand="{proxy_command(state.segments_namespace)}"'
    return Site(vcenter, password, groups["testers"], proxy, keys)
