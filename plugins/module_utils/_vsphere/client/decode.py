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

import typing as t

from .bounds import Bounded, parser
from .pages import PageReader
from .properties import Malformed, malformed_reason
from .sdk import SoapAdapter, VmomiSupport, vmodl

# What pyVmomi raises at a type, field or value that it does not know.
_UNKNOWN: t.Final = (AttributeError, KeyError, TypeError, ValueError)


class CarryingDeserializer(SoapAdapter.SoapDeserializer if SoapAdapter is not None else object):  # type: ignore[misc]
    """Takes the place of pyVmomi's SoapDeserializer. Its stack has an entry for each element that is open."""

    # Open elements that are being left out.
    _skipped = 0
    # Where the answer is read from.
    source: Bounded | None = None

    def Deserialize(self, parser: t.Any, resultType: t.Any = object, *rest: t.Any, **more: t.Any) -> None:  # noqa: N802, N803
        """Reads what a method returns from here on. A page is read by its own reader."""
        if isinstance(resultType, PageReader):
            resultType.take_over(parser, self.source.next_object if self.source is not None else lambda: None)
        else:
            super().Deserialize(parser, resultType, *rest, **more)

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
            if not self._mark(Malformed(malformed_reason(kind, text, error))):
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


class BoundedDeserializer(SoapAdapter.SoapResponseDeserializer if SoapAdapter is not None else object):  # type: ignore[misc]
    """Takes the place of pyVmomi's SoapResponseDeserializer, for an answer as a whole."""

    def Deserialize(self, response: t.Any, resultType: t.Any, nsMap: t.Any = None) -> t.Any:  # noqa: N802, N803
        """Reads an answer. Raises NfvError: answer_refused, for one that is larger than any of vCenter's."""
        if hasattr(response, "read"):
            response = self.deser.source = Bounded(response, str(getattr(self.stub, "host", "vCenter")))
        return super().Deserialize(response, resultType, nsMap)


def install() -> None:
    """Makes pyVmomi decode with these. There is no setting for that; pyVmomi makes its decoders by these names."""
    SoapAdapter.SoapDeserializer = CarryingDeserializer
    SoapAdapter.SoapResponseDeserializer = BoundedDeserializer
    SoapAdapter.ParserCreate = parser
