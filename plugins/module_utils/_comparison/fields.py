# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads fields of measurements, which come from other machines, and refuses what is malformed by its path."""

from __future__ import annotations

import dataclasses
import math
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.text import shown

_REMEDY: t.Final = "Measure again, with one version of the collection on the controller, the tester and the guest"


@dataclasses.dataclass(frozen=True)
class Fields:
    """One mapping. Every method raises NfvError measurement_invalid, with the path, for a value of another shape."""

    path: str
    """Where it is, such as ``measurements[3].rates[0]``."""
    values: t.Mapping[t.Any, t.Any]
    """Its fields. Those that nobody asks for are ignored."""

    @classmethod
    def of(cls, value: t.Any, path: str) -> Fields:
        if not isinstance(value, t.Mapping):
            raise refusal(path, f"must be a dictionary, not {shown(value)}")
        return cls(path, value)

    def _value(self, key: str) -> t.Any:
        if key not in self.values:
            raise refusal(f"{self.path}.{key}", "is missing")
        return self.values[key]

    def number(self, key: str, low: float = 0) -> float:
        """A finite number of at least ``low``."""
        value = self._value(key)
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < low:
            raise refusal(f"{self.path}.{key}", f"must be a number of at least {low:g}, not {shown(value)}")
        return float(value)

    def optional_number(self, key: str) -> float | None:
        """The same, or None for null."""
        return None if self._value(key) is None else self.number(key)

    def count(self, key: str, low: int = 0) -> int:
        """A whole number of at least ``low``."""
        value = self.number(key, low)
        if value != int(value):
            raise refusal(f"{self.path}.{key}", f"must be a whole number, not {shown(value)}")
        return int(value)

    def text(self, key: str) -> str:
        value = self._value(key)
        if not isinstance(value, str) or not value:
            raise refusal(f"{self.path}.{key}", f"must be a string that is not empty, not {shown(value)}")
        return str(value)

    def choice(self, key: str, choices: t.Sequence[str]) -> str:
        value = self._value(key)
        if value not in choices:
            raise refusal(f"{self.path}.{key}", f"must be one of {', '.join(choices)}, not {shown(value)}")
        return str(value)

    def boolean(self, key: str) -> bool:
        value = self._value(key)
        if not isinstance(value, bool):
            raise refusal(f"{self.path}.{key}", f"must be true or false, not {shown(value)}")
        return value

    def each(self, key: str) -> t.Iterator[Fields]:
        """The mappings of a list."""
        value = self._value(key)
        if not isinstance(value, (list, tuple)):
            raise refusal(f"{self.path}.{key}", f"must be a list, not {shown(value)}")
        for number, one in enumerate(value):
            yield Fields.of(one, f"{self.path}.{key}[{number}]")

    def mapping(self, key: str) -> dict[str, t.Any]:
        value = self._value(key)
        if not isinstance(value, t.Mapping):
            raise refusal(f"{self.path}.{key}", f"must be a dictionary, not {shown(value)}")
        return {str(name): one for name, one in value.items()}

    def below(self, key: str) -> Fields:
        """The same of a mapping within."""
        return Fields(f"{self.path}.{key}", self.mapping(key))


def refusal(path: str, problem: str) -> NfvError:
    """The error for a field at this path."""
    return NfvError(ErrorCode.MEASUREMENT_INVALID, path, problem, _REMEDY)
