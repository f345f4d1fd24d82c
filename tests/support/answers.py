# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers of vCenter's property collector: made up, and read both by the collection's reader and by pyVmomi's."""

from __future__ import annotations

import io
import re
import typing as t

from pyVmomi import SoapAdapter, SoapStubAdapter, VmomiSupport, vmodl

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client import decode
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.objects import Decoder
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.pages import Page, PageReader
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.properties import (
    CarriedProperties,
    Malformed,
)

VERSION = "vim.version.v8_0_3_0"
Found = list[tuple[t.Any, CarriedProperties]]
Result: t.Any = vmodl.query.PropertyCollector.RetrieveResult  # type: ignore[attr-defined]
ENVELOPE = (
    '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
    '<soapenv:Body><RetrievePropertiesExResponse xmlns="urn:vim25">{}</RetrievePropertiesExResponse>'
    "</soapenv:Body></soapenv:Envelope>"
)


def answer(contents: str) -> bytes:
    """An answer with this XML of objects."""
    return ENVELOPE.format(f"<returnval>{contents}</returnval>").encode()


def serialised(objects: t.Sequence[t.Any], version: str = VERSION, token: str | None = None) -> bytes:
    """An answer about objects (vmodl.query.PropertyCollector.ObjectContent), as pyVmomi writes it."""
    text = SoapAdapter.Serialize(Result(objects=objects, token=token), version=version).decode()
    return ENVELOPE.format(re.sub("^<obj .*?>", "<returnval>", re.sub("</obj>$", "</returnval>", text))).encode()


def page_of(content: bytes, version: str = VERSION, devices: t.Any = None) -> Page:
    """The answer, read by the collection's reader."""
    decode.install()
    stub = SoapStubAdapter("127.0.0.1", 1, version=version)
    reader = PageReader(Decoder(stub, devices))
    SoapAdapter.SoapResponseDeserializer(stub).Deserialize(io.BytesIO(content), reader)
    return reader.page


def by_pyvmomi(content: bytes, version: str = VERSION) -> Found:
    """The objects of the answer, read by pyVmomi's decoder as the collection extends it."""
    decode.install()
    stub = SoapStubAdapter("127.0.0.1", 1, version=version)
    read = SoapAdapter.SoapResponseDeserializer(stub).Deserialize(io.BytesIO(content), Result)
    return [
        (each.obj, CarriedProperties(each.obj, {item.name: item.val for item in each.propSet}))
        for each in (read.objects if read is not None else ())
    ]


def assert_same(ours: t.Any, theirs: t.Any, path: str = "") -> None:
    """Asserts that two values are of one type and equal, down to the last field; pyVmomi compares by identity."""
    assert type(ours) is type(theirs), path
    if isinstance(ours, VmomiSupport.DataObject):
        assert vars(ours).keys() == vars(theirs).keys(), path
        for name, value in vars(ours).items():
            assert_same(value, vars(theirs)[name], f"{path}.{name}")
    elif isinstance(ours, list):
        assert len(ours) == len(theirs), path
        for number, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            assert_same(one, other, f"{path}[{number}]")
    elif not isinstance(ours, Malformed):  # which of two wrong values is named is no matter
        assert ours == theirs, path


def assert_all_same(ours: Found, theirs: Found, where: str = "") -> None:
    """Asserts the same of all properties of all objects. where: begins the message of a difference."""
    assert [each for each, _properties in ours] == [each for each, _properties in theirs], where
    for (managed, one), (_managed, other) in zip(ours, theirs, strict=True):
        assert list(one) == list(other), managed
        for path in one:
            assert_same(dict.__getitem__(one, path), dict.__getitem__(other, path), f"{where}{managed} {path}")
