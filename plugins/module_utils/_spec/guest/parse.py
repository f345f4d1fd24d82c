# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads the description of a guest's first boot, checks it as a whole, and turns it into dataclasses."""

from __future__ import annotations

import ipaddress
import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, Problem
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.text import shown
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._spec.reader import Section

from .model import GuestDescription, User
from .public_keys import public_key

_KEYS: t.Final = ("host_name", "addresses", "gateways", "dns_servers", "dns_search", "ntp_servers", "user")
# RFC 1123, 2.1; Linux itself takes at most 64 characters for the name without its domain (HOST_NAME_MAX).
_LABEL: t.Final = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
# What consists of numbers alone is an address, or a mistyped one such as 192.0.2.256.
HOST_NAME: t.Final = rf"(?![0-9.]+$){_LABEL}(\.{_LABEL})*"
_LOGIN: t.Final = r"[a-z_][a-z0-9_-]{0,31}"
# Linux's resolver reads as many (resolv.conf(5), MAXNS and MAXDNSRCH).
MAX_DNS_SERVERS: t.Final = 3
MAX_DNS_SEARCH: t.Final = 6
MAX_ENTRIES: t.Final = 16

Interface = t.Union[ipaddress.IPv4Interface, ipaddress.IPv6Interface]
Address = t.Union[ipaddress.IPv4Address, ipaddress.IPv6Address]


def parse_guest(raw: t.Any, path: str = "nfv_guest") -> tuple[GuestDescription | None, tuple[Problem, ...]]:
    """Reads a description.

    Returns it without a problem, or None with every problem found, in the order of the description. Never raises,
    whatever ``raw`` is. path: what the description is called in the paths of problems.
    """
    problems: list[Problem] = []
    top = Section.read(raw, path, problems, (), _KEYS)
    if top is None:
        return None, tuple(problems)
    host_name = top.text("host_name", HOST_NAME, 'a host name such as "pgw-1" or "pgw-1.example.com"')
    addresses = _read_addresses(top)
    gateways = _read_gateways(top, addresses)
    guest = GuestDescription(
        host_name,
        tuple(str(each) for each in addresses),
        tuple(str(each) for each in gateways),
        tuple(str(each) for each in _read_ips(top, "dns_servers", MAX_DNS_SERVERS)),
        _read_texts(top, "dns_search", MAX_DNS_SEARCH, _is_host_name, 'a domain such as "example.com"'),
        _read_texts(top, "ntp_servers", MAX_ENTRIES, _is_server, "a host name or an address"),
        _read_user(top),
    )
    return (None if problems else guest), tuple(problems)


def _entries(top: Section, key: str, most: int) -> list[tuple[str, t.Any]]:
    """The entries of a list, or one bare value; reports a list that is too long."""
    value = top.values.get(key)
    if isinstance(value, str):
        return [(f"{top.path}.{key}", value)]
    entries = top.items(key)
    if len(entries) > most:
        top.report(key, ErrorCode.VALUE_OUT_OF_RANGE, f"has {len(entries)} entries, and at most {most} count")
        return []
    return entries


def _read_addresses(top: Section) -> list[Interface]:
    found: list[Interface] = []
    for path, value in _entries(top, "addresses", MAX_ENTRIES):
        interface = _interface(value)
        wrong = _unusable(interface) if interface is not None else ""
        if interface is None or wrong:
            example = 'must be an address with prefix such as "192.0.2.10/24" or "2001:db8::10/64"'
            top.problems.append(Problem(path, f"{example}, not {shown(value)}{wrong}", ErrorCode.ADDRESS_INVALID))
        elif interface.ip in [each.ip for each in found]:
            top.problems.append(Problem(path, f"repeats {interface.ip}", ErrorCode.NAME_REPEATED))
        else:
            found.append(interface)
    return found


def _interface(value: t.Any) -> Interface | None:
    # The length bounds what ipaddress reads; without a prefix it would take the address alone.
    if not isinstance(value, str) or len(value) > 64 or "/" not in value or "%" in value:
        return None
    try:
        return ipaddress.ip_interface(value)
    except ValueError:
        return None


