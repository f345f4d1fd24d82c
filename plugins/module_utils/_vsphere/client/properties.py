# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The properties of an object as vCenter returned them. What nobody asks for fails nobody."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.text import one_line

from .naming import name_of

_SHOWN: t.Final = 60


@dataclasses.dataclass(frozen=True)
class Malformed:
    """A property that could not be read."""

    reason: str
    """The value, shortened, and what is wrong with it."""


class CarriedProperties(dict[str, t.Any]):
    """The properties of one object by path. A Malformed one is carried until somebody asks for it."""

    def __init__(
        self, managed: t.Any, values: t.Mapping[str, t.Any], missing: t.Mapping[str, str] | None = None
    ) -> None:
        """missing: the properties that vCenter failed to return, with the fault of each."""
        super().__init__(values)
        self._managed = managed
        self.missing = missing or {}

    def __getitem__(self, path: str) -> t.Any:
        """Raises NfvError: property_malformed, with the object's name and the property."""
        value = super().__getitem__(path)
        if isinstance(value, Malformed):
            raise NfvError(
                ErrorCode.PROPERTY_MALFORMED,
                name_of(self._managed, self),
                f"failed to read {path}: {value.reason}",
                "Correct it in vSphere; where it is right, report this with the version of vCenter",
            )
        return value

    def get(self, path: str, default: t.Any = None) -> t.Any:
        """Raises NfvError: property_malformed."""
        value = super().get(path, default)
        return self[path] if isinstance(value, Malformed) else value


def malformed_reason(kind: t.Any, text: str, error: Exception | None = None) -> str:
    """What is wrong with a text that is no value of the type, or made the decoder raise the error."""
    shown = one_line(text)
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
    name = kind.__name__ if isinstance(kind, type) else type(error).__name__
    return f"{shown!r} is no {name}"
