# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads untrusted values and collects every problem with its key path, instead of stopping at the first."""

from __future__ import annotations

import dataclasses
import difflib
import ipaddress
import itertools
import re
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.cpu_list import parse_cpu_list
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, Problem
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.mac_address import normal_mac
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.text import ENTRIES, is_hidden, key_text, shown

_INTEGER = re.compile(r"0|[1-9][0-9]{0,17}")
# What a table of hexadecimal numbers holds: leading zeros are no decimal number, and no number is guessed at.
_HEXADECIMAL = re.compile(r"0[0-9a-f]+|[0-9a-f]*[a-f][0-9a-f]*", re.IGNORECASE)
# The longest name: a host's with its domain (RFC 1035, 2.3.4). vSphere's own names are shorter.
MAX_TEXT = 255
# The highest NUMA node that a key may name, far above what a host or VM has.
MAX_NODE = 63
_BOOLEANS = {"true": True, "yes": True, "false": False, "no": False}


@dataclasses.dataclass(frozen=True)
class Section:
    """One mapping of the description.

    Each method that reads a field returns None when the field is absent or wrong; a wrong one adds to ``problems``.
    """

    path: str
    """Its key path, such as ``nfv_dataplane.cpu``."""
    values: t.Mapping[t.Any, t.Any]
    """Its fields as the user wrote them."""
    problems: list[Problem]
    """Every problem found so far, of all sections."""

    @classmethod
    def read(
        cls,
        value: t.Any,
        path: str,
        problems: list[Problem],
        required: t.Sequence[str],
        optional: t.Sequence[str] = (),
    ) -> Section | None:
        """Takes a mapping; reports missing keys, and unknown ones with the nearest known key.

        After ENTRIES unknown keys, the others are counted in one problem.
        """
        if not isinstance(value, t.Mapping):
            problems.append(Problem(path, f"must be a dictionary, not {shown(value)}", ErrorCode.VALUE_TYPE_WRONG))
            return None
        allowed = [*required, *optional]
        unknown = (key for key in value if key not in allowed)
        problems.extend(
            Problem(f"{path}.{key_text(key)}", _unknown(key, allowed), ErrorCode.KEY_UNKNOWN)
            for key in itertools.islice(unknown, ENTRIES)
        )
        if more := sum(1 for _key in unknown):
            problems.append(Problem(path, f"has {more} more keys that are not known", ErrorCode.KEY_UNKNOWN))
        problems.extend(
            Problem(f"{path}.{key}", "is missing and has no default", ErrorCode.KEY_MISSING)
            for key in required
            if value.get(key) is None
        )
        return cls(path, value, problems)

    def report(self, key: str, error_code: ErrorCode, message: str) -> None:
        """Adds a problem of the field ``key``."""
        self.problems.append(Problem(f"{self.path}.{key}", message, error_code))

    def has(self, key: str) -> bool:
        return self.values.get(key) is not None

    def integer(self, key: str, low: int, high: int, default: int | None = None) -> int | None:
        """A whole number, or a string of digits, as templating yields; not a boolean."""
        value = self.values.get(key)
        if value is None:
            return default
        if isinstance(value, str) and _INTEGER.fullmatch(value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            hint = ""
            if isinstance(value, str) and len(value) < MAX_TEXT and _HEXADECIMAL.fullmatch(value):
                hint = ": a decimal number has no leading zeros, and a hexadecimal one begins with 0x"
            self.report(key, ErrorCode.VALUE_TYPE_WRONG, f"must be a whole number, not {shown(value)}{hint}")
            return None
        if not low <= value <= high:
            self.report(key, ErrorCode.VALUE_OUT_OF_RANGE, f"must be from {low} to {high}, not {shown(value)}")
            return None
        return int(value)

    def boolean(self, key: str, default: bool) -> bool | None:
        """A boolean, or one of the strings true, yes, false and no."""
        value = self.values.get(key)
        if value is None:
            return default
        if isinstance(value, str):
            value = _BOOLEANS.get(value[: len("false") + 1].lower(), value)
        if not isinstance(value, bool):
            self.report(key, ErrorCode.VALUE_TYPE_WRONG, f"must be true or false, not {shown(value)}")
            return None
        return value

    def text(self, key: str, pattern: str = r"\S(.*\S)?", form: str = "a name") -> str | None:
        """A string that matches the whole pattern; ``form`` describes it in messages.

        It has at most MAX_TEXT characters, and none that is hidden.
        """
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, str):
            self.report(key, ErrorCode.VALUE_TYPE_WRONG, f"must be {form}, not {shown(value)}")
            return None
        wrong = unfit_text(value)
        if wrong or not re.fullmatch(pattern, value):
            self.report(key, ErrorCode.VALUE_MALFORMED, f"must be {form}, not {shown(value)}{wrong}")
            return None
        return str(value)

    def choice(self, key: str, allowed: t.Sequence[str], default: str | None = None) -> str | None:
        """One of the allowed strings."""
        value = self.values.get(key)
        if value is None:
            return default
        if not isinstance(value, str) or value not in allowed:
            self.report(key, ErrorCode.VALUE_NOT_ALLOWED, f"must be one of {', '.join(allowed)}, not {shown(value)}")
            return None
        return str(value)

    def cpu_list(self, key: str) -> tuple[int, ...] | None:
        """A CPU list, or one bare number; empty when absent."""
        value = self.values.get(key)
        if value is None:
            return ()
        if isinstance(value, int) and not isinstance(value, bool):
            value = shown(value)
        numbers = parse_cpu_list(value) if isinstance(value, str) else None
        if numbers is None:
            self.report(
                key, ErrorCode.VALUE_MALFORMED, f'must be a CPU list such as "1" or "2-3" or "1,3", not {shown(value)}'
            )
        return numbers

    def mac(self, key: str) -> str | None:
        """A unicast MAC address, in lower case with colons."""
        value = self.values.get(key)
        if value is None:
            return None
        normal = normal_mac(value)
        if normal is None:
            self.report(
                key, ErrorCode.MAC_INVALID, f'must be a MAC address such as "00:50:56:01:02:03", not {shown(value)}'
            )
            return None
        # IEEE 802: the lowest bit of the first octet marks a group address, which no adapter may have.
        if int(normal[:2], 16) & 1 or normal == "00:00:00:00:00:00":
            self.report(key, ErrorCode.MAC_INVALID, f"must be a unicast address, not {shown(value)}")
            return None
        return normal

    def ipv4(self, key: str, with_prefix: bool = False) -> str | None:
        """An IPv4 address. with_prefix: the prefix length must be there; otherwise it may not."""
        value = self.values.get(key)
        if value is None:
            return None
        form = 'an address with prefix such as "198.18.1.1/24"' if with_prefix else 'an address such as "198.18.1.1"'
        sound = _is_interface(ipaddress.IPv4Interface, value, with_prefix)
        if not sound:
            self.report(key, ErrorCode.ADDRESS_INVALID, f"must be {form}, not {shown(value)}")
            return None
        return str(value)

    def ipv6(self, key: str, with_prefix: bool = False) -> str | None:
        """An IPv6 address without a zone, which only its own machine knows. with_prefix: as in ``ipv4``."""
        value = self.values.get(key)
        if value is None:
            return None
        example = "2001:db8::1/64" if with_prefix else "2001:db8::1"
        sound = _is_interface(ipaddress.IPv6Interface, value, with_prefix)
        if not sound:
            form = f'an IPv6 address {"with prefix " if with_prefix else ""}such as "{example}"'
            self.report(key, ErrorCode.ADDRESS_INVALID, f"must be {form}, not {shown(value)}")
            return None
        return str(value)

    def items(self, key: str) -> list[tuple[str, t.Any]]:
        """The entries of a list, each with its key path; empty when absent."""
        value = self.values.get(key)
        if value is None:
            return []
        if not isinstance(value, (list, tuple)):
            self.report(key, ErrorCode.VALUE_TYPE_WRONG, f"must be a list, not {shown(value)}")
            return []
        return [(f"{self.path}.{key}[{index}]", entry) for index, entry in enumerate(value)]


def unfit_text(value: str) -> str:
    """What keeps a text from being a name, as the end of a message; empty when nothing does."""
    if len(value) > MAX_TEXT:
        return f": it has {len(value)} characters, and at most {MAX_TEXT} are allowed"
    if any(map(is_hidden, value)):
        return ": it holds a character that controls how text is shown, or that is not seen"
    return ""


def _is_interface(kind: t.Callable[[str], t.Any], value: t.Any, with_prefix: bool) -> bool:
    # The length bounds what ipaddress writes into the message of its error.
    if not isinstance(value, str) or len(value) > MAX_TEXT or ("/" in value) is not with_prefix or "%" in value:
        return False
    try:
        kind(value)
    except ValueError:
        return False
    return True


def _unknown(key: t.Any, allowed: t.Sequence[str]) -> str:
    # The comparison takes time that grows with the square of the length.
    nearest = difflib.get_close_matches(key[:40], allowed, n=1, cutoff=0.5) if isinstance(key, str) else []
    if nearest:
        return f"is not a known key; did you mean {nearest[0]}?"
    return f"is not a known key; known are {', '.join(allowed)}"