def _unusable(interface: Interface) -> str:
    """Why an adapter cannot have the address, as the end of a message; empty when it can."""
    if _leads_nowhere(interface.ip):
        return ": it is a multicast, loopback, link-local or unspecified address"
    network = interface.network
    if network.num_addresses <= 2:  # RFC 3021, RFC 6164: both addresses, or the only one, can be had
        return ""
    if interface.ip == network.network_address:
        return f": it is the address of the network {network} itself"
    if network.version == 4 and interface.ip == network.broadcast_address:
        return f": it is the broadcast address of {network}"
    return ""


def _leads_nowhere(address: Address) -> bool:
    return address.is_multicast or address.is_loopback or address.is_link_local or address.is_unspecified


def _read_gateways(top: Section, addresses: list[Interface]) -> list[Address]:
    found: list[Address] = []
    for path, gateway in _ip_entries(top, "gateways", MAX_ENTRIES):
        message, code = "", ErrorCode.ADDRESS_INVALID
        if gateway.version in [each.version for each in found]:
            message, code = f"is a second one of IPv{gateway.version}; keep one", ErrorCode.NAME_REPEATED
        elif not any(gateway in each.network for each in addresses):
            message = f"must be in the network of one of addresses, and {gateway} is not"
        elif any(gateway == each.ip for each in addresses):
            message = f"is {gateway}, an address of the guest itself"
        if message:
            top.problems.append(Problem(path, message, code))
        else:
            found.append(gateway)
    return found


def _read_ips(top: Section, key: str, most: int) -> list[Address]:
    return [address for _path, address in _ip_entries(top, key, most)]


def _ip_entries(top: Section, key: str, most: int) -> list[tuple[str, Address]]:
    found = []
    for path, value in _entries(top, key, most):
        address = _ip(value)
        if address is None or address.is_multicast or address.is_unspecified:
            message = f'must be an address such as "192.0.2.1" or "2001:db8::1", not {shown(value)}'
            top.problems.append(Problem(path, message, ErrorCode.ADDRESS_INVALID))
        else:
            found.append((path, address))
    return found


def _ip(value: t.Any) -> Address | None:
    if not isinstance(value, str) or len(value) > 64 or "%" in value:
        return None
    try:
        return ipaddress.ip_address(value)
    except ValueError:
        return None


def _is_host_name(value: str) -> bool:
    return len(value) <= 253 and re.fullmatch(HOST_NAME, value) is not None


def _is_server(value: str) -> bool:
    return _is_host_name(value) or _ip(value) is not None


def _read_texts(top: Section, key: str, most: int, sound: t.Callable[[str], bool], form: str) -> tuple[str, ...]:
    found = []
    for path, value in _entries(top, key, most):
        if isinstance(value, str) and sound(value):
            found.append(str(value))
        else:
            top.problems.append(Problem(path, f"must be {form}, not {shown(value)}", ErrorCode.VALUE_MALFORMED))
    return tuple(dict.fromkeys(found))


def _read_user(top: Section) -> User | None:
    if not top.has("user"):
        return None
    path = f"{top.path}.user"
    user = Section.read(top.values["user"], path, top.problems, ("name", "ssh_authorized_keys"), ("sudo",))
    if user is None:
        return None
    name = user.text("name", _LOGIN, 'a login name such as "ansible"')
    if name == "root":
        user.report(
            "name", ErrorCode.VALUE_NOT_ALLOWED, "must be another user than root, to whom cloud-init closes ssh"
        )
    keys = _read_keys(user)
    sudo = user.boolean("sudo", True)
    return User(name, keys, sudo) if name and keys and sudo is not None else None


def _read_keys(user: Section) -> tuple[str, ...]:
    """The public keys. No message shows a value, which may be a private key that was pasted by mistake."""
    entries = _entries(user, "ssh_authorized_keys", MAX_ENTRIES)
    if (
        not entries
        and user.has("ssh_authorized_keys")
        and isinstance(user.values["ssh_authorized_keys"], (list, tuple))
    ):
        user.report("ssh_authorized_keys", ErrorCode.KEY_MISSING, "is empty: nobody could log in")
    found = []
    for path, value in entries:
        if public_key(value) is not None:
            found.append(" ".join(str(value).split()))
            continue
        private = isinstance(value, str) and "PRIVATE" in value[:200]
        what = "is a private key, which must never leave its owner" if private else "is no public key"
        message = f'{what}; give a line such as "ssh-ed25519 AAAA... name", as a file id_ed25519.pub has it'
        user.problems.append(Problem(path, message, ErrorCode.VALUE_MALFORMED))
    return tuple(dict.fromkeys(found))
