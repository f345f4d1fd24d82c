# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The description of a guest's first boot as dataclasses."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class User:
    """The user that Ansible logs in as."""

    name: str
    """Its login name."""
    ssh_authorized_keys: tuple[str, ...]
    """Public keys, each a line of an authorized_keys file without options."""
    sudo: bool = True
    """Whether it may become root without a password."""


@dataclasses.dataclass(frozen=True)
class GuestDescription:
    """What a guest is told at its first boot."""

    host_name: str | None = None
    """With or without a domain; None for the name of the VM."""
    addresses: tuple[str, ...] = ()
    """Addresses of the management adapter with prefix length; without one, DHCP over IPv4."""
    gateways: tuple[str, ...] = ()
    """The default routes' next hops, at most one of each IP version."""
    dns_servers: tuple[str, ...] = ()
    """Addresses of name servers."""
    dns_search: tuple[str, ...] = ()
    """Domains to look names up in."""
    ntp_servers: tuple[str, ...] = ()
    """Names or addresses of time servers; without one, the template's stay."""
    user: User | None = None
    """Without one, the template's users stay."""
