# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the SDK's objects from elements of an answer, as pyVmomi's own decoder does and in a tenth of its time.

For each type that is met, a converter is made once: which fields it has, which values are their defaults, which types
they take. pyVmomi looks all of this up again for each element. What is rare (faults, binary data) is left to pyVmomi.
"""

from __future__ import annotations

import contextlib
import functools
import typing as t
import xml.etree.ElementTree as ET
from xml.sax.saxutils import escape, quoteattr

from .properties import Malformed, malformed_reason
from .sdk import SoapAdapter, VmomiSupport, vim, vmodl

Convert = t.Callable[[ET.Element], t.Any]

XSI_TYPE: t.Final = "http://www.w3.org/2001/XMLSchema-instance type"
_XSI: t.Final = "http://www.w3.org/2001/XMLSchema-instance"
_XSD: t.Final = "http://www.w3.org/2001/XMLSchema"
_VIM: t.Final = "urn:vim25"
_NAMESPACES: t.Final = f' xmlns="{_VIM}" xmlns:xsd="{_XSD}" xmlns:xsi="{_XSI}"'
_TRUTH: t.Final = {"true": True, "1": True, "false": False, "0": False}


class UnreadableError(ValueError):
    """A value that cannot be read. The message says why."""


@functools.lru_cache(maxsize=4096)
def local(tag: str) -> str:
    """The name of an element without its namespace, which expat puts before it with a blank."""
    return tag.rsplit(" ", 1)[-1]


class _Field:
    """A field of a data object."""

    def __init__(self, decoder: Decoder, info: t.Any) -> None:
        self.name = info.name
        self.listed = issubclass(info.type, list)
        self._info = info
        self._decoder = decoder
        self.converters: dict[str | None, Convert] = {}
        # The types of values that were found to fit.
        self.fitting: set[type] = set()

    def learn(self, said: str | None) -> Convert:
        """Returns the converter for a value that says to be of a type (xsi:type)."""
        made = self.converters[said] = self._decoder.converter(self._info.type, said)
        return made

    def check(self, value: t.Any) -> None:
        """Raises TypeError for a value of a type that the field does not take."""
        VmomiSupport.CheckField(self._info, value)
        if not isinstance(value, list) or value:
            self.fitting.add(type(value))


class _Fields(dict[str, t.Optional[_Field]]):
    """The fields of a data object by the tags of elements. None for a field that the SDK does not know."""

    def __init__(self, decoder: Decoder, kind: t.Any) -> None:
        super().__init__()
        self._decoder = decoder
        self._kind = kind

    def __missing__(self, tag: str) -> _Field | None:
        try:
            found: _Field | None = _Field(self._decoder, self._kind._GetPropertyInfo(local(tag)))
        except (AttributeError, KeyError):
            found = None
        self[tag] = found
        return found


class Decoder:
    """Makes objects of one connection. It learns the types that it meets, and may be used by several threads."""

    def __init__(self, stub: t.Any, devices: t.Any = None) -> None:
        """stub: the pyVmomi stub that managed objects belong to; its API version decides which types there are.

        devices: the type of virtual devices that are looked at; lists of devices have no others. None: all.
        """
        self._stub = stub
        self._devices = devices
        self._converters: dict[tuple[t.Any, str | None], Convert] = {}

    def value(self, element: ET.Element) -> t.Any:
        """Returns the value of a property, or Malformed with the reason why it could not be read."""
        try:
            return self.converter(object, element.get(XSI_TYPE))(element)
        except RecursionError:
            return Malformed("its objects are nested too deep")  # vSphere's deepest are chains of 32 snapshots
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            return Malformed(str(error) if isinstance(error, UnreadableError) else malformed_reason(object, "", error))

    def converter(self, declared: t.Any, said: str | None) -> Convert:
        """Returns what converts an element.

        declared: the type that the API declares in its place; said: the type that the element says to be of, None when
        it says nothing. Raises UnreadableError.
        """
        key = (declared, said)
        if key not in self._converters:
            self._converters[key] = self._made(declared, said)
        return self._converters[key]

    def _made(self, declared: t.Any, said: str | None) -> Convert:
        kind, unknown = declared, None
        if said and not SoapAdapter.isDynamicType(declared):
            found = _type(said)
            if found is None:
                unknown = said.rsplit(":", 1)[-1]
            elif not (issubclass(found, list) and issubclass(declared, list)):
                kind = found
        if issubclass(declared, list) and (unknown or not said):
            kind = declared.Item
        kind = VmomiSupport.GetCompatibleType(kind, self._stub.version)
        if unknown is None:
            return self._of(kind)
        if not issubclass(kind, VmomiSupport.DataObject):
            raise UnreadableError(f"it is of the type {unknown}, which the installed pyVmomi does not know")
        return self._object(_carried(unknown, kind))

    def _of(self, kind: t.Any) -> Convert:
        """The converter of elements of exactly this type."""
        # Faults have a form of their own.
        if issubclass(kind, VmomiSupport.DataObject) and not issubclass(kind, (Exception, vmodl.LocalizedMethodFault)):
            return self._object(kind)
        for of, make in (
            (VmomiSupport.ManagedObject, lambda _kind: self.reference),
            (list, self._list),
            (bool, lambda _kind: _truth),
            (VmomiSupport.Enum, _word),
            ((str, int, float), _leaf),
        ):
            if issubclass(kind, of):
                return make(kind)
        return lambda element: self._by_pyvmomi(kind, element)

    def reference(self, element: ET.Element) -> t.Any:
        """Returns a managed object. Raises UnreadableError or KeyError."""
        kind = _type(element.attrib["type"])
        if kind is None:
            raise UnreadableError(f"{element.attrib['type']!r} is no type of managed objects that pyVmomi knows")
        return kind(_text(element, kind), self._stub, element.get("serverGuid"))

    def _list(self, kind: t.Any) -> Convert:
        converters: dict[str | None, Convert | None] = {}

        def convert(element: ET.Element) -> t.Any:
            made = kind()
            for each in element:
                said = each.get(XSI_TYPE)
                if said not in converters:
                    converters[said] = self.converter(kind.Item, said) if self._is_looked_at(kind.Item, said) else None
                one = converters[said]
                if one is not None:
                    made.append(one(each))
            return made

        return convert

    def _is_looked_at(self, declared: t.Any, said: str | None) -> bool:
        if self._devices is None or declared is not vim.vm.device.VirtualDevice:
            return True
        kind = _type(said) if said else None
        return isinstance(kind, type) and issubclass(kind, self._devices)

    def _object(self, kind: t.Any) -> Convert:
        fields = _Fields(self, kind)
        unset = vars(kind())
        lists = [(name, type(value)) for name, value in unset.items() if isinstance(value, list)]

        def convert(element: ET.Element) -> t.Any:
            made = object.__new__(kind)
            values = made.__dict__  # past pyVmomi's check of every single value; check() below knows the types
            values.update(unset)
            for name, of in lists:
                values[name] = of()
            for each in element:
                field = fields[each.tag]
                if field is None:
                    continue
                said = each.get(XSI_TYPE)
                value = (field.converters.get(said) or field.learn(said))(each)
                if field.listed and not isinstance(value, list):
                    values[field.name].append(value)
                else:
                    if type(value) not in field.fitting:
                        field.check(value)
                    values[field.name] = value
            return made

        return convert

    def _by_pyvmomi(self, kind: t.Any, element: ET.Element) -> t.Any:
        return SoapAdapter.Deserialize(_written(element, _NAMESPACES), kind, self._stub)


def _carried(unknown: str, kind: t.Any) -> t.Any:
    """A class for objects of a type that the SDK does not know: they have what the API declares in their place.

    Whoever asks for more is told the type.
    """

    def absent(_self: t.Any, name: str) -> t.Any:
        raise AttributeError(
            f"an object of the type {unknown}, which the installed pyVmomi does not know, was asked for {name}"
        )

    return type(unknown, (kind,), {"__getattr__": absent})


def _type(said: str) -> t.Any:
    """The SDK's class of a type as answers name it; None for a type that it does not know.

    Of a prefix only matters that there is one: the types of XML Schema are the only ones that need it.
    """
    prefix, _colon, name = said.rpartition(":")
    if name.endswith("ManagedObjectReference"):
        name = name.removesuffix("Reference")
    for namespace in (_XSD, _VIM) if prefix else (_VIM,):
        with contextlib.suppress(KeyError):
            return VmomiSupport.GetWsdlType(namespace, name)
    with contextlib.suppress(KeyError):
        return VmomiSupport.GuessWsdlType(name)
    return None


def _text(element: ET.Element, kind: t.Any) -> str:
    if len(element):
        raise UnreadableError(f"it has parts, and is no {kind.__name__}")
    return element.text or ""


def _truth(element: ET.Element) -> bool:
    text = _text(element, bool)
    try:
        return _TRUTH[text.lower()]
    except KeyError:
        raise UnreadableError(malformed_reason(bool, text)) from None


def _leaf(kind: t.Any) -> Convert:
    if kind is str:
        return lambda element: _text(element, str)

    def convert(element: ET.Element) -> t.Any:
        text = _text(element, kind)
        try:
            return kind(text)
        except ValueError:
            raise UnreadableError(malformed_reason(kind, text)) from None

    return convert


def _word(kind: t.Any) -> Convert:
    """A word of an enumeration; one that the SDK does not know stays a word."""
    words = {str(each): each for each in vars(kind).values() if isinstance(each, kind)}

    def convert(element: ET.Element) -> t.Any:
        text = _text(element, kind)
        return words.get(text) or kind(text)

    return convert


def _written(element: ET.Element, declared: str = "") -> str:
    """An element as text again, for pyVmomi. declared: further attributes."""
    name = local(element.tag)
    attributes = "".join(
        f" {'xsi:' if key.startswith(_XSI) else ''}{local(key)}={quoteattr(value)}"
        for key, value in element.attrib.items()
    )
    inner = "".join(map(_written, element)) if len(element) else escape(element.text or "")
    return f"<{name}{declared}{attributes}>{inner}</{name}>"
