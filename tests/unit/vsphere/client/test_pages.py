# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages as the collection's reader reads them: the same objects that pyVmomi's decoder makes, and nothing hostile."""

from __future__ import annotations

import datetime as dt
import typing as t
from pathlib import Path
from random import Random

import pytest
from pyVmomi import VmomiSupport, vim, vmodl

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._plan.vm.model import Network
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.client import bounds, objects
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm import inventory as inventory_module
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.inventory import Inventory
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._vsphere.vm.read import vm_paths, vm_record
from tests.support.answers import (
    ENVELOPE,
    Found,
    answer,
    assert_all_same,
    assert_same,
    by_pyvmomi,
    page_of,
    serialised,
)

ANSWERS = Path(__file__).parent / "answers"
VERSIONS = {
    "7.0.0.0": "vim.version.v7_0",
    "8.0.3.0": "vim.version.v8_0_3_0",
    "9.0.0.0": "vim.version.v9_0_0_0",
}
INPUTS = 100
Any = t.Any
VIM: Any = vim
CARD = VIM.vm.device.VirtualEthernetCard
ObjectContent = vmodl.query.PropertyCollector.ObjectContent  # type: ignore[attr-defined]
DynamicProperty = vmodl.DynamicProperty  # type: ignore[attr-defined]


def recorded(version: str) -> list[bytes]:
    """The pages that ``tests.support.record_answers`` recorded."""
    return (ANSWERS / f"{version}.xml").read_bytes().splitlines()


@pytest.mark.parametrize("version", VERSIONS)
def test_recorded_answers_are_the_same_objects(version: str) -> None:
    pages = recorded(version)
    read = [page_of(page, VERSIONS[version]).objects for page in pages]
    assert sum(map(len, read)) > 20
    for page, ours in zip(pages, read, strict=True):
        assert_all_same(ours, by_pyvmomi(page, VERSIONS[version]))


@pytest.mark.parametrize("version", VERSIONS)
def test_plans_are_made_from_the_same_values(version: str) -> None:
    """Networks, hosts, VMs with their adapters, and what is edited in them, by either reader."""
    states = [_planned_from(read, version) for read in (_ours, by_pyvmomi)]
    (ours, networks), (theirs, other_networks) = states
    assert networks == other_networks
    assert {network.name for group in networks.values() for network in group} >= {"PG-Mgmt", "PG-S5U", "PG-SGi"}
    assert len(ours) == 2
    for one, other in zip(ours, theirs, strict=True):
        assert (one.state, one.guest, one.question) == (other.state, other.guest, other.question)
        assert len(one.devices) == 3
        assert_same(list(one.devices.values()), list(other.devices.values()))


def _ours(page: bytes, version: str) -> Found:
    return page_of(page, version, CARD).objects


def _planned_from(read: t.Callable[[bytes, str], Found], version: str) -> tuple[list[Any], dict[str, Any]]:
    found = [each for page in recorded(version) for each in read(page, VERSIONS[version])]
    hosts = {
        each._moId: inventory_module._host(each, properties)
        for each, properties in found
        if isinstance(each, VIM.HostSystem) and "summary.hardware.cpuMhz" in properties
    }
    networks: dict[str, tuple[Network, ...]] = inventory_module._networks(
        [(each, properties) for each, properties in found if not isinstance(each, VIM.VirtualMachine)]
    )
    inventory = Inventory((), networks, hosts, version)
    described = [each for each in found if set(each[1]) >= {"config.hardware.device", "config.version"}]
    return [vm_record(each, properties, inventory) for each, properties in described], networks


