# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Decodes vCenter's answers so that what nobody asks for fails nobody.

pyVmomi gives up a whole answer, with a thousand VMs in it, at the first type, field or value that it does not know.
Here an unknown field is left out, an object of an unknown type is read as the type that the API declares in its place,
and an unknown word of an enumeration stays a word. A value that cannot be read makes its property of that one object
Malformed.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import ErrorCode, NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.text import one_line

from .naming import name_of
from .sdk import SoapAdapter, VmomiSupport, vmodl

# What pyVmomi raises at a type, field or value that it does not know.
_UNKNOWN: t.Final = (AttributeError, KeyError, TypeError, ValueError)
_SHOWN: t.Final = 60


@dataclasses.dataclass(frozen=True)
class Malformed:
    """A property that could not be read."""

    reason: str
    """The value, shortened, and what is wrong with it."""


class CarriedProperties(dict[str, t.Any]):
    """The properties of one object by path. A Malformed one is carried until somebody asks for it."""

    def __init__(self, managed: t.Any, values: t.Mapping[str, t.Any]) -> None:
        super().__init__(values)
        self._managed = managed

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


class CarryingDeserializer(SoapAdapter.SoapDeserializer if SoapAdapter is not None else object):  # type: ignore[misc]
    """Takes the place of pyVmomi's SoapDeserializer. Its stack has an entry for each element that is open."""

    # Open elements that are being left out.
    _skipped = 0

    def StartElementHandler(self, tag: str, attr: dict[str, str]) -> None:  # noqa: N802  # pyVmomi's name
        """Reads the beginning of an element."""
        if self._skipped:
            self._skipped += 1
            return
        try:
            super().StartElementHandler(tag, attr)
        except _UNKNOWN:
            if not self.stack:
                raise  # the answer as a whole is none that we know
            if not isinstance(self.stack[-1], type):
                self._skipped = 0 if self._declared(tag, attr) else 1
            elif not self._mark(Malformed(f"it has parts, and is no {self.stack[-1].__name__}"), opened=1):
                raise

    def _declared(self, tag: str, attr: dict[str, str]) -> bool:
        """Reads the beginning of an element of an unknown type as the declared type. Returns whether there is one."""
        known = {name: value for name, value in attr.items() if name != SoapAdapter.XSI_TYPE}
        if len(known) == len(attr):
            return False
        try:
            super().StartElementHandler(tag, known)
        except _UNKNOWN:
            return False
        return True

    def EndElementHandler(self, tag: str) -> None:  # noqa: N802  # pyVmomi's name
        """Reads the end of an element."""
        if self._skipped:
            self._skipped -= 1
            return
        kind, text = self.stack[-1] if self.stack else None, self.data
        try:
            super().EndElementHandler(tag)
        except _UNKNOWN as error:
            if isinstance(kind, type) and issubclass(kind, VmomiSupport.Enum) and not hasattr(kind, text):
                self.stack.append(kind(text))
                super().EndElementHandler(tag)
                return
            if not self._mark(Malformed(_reason(kind, text, error))):
                raise

    def _mark(self, malformed: Malformed, opened: int = 0) -> bool:
        """Puts this in place of the property that is being read, and leaves out its rest. False outside of one.

        opened: elements that are open and not on the stack.
        """
        of_property = (vmodl.DynamicProperty, vmodl.query.PropertyCollector.Change)
        for index in range(len(self.stack) - 1, -1, -1):
            entry = self.stack[index]
            if isinstance(entry, of_property):
                object.__setattr__(entry, "val", malformed)  # past the check of its type
                self._skipped = len(self.stack) - 1 - index + opened
                del self.stack[index + 1 :]
                return True
        return False


def _reason(kind: t.Any, text: str, error: Exception) -> str:
    shown = one_line(text)
    shown = shown if len(shown) <= _SHOWN else f"{shown[:_SHOWN]}…"
    name = kind.__name__ if isinstance(kind, type) else type(error).__name__
    return f"{shown!r} is no {name}"


def install() -> None:
    """Makes pyVmomi decode with it. There is no setting for that; pyVmomi makes its decoder by this name."""
    SoapAdapter.SoapDeserializer = CarryingDeserializer
