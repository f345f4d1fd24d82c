# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replaces names and addresses in an archive's content, each by the same pseudonym wherever it stands."""

from __future__ import annotations

import ipaddress
import re
import typing as t

# RFC 1112, 4: a class that no host has; RFC 3849: the prefix for documentation; locally administered MAC addresses.
_IPV4: t.Final = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])")
_IPV6: t.Final = re.compile(r"(?<![\w:.])(?=[0-9a-fA-F:]*:[0-9a-fA-F:]*:)[0-9a-fA-F:]{2,39}(?![\w:.])")
_MAC: t.Final = re.compile(r"(?<![\w:-])[0-9a-fA-F]{2}(?:[:-][0-9a-fA-F]{2}){5}(?![\w:-])")
# Keys whose values are names of the user's.
_KINDS: t.Final = {"network": "network", "cluster": "cluster", "host": "host", "imsi": "imsi"}


class Pseudonyms:
    """Pseudonyms in the order in which names are first seen, so that the same content gets the same ones."""

    def __init__(self, hosts: t.Iterable[str]) -> None:
        """hosts: names of hosts, of the inventory and the tester's."""
        self._made: dict[tuple[str, str], str] = {}
        self._names = {host: self._pseudonym("host", host) for host in hosts if host}
        self._pattern: re.Pattern[str] | None = None

    def learn(self, data: t.Any) -> None:
        """Learns names from keys that hold some, and those of sessions."""
        self._pattern = None
        if isinstance(data, t.Mapping):
            for key, value in data.items():
                if key in _KINDS and isinstance(value, str) and value:
                    self._names.setdefault(value, self._pseudonym(_KINDS[key], value))
                if key == "sessions" and isinstance(value, (list, tuple)):
                    for session in value:
                        self._names.setdefault(session["name"], self._pseudonym("session", session["name"]))
                self.learn(value)
        elif isinstance(data, (list, tuple)):
            for value in data:
                self.learn(value)

    def replaced(self, data: t.Any) -> t.Any:
        """The same data with every known name and every address replaced, in keys and within texts as well."""
        if isinstance(data, t.Mapping):
            return {self.replaced(key): self.replaced(value) for key, value in data.items()}
        if isinstance(data, (list, tuple)):
            return [self.replaced(value) for value in data]
        return self._text(data) if isinstance(data, str) else data

    def _text(self, text: str) -> str:
        text = _MAC.sub(lambda match: self._pseudonym("mac", re.sub("[:-]", "", match[0]).lower()), text)
        text = _IPV4.sub(lambda match: self._address(match[0]), text)
        text = _IPV6.sub(lambda match: self._address(match[0]), text)
        if not self._names:
            return text
        if self._pattern is None:
            longest = sorted(self._names, key=len, reverse=True)
            self._pattern = re.compile(rf"(?<![\w.-])(?:{'|'.join(map(re.escape, longest))})(?![\w-])")
        return self._pattern.sub(lambda match: self._names[match[0]], text)

    def _address(self, text: str) -> str:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return text
        keep = address.is_unspecified or address.is_loopback or text.startswith("255.")
        return text if keep else self._pseudonym(f"ipv{address.version}", str(address))

    def _pseudonym(self, kind: str, name: str) -> str:
        if (kind, name) not in self._made:
            number = 1 + sum(1 for known, _name in self._made if known == kind)
            self._made[kind, name] = _spelt(kind, number)
        return self._made[kind, name]


def _spelt(kind: str, number: int) -> str:
    if kind == "mac":
        return "02:00:00:" + ":".join(f"{number:06x}"[start : start + 2] for start in (0, 2, 4))
    if kind == "ipv4":
        return str(ipaddress.IPv4Address((240 << 24) + number))
    if kind == "ipv6":
        return f"2001:db8:0:0:f::{number:x}"
    return f"99999{number:010}" if kind == "imsi" else f"{kind}-{number:05}"