# What is generated: the types of all properties that plans are made of, with everything that they may hold.
PATHS: dict[str, Any] = {
    "name": str,
    "config.template": bool,
    "config.hardware.numCPU": int,
    "config.hardware.device": VIM.vm.device.VirtualDevice.Array,
    "config.extraConfig": VIM.option.OptionValue.Array,
    "config.cpuAllocation": VIM.ResourceAllocationInfo,
    "config.cpuAffinity": VIM.vm.AffinityInfo,
    "config.latencySensitivity": VIM.LatencySensitivity,
    "config.flags": VIM.vm.FlagInfo,
    "config.numaInfo": VIM.vm.VirtualNumaInfo,
    "config.vcpuConfig": VIM.vm.VcpuConfig.Array,
    "guest.net": VIM.vm.GuestInfo.NicInfo.Array,
    "runtime.host": VIM.HostSystem,
    "runtime.powerState": VIM.VirtualMachine.PowerState,
    "runtime.question": VIM.vm.QuestionInfo,
    "snapshot": VIM.vm.SnapshotInfo,
    "summary": VIM.OpaqueNetwork.Summary,
    "config.productInfo": VIM.dvs.ProductSpec,
    "config.network.portgroup": VIM.host.PortGroup.Array,
    "configurationEx": VIM.cluster.ConfigInfoEx,
    "hardware": VIM.host.HardwareInfo,
    "info.error": vmodl.MethodFault,  # type: ignore[attr-defined]
}
DEVICES = [getattr(VIM.vm.device, f"Virtual{name}") for name in ("E1000", "Vmxnet3", "SriovEthernetCard", "Disk")]
# Types in place of one that the API declares: each a subclass of it.
SUBCLASSES: dict[Any, list[Any]] = {
    VIM.vm.device.VirtualDevice: DEVICES,
    VIM.vm.device.VirtualDevice.BackingInfo: [
        CARD.NetworkBackingInfo,
        CARD.DistributedVirtualPortBackingInfo,
        CARD.OpaqueNetworkBackingInfo,
    ],
    VIM.cluster.RuleInfo: [VIM.cluster.VmHostRuleInfo, VIM.cluster.AffinityRuleSpec],
    VIM.cluster.GroupInfo: [VIM.cluster.VmGroup, VIM.cluster.HostGroup],
    vmodl.MethodFault: [VIM.fault.NoPermission, VIM.fault.InvalidPowerState],  # type: ignore[attr-defined]
}
WORDS = ("", "x", "PG-S5U", "a & b < c > d", '"quoted"', " blanks ", "two\nlines", "höher", "\u4e2d", "\U0001f600")
SIMPLE: dict[Any, t.Callable[[Random], Any]] = {
    object: lambda rng: rng.choice((True, False, 7, -1, *WORDS)),
    bool: lambda rng: rng.random() < 0.5,
    str: lambda rng: rng.choice(WORDS),
    type: lambda _rng: VIM.VirtualMachine,
    dt.datetime: lambda rng: (
        dt.datetime(2026, 1, 1, tzinfo=dt.timezone.utc) + dt.timedelta(seconds=rng.randrange(10**8))
    ),
}


def made_up(rng: Random, kind: Any, depth: int = 4, needed: bool = False) -> Any:
    """A value of one of the SDK's types. needed: a list has at least one item."""
    if issubclass(kind, list):
        return kind([made_up(rng, kind.Item, depth) for _item in range(rng.randint(1 if needed else 0, 2))])
    if issubclass(kind, VmomiSupport.DataObject):
        return made_up_object(rng, rng.choice(SUBCLASSES.get(kind, [kind])), depth - 1)
    if kind in SIMPLE:
        return SIMPLE[kind](rng)
    if issubclass(kind, VmomiSupport.Enum):
        return getattr(kind, rng.choice(kind.values))
    if issubclass(kind, VmomiSupport.ManagedObject):
        return kind(f"group-{rng.randint(1, 99)}")
    return kind(b"bytes" if issubclass(kind, bytes) else "7")


def made_up_object(rng: Random, kind: Any, depth: int) -> Any:
    """A data object with some of its fields; what it must have, it has."""
    made = kind()
    for field in kind._GetPropertyList():
        optional = field.flags & VmomiSupport.F_OPTIONAL
        deep = depth <= 0 and issubclass(field.type, (VmomiSupport.DataObject, list))
        if not (optional and (deep or rng.random() < 0.3)):
            setattr(made, field.name, made_up(rng, field.type, depth, needed=not optional))
    return made


def made_up_vm(rng: Random) -> Any:
    """A VM with some properties."""
    paths = rng.sample(sorted(PATHS), rng.randint(0, 3))
    props = [DynamicProperty(name=path, val=made_up(rng, PATHS[path])) for path in paths]
    return ObjectContent(obj=VIM.VirtualMachine(f"vm-{rng.randint(1, 9)}"), propSet=props)


@pytest.mark.parametrize("version", VERSIONS)
def test_whatever_pyvmomi_writes_is_read_as_pyvmomi_reads_it(version: str) -> None:
    for number in range(INPUTS):
        rng = Random(f"{version} {number}")  # noqa: S311 - not for secrets
        content = serialised([made_up_vm(rng) for _vm in range(rng.randint(1, 3))], VERSIONS[version])
        ours, theirs = page_of(content, VERSIONS[version]).objects, by_pyvmomi(content, VERSIONS[version])
        assert_all_same(ours, theirs, f"input {number}: ")


@pytest.mark.parametrize("planted", ["every number a text", "a field lost"])
def test_the_comparison_finds_a_planted_fault(planted: str, monkeypatch: pytest.MonkeyPatch) -> None:
    page = next(each for each in recorded("8.0.3.0") if b"config.hardware.device" in each)
    theirs = by_pyvmomi(page)
    assert_all_same(page_of(page).objects, theirs)
    if planted == "a field lost":
        known = objects._Fields.__missing__
        monkeypatch.setattr(
            objects._Fields, "__missing__", lambda self, tag: None if tag.endswith(" key") else known(self, tag)
        )
    else:
        monkeypatch.setattr(objects, "_leaf", lambda _kind: lambda element: element.text)
    with pytest.raises(AssertionError):
        assert_all_same(page_of(page).objects, theirs)


