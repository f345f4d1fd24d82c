# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What vCenter says that nobody asks for fails nobody; what cannot be read is that object's error."""

from __future__ import annotations

import typing as t

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyVmomi import vim

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client.naming import name_of
from tests.support.answers import Found, answer, by_pyvmomi, page_of

Decode = t.Callable[..., Found]
ADAPTER = """<VirtualDevice xsi:type="VirtualVmxnet3"><key>4000</key>
  <deviceInfo><label>Network adapter 1</label><summary>PG</summary></deviceInfo>
  <macAddress>00:50:56:80:00:01</macAddress>{more}</VirtualDevice>"""


@pytest.fixture(params=[by_pyvmomi, lambda content: page_of(content).objects], ids=["pyvmomi", "pages"])
def decoded(request: pytest.FixtureRequest) -> Decode:
    """Reads the properties of VMs from an answer; each is given as its XML. By pyVmomi's decoder and by the pages'."""

    def read(*vms: str) -> Found:
        contents = (
            f'<objects><obj type="VirtualMachine">vm-{number}</obj>{each}</objects>'
            for number, each in enumerate(vms, 1)
        )
        found: Found = request.param(answer("".join(contents)))
        return found

    return read


def prop(name: str, kind: str, value: str) -> str:
    return f'<propSet><name>{name}</name><val xsi:type="{kind}">{value}</val></propSet>'


NAME = prop("name", "xsd:string", "pgw-1")
AFTER = prop("config.version", "xsd:string", "vmx-20")
COUNT = prop("config.hardware.numCPU", "xsd:int", "4")


def devices(*more: str, others: str = "") -> str:
    listed = "".join(ADAPTER.format(more=each) for each in more)
    return prop("config.hardware.device", "ArrayOfVirtualDevice", listed + others)


def test_an_unknown_field_is_left_out_with_all_that_is_in_it(decoded: Decode) -> None:
    future = (
        '<futureField><deep xsi:type="FutureType"><key>9</key></deep></futureField><addressType>manual</addressType>'
    )
    ((_vm, properties),) = decoded(NAME + devices(future) + COUNT)
    (adapter,) = properties["config.hardware.device"]
    assert (adapter.key, adapter.macAddress, adapter.addressType) == (4000, "00:50:56:80:00:01", "manual")
    assert (properties["name"], properties["config.hardware.numCPU"]) == ("pgw-1", 4)


def test_an_object_of_an_unknown_type_is_read_as_what_is_declared(decoded: Decode) -> None:
    other = '<VirtualDevice xsi:type="VirtualQuantumCard"><key>77</key><qubits>5</qubits></VirtualDevice>'
    ((_vm, properties),) = decoded(NAME + devices("", others=other) + COUNT)
    adapter, unknown = properties["config.hardware.device"]
    assert (type(adapter), unknown.key) == (vim.vm.device.VirtualVmxnet3, 77)
    assert isinstance(unknown, vim.vm.device.VirtualDevice)
    assert properties["config.hardware.numCPU"] == 4


@pytest.mark.parametrize("word", ["primordial", ""])
def test_an_unknown_word_stays_a_word(decoded: Decode, word: str) -> None:
    ((_vm, properties),) = decoded(
        NAME + prop("runtime.faultToleranceState", "VirtualMachineFaultToleranceState", word)
    )
    assert properties["runtime.faultToleranceState"] == word


@pytest.mark.parametrize(
    ("path", "bad"),
    [
        ("config.hardware.numCPU", prop("config.hardware.numCPU", "xsd:int", "four")),
        ("config.cpuHotAddEnabled", prop("config.cpuHotAddEnabled", "xsd:boolean", "perhaps")),
        ("config.hardware.device", devices("<wakeOnLanEnabled>perhaps</wakeOnLanEnabled><unitNumber>7</unitNumber>")),
        ("config.hardware.device", devices("<unitNumber><deep>7</deep></unitNumber>")),
        ("config.future", prop("config.future", "FutureInfo", "<a><b>1</b></a><c>2</c>")),
        ("config.modified", prop("config.modified", "xsd:dateTime", "yesterday")),
    ],
)
def test_a_malformed_value_is_that_vms_error_alone(decoded: Decode, path: str, bad: str) -> None:
    first, second, third = decoded(NAME + COUNT, NAME.replace("pgw-1", "pgw-2") + bad + AFTER, NAME + devices(""))
    for _vm, properties in (first, third):
        assert all(properties.get(each) is not None for each in properties)
    _vm, properties = second
    with pytest.raises(NfvError) as caught:
        properties.get(path)
    with pytest.raises(NfvError):
        properties[path]
    assert (caught.value.error_code, caught.value.subject) == ("property_malformed", "pgw-2")
    assert f"failed to read {path}: " in str(caught.value)
    assert properties["config.version"] == "vmx-20"  # what follows is read


def test_a_malformed_name_has_an_error_that_names_the_vm_otherwise(decoded: Decode) -> None:
    ((vm, properties),) = decoded(prop("name", "FutureName", "<a>1</a>") + COUNT)
    with pytest.raises(NfvError, match=r"\[property_malformed\] vm-1: failed to read name: "):
        properties.get("name")
    assert name_of(vm, properties) == "vm-1"


def test_an_answer_that_is_none_is_an_error() -> None:
    with pytest.raises((AttributeError, KeyError, TypeError, ValueError)):
        by_pyvmomi(answer('<truncated xsi:type="xsd:int">1</truncated><objects><missingSet><path/><fault>x</fault>'))
    with pytest.raises(ValueError, match="Future"):
        page_of(answer('<objects><obj type="Future">x</obj></objects>'))


TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126, exclude_characters="<&>\"'"), max_size=12)
NAMES = st.sampled_from(
    ["key", "label", "macAddress", "unitNumber", "backing", "wakeOnLanEnabled", "future", "val", "name"]
)
TYPES = st.sampled_from(
    ["", ' xsi:type="Future"', ' xsi:type="VirtualVmxnet3"', ' xsi:type="xsd:int"', ' xsi:type="ns9:X"']
)


@st.composite
def elements(draw: st.DrawFn, depth: int = 3) -> str:
    name, kind = draw(NAMES), draw(TYPES)
    inner = (
        draw(TEXT) if depth == 0 or draw(st.booleans()) else "".join(draw(st.lists(elements(depth - 1), max_size=3)))
    )
    return f"<{name}{kind}>{inner}</{name}>"


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(elements(), elements())
def test_whatever_a_vm_has_the_others_are_read(decoded: Decode, one: str, two: str) -> None:
    first, second, third = decoded(NAME + COUNT, devices(one, two) + COUNT, NAME + devices(""))
    assert first[1] == {"name": "pgw-1", "config.hardware.numCPU": 4}
    assert second[1]["config.hardware.numCPU"] == 4
    assert third[1]["config.hardware.device"][0].key == 4000
