# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads pages of objects, the large answers of vCenter's property collector, while they arrive.

The page comes over the connection of pyVmomi's stub, which sends the call and finds out whether it failed. Where an
answer begins, pyVmomi makes a decoder for the type that the method returns; a PageReader stands in place of that type
and takes the answer over (see decode.py). An object is let go as an element as soon as its properties are values.
"""

from __future__ import annotations

import dataclasses
import typing as t
import xml.etree.ElementTree as ET

from .objects import XSI_TYPE, local
from .properties import CarriedProperties
from .sdk import SoapAdapter, VmomiSupport, vmodl

if t.TYPE_CHECKING:
    from .objects import Decoder

_FIRST: t.Final = "RetrievePropertiesEx"
_NEXT: t.Final = "ContinueRetrievePropertiesEx"


@dataclasses.dataclass
class Page:
    """One answer of the property collector."""

    objects: list[tuple[t.Any, CarriedProperties]] = dataclasses.field(default_factory=list)
    """The objects with their properties."""
    token: str | None = None
    """What the next page is asked for with; None after the last one."""


class PageReader:
    """Reads one page, in place of the type that the method returns."""

    def __init__(self, decoder: Decoder) -> None:
        self.page = Page()
        self._decoder = decoder

    def take_over(self, parser: t.Any, object_ended: t.Callable[[], None]) -> None:
        """Reads on from the beginning of the answer; at its end the parser is as it was.

        parser: an expat parser; object_ended: is called after each object.
        """
        before = SoapAdapter.GetHandlers(parser)
        builder = ET.TreeBuilder()
        close = builder.end
        builder.start("answer", {})
        special = _Special({_FIRST + "Response", _NEXT + "Response", "objects", "token"})

        def end(tag: str) -> None:
            name = special[tag]
            if name is None:
                close(tag)
            elif name == "objects":
                self._object(close(tag))
                object_ended()
            elif name == "token":
                self.page.token = self.page.token or close(tag).text
            else:
                SoapAdapter.SetHandlers(parser, before)
                before[1](tag)

        parser.StartElementHandler, parser.EndElementHandler = builder.start, end
        parser.CharacterDataHandler = builder.data
        parser.StartNamespaceDeclHandler = parser.EndNamespaceDeclHandler = None

    def _object(self, element: ET.Element) -> None:
        managed, values, missing = None, {}, {}
        for each in element:
            name = local(each.tag)
            if name == "obj":
                managed = self._decoder.reference(each)
            elif name == "propSet":
                path, value = _pair(each)
                if path is not None:
                    values[path] = self._decoder.value(value) if value is not None else None
            elif name == "missingSet":
                path, fault = _named(each, "path"), _part(each, "fault")
                if path is not None:
                    missing[path] = _fault(fault)
        element.clear()
        if managed is not None:
            self.page.objects.append((managed, CarriedProperties(managed, values, missing)))


class _Special(dict[str, t.Optional[str]]):
    """The names of the elements at which something is done, by their tags; None for all others."""

    def __init__(self, names: t.Collection[str]) -> None:
        super().__init__()
        self._names = names

    def __missing__(self, tag: str) -> str | None:
        name = local(tag)
        self[tag] = found = name if name in self._names else None
        return found


def _pair(element: ET.Element) -> tuple[str | None, ET.Element | None]:
    """The name and the value of a property."""
    path = value = None
    for each in element:
        name = local(each.tag)
        if name == "name":
            path = each.text
        elif name == "val":
            value = each
    return path, value


def _part(element: ET.Element, name: str) -> ET.Element | None:
    return next((each for each in element if local(each.tag) == name), None)


def _named(element: ET.Element, name: str) -> str | None:
    part = _part(element, name)
    return part.text if part is not None else None


def _fault(fault: ET.Element | None) -> str:
    """What vCenter says why it returns no value, as in ``NoPermission: System.Read``."""
    inner = _part(fault, "fault") if fault is not None else None
    kind = local((inner.get(XSI_TYPE) or "") if inner is not None else "").rsplit(":", 1)[-1]
    said = _named(fault, "localizedMessage") if fault is not None else None
    return ": ".join(filter(None, (kind, said))) or "vCenter gave no reason"


def first_page(collector: t.Any, decoder: Decoder, spec: t.Any, size: int) -> Page:
    """Calls RetrievePropertiesEx.

    collector: the vmodl.query.PropertyCollector; spec: its FilterSpec; size: the most objects of a page.
    """
    options = vmodl.query.PropertyCollector.RetrieveOptions(maxObjects=size)
    return _called(collector, decoder, _FIRST, [[spec], options])


def next_page(collector: t.Any, decoder: Decoder, token: str) -> Page:
    """Calls ContinueRetrievePropertiesEx."""
    return _called(collector, decoder, _NEXT, [token])


def _called(collector: t.Any, decoder: Decoder, method: str, arguments: list[t.Any]) -> Page:
    known = collector._GetMethodInfo(method)
    reader = PageReader(decoder)
    info = VmomiSupport.Object(
        name=known.name, wsdlName=known.wsdlName, version=known.version, params=known.params, result=reader
    )
    collector._InvokeMethod(info, collector, *arguments)
    # The parser and its handlers refer to each other, so the reader lives until Python next looks for such circles.
    page, reader.page = reader.page, Page()
    return page