def prop(name: str, kind: str, value: str) -> str:
    return f'<propSet><name>{name}</name><val xsi:type="{kind}">{value}</val></propSet>'


def vm(moid: str, inner: str) -> str:
    return f'<objects><obj type="VirtualMachine">{moid}</obj>{inner}</objects>'


def test_an_object_of_an_unknown_type_tells_its_type_to_who_asks_for_more() -> None:
    device = '<VirtualDevice xsi:type="VirtualQuantumCard"><key>77</key><qubits>5</qubits></VirtualDevice>'
    page = answer(vm("vm-1", prop("config.hardware.device", "ArrayOfVirtualDevice", device)))
    ((_managed, properties),) = page_of(page).objects
    (card,) = properties["config.hardware.device"]
    assert isinstance(card, VIM.vm.device.VirtualDevice)
    assert card.key == 77
    with pytest.raises(AttributeError, match=r"type VirtualQuantumCard, which .* does not know, was asked for qubits"):
        card.qubits  # noqa: B018
    # Among adapters it is none that is looked at.
    assert page_of(page, devices=CARD).objects[0][1]["config.hardware.device"] == []


def test_a_property_of_an_unknown_type_is_named_when_somebody_asks_for_it() -> None:
    page = answer(vm("vm-1", prop("name", "xsd:string", "pgw-1") + prop("config.future", "FutureInfo", "<a>1</a>")))
    ((_managed, properties),) = page_of(page).objects
    assert properties["name"] == "pgw-1"
    with pytest.raises(NfvError, match=r"\[property_malformed\] pgw-1: failed to read config.future: .* FutureInfo"):
        properties["config.future"]


def test_what_vcenter_fails_to_return_belongs_to_the_vm() -> None:
    missing = (
        "<missingSet><path>config.hardware.device</path><fault><fault xsi:type='NoPermission'>"
        "<privilegeId>System.Read</privilegeId></fault><localizedMessage>Permission denied.</localizedMessage></fault>"
        "</missingSet>"
    )
    (_one, first), (_two, second) = page_of(answer(vm("vm-1", missing) + vm("vm-2", ""))).objects
    assert first.missing == {"config.hardware.device": "NoPermission: Permission denied."}
    assert second.missing == {}


def test_the_token_of_the_next_page_is_read() -> None:
    assert page_of(answer("<token>next</token>" + vm("vm-1", ""))).token == "next"
    assert page_of(answer(vm("vm-1", ""))).token is None
    assert page_of(ENVELOPE.format("").encode()).objects == []


def test_a_fault_in_place_of_a_page_is_pyvmomis() -> None:
    fault = (
        '<?xml version="1.0"?><soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body><soapenv:Fault><faultstring>gone'
        '</faultstring><detail><ManagedObjectNotFoundFault xmlns="urn:vim25" xsi:type="ManagedObjectNotFound">'
        '<obj type="VirtualMachine">vm-9</obj></ManagedObjectNotFoundFault></detail></soapenv:Fault></soapenv:Body>'
        "</soapenv:Envelope>"
    )
    assert page_of(fault.encode()).objects == []


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (BOMB.encode() + answer(vm("vm-1", prop("name", "xsd:string", "&b;"))), "document type 'x'"),
        (answer("<objects>" + "<a/>" * 5000 + "</objects>"), "one object in it has more than"),
        (answer("<objects>" + "<a>" * 5000), "one object in it has more than"),
        (answer(vm("vm-1", prop("name", "xsd:string", "x" * 20000))), "one object in it has more than"),
        (answer(vm("vm-1", "") * 2000), "it has more than"),
    ],
    ids=["entities", "wide", "deep", "long", "endless"],
)
def test_a_hostile_answer_is_refused(content: bytes, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "OBJECT_BYTES", 10_000)
    monkeypatch.setattr(bounds, "ANSWER_BYTES", 50_000)
    with pytest.raises(NfvError, match=said) as caught:
        page_of(content)
    assert caught.value.error_code == "answer_refused"


def test_objects_nested_too_deep_are_that_vms_error() -> None:
    deep = "<rootSnapshotList>" + "<childSnapshotList>" * 5000 + "</childSnapshotList>" * 5000 + "</rootSnapshotList>"
    page = answer(vm("vm-1", prop("snapshot", "VirtualMachineSnapshotInfo", deep)) + vm("vm-2", ""))
    (_one, first), (_two, _second) = page_of(page).objects
    with pytest.raises(NfvError, match="nested too deep"):
        first["snapshot"]


def test_every_path_that_is_read_of_vms_is_generated_or_simple() -> None:
    simple = {"config.changeVersion", "config.uuid", "config.firmware", "runtime.connectionState", "config.version"}
    left = set(vm_paths("9.0.0.0")) - set(PATHS) - simple
    assert all(path.startswith(("guest.", "config.memory", "config.hardware.", "config.cpu")) for path in left), left
