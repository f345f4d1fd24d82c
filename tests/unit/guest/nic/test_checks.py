# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which adapters stay with the kernel: by default routes where the session is known, by bonds, by IOMMU groups."""

from __future__ import annotations

import json
import os
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic import binding, pci
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.model import AdapterRequest, BindingPolicy
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.read import read_guest_adapters, read_info
from tests.unit.guest.conftest import MACS, MGMT, S5U, SGI

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import Plan
    from tests.unit.guest.conftest import RecordedGuest

ADDRESSES, ROUTES_4, ROUTES_6 = "ip -json address show", "ip -json -4 route show", "ip -json -6 route show"
ADAPTERS = (
    AdapterRequest("mgmt", MACS[MGMT], "kernel"),
    AdapterRequest("s5u", MACS[S5U], "pmd"),
    AdapterRequest("sgi", MACS[SGI], "pmd"),
)
AUTO, IN_USE = BindingPolicy(), BindingPolicy(allow_in_use=True)
BY_DHCP = {"dst": "default", "gateway": "198.18.1.254", "dev": "enp0s4", "protocol": "dhcp", "metric": 1024}
BY_RA = {"dst": "default", "gateway": "fe80::1", "dev": "enp0s4", "protocol": "ra", "metric": 1024}


def plan(guest: RecordedGuest, policy: BindingPolicy = AUTO, adapters: t.Sequence[AdapterRequest] = ADAPTERS) -> Plan:
    return binding.plan(adapters, read_guest_adapters(guest), policy, "present")


def refused(guest: RecordedGuest, policy: BindingPolicy = AUTO) -> NfvError:
    with pytest.raises(NfvError) as caught:
        plan(guest, policy)
    return caught.value


def add(guest: RecordedGuest, command: str, *entries: dict[str, t.Any]) -> None:
    guest.outputs[command] = json.dumps([*json.loads(guest.outputs[command]), *entries])


def connect(guest: RecordedGuest, client: str, own: str) -> None:
    """Puts this process into an SSH session."""
    directory = guest.path(f"/proc/{os.getpid()}")
    directory.mkdir(parents=True)
    (directory / "status").write_text("PPid:\t0\n")
    (directory / "environ").write_text(f"SSH_CONNECTION={client} 50000 {own} 22\0")


@pytest.mark.parametrize(
    ("command", "route", "origin"), [(ROUTES_4, BY_DHCP, "DHCP"), (ROUTES_6, BY_RA, "router advertisement")]
)
def test_default_route_on_a_data_adapter_where_the_session_is_known(
    fresh: RecordedGuest, command: str, route: dict[str, t.Any], origin: str
) -> None:
    add(fresh, command, route)
    connect(fresh, "10.0.2.2", "10.0.2.15")
    error = refused(fresh)
    assert (error.error_code, error.subject) == ("adapter_in_use", f"s5u ({MACS[S5U]}, {S5U})")
    assert f"enp0s4 carries a default route (from {'a ' * (origin != 'DHCP')}{origin})" in error.attempted
    assert "DHCP=no" in error.remedy
    assert "allow_in_use" in error.remedy
    assert plan(fresh, IN_USE).changed


def test_default_route_decides_where_no_session_is_known(fresh: RecordedGuest) -> None:
    add(fresh, ROUTES_4, BY_DHCP)
    assert refused(fresh, IN_USE).error_code == "management_adapter"


@pytest.mark.parametrize("own", ["127.0.0.1", "10.9.9.9"])
def test_session_on_no_adapter_leaves_it_to_the_default_route(fresh: RecordedGuest, own: str) -> None:
    """An address of the loopback interface can be reached through any adapter."""
    add(fresh, ADDRESSES, {"ifname": "lo", "addr_info": [{"local": "10.9.9.9", "scope": "global"}]})
    add(fresh, ROUTES_4, BY_DHCP)
    connect(fresh, "10.0.2.2", own)
    assert refused(fresh, IN_USE).error_code == "management_adapter"


def test_session_whose_replies_need_the_other_default_route(fresh: RecordedGuest) -> None:
    """The session's adapter has no way back to the operator: without the data adapter's route the session would end."""
    fresh.outputs[ROUTES_4] = json.dumps([{"dst": "10.0.2.0/24", "dev": "enp0s3"}, BY_DHCP])
    connect(fresh, "192.0.2.7", "10.0.2.15")
    assert refused(fresh, IN_USE).error_code == "management_adapter"


def test_session_over_a_bond_makes_its_members_management_adapters(fresh: RecordedGuest) -> None:
    add(fresh, ADDRESSES, {"ifname": "bond0", "addr_info": [{"local": "198.18.9.9", "scope": "global"}]})
    fresh.lay_out(f"{pci.DEVICES}/{S5U}/net/enp0s4/upper_bond0", {"link": "../bond0"})
    connect(fresh, "198.18.9.1", "198.18.9.9")
    add(fresh, ROUTES_4, {"dst": "198.18.9.0/24", "dev": "bond0"})
    assert refused(fresh, IN_USE).error_code == "management_adapter"


BOND = "1a:03:72:7c:d4:b4"


def rename(guest: RecordedGuest, mac: str) -> None:
    guest.path(f"{pci.DEVICES}/{S5U}/net/enp0s4/address").write_text(f"{mac}\n")


def test_overridden_mac_is_recognised_by_the_permanent_one(fresh: RecordedGuest) -> None:
    rename(fresh, BOND)
    addresses = json.loads(fresh.outputs[ADDRESSES])
    for interface in addresses:
        if interface["ifname"] == "enp0s4":
            interface |= {"address": BOND, "permaddr": MACS[S5U].upper()}
    fresh.outputs[ADDRESSES] = json.dumps(addresses)
    assert plan(fresh).result["devices"][0]["mac"] == MACS[S5U]
    assert read_info(fresh)["devices"][1]["mac"] == MACS[S5U]


def test_member_of_a_bond_is_recognised_without_iproutes_help(fresh: RecordedGuest) -> None:
    rename(fresh, BOND)
    fresh.lay_out(f"{pci.DEVICES}/{S5U}/net/enp0s4/bonding_slave/perm_hwaddr", f"{MACS[S5U]}\n")
    fresh.lay_out(f"{pci.DEVICES}/{S5U}/net/enp0s4/upper_bond0", {"link": "../bond0"})
    error = refused(fresh)
    assert (error.error_code, "belongs to bond0" in error.attempted) == ("adapter_in_use", True)


@pytest.mark.parametrize("command", [ADDRESSES, ROUTES_4, ROUTES_6])
def test_cut_output_of_iproute_is_no_free_pass(fresh: RecordedGuest, command: str) -> None:
    fresh.outputs[command] = '[{"ifname": "enp0s3", "addr_'
    error = refused(fresh)
    assert (error.error_code, error.subject) == ("output_unreadable", command)


def group(guest: RecordedGuest, number: int, *addresses: str) -> None:
    """Puts devices into an IOMMU group, and gives the machine an IOMMU."""
    if not guest.exists("/sys/class/iommu/dmar0"):
        guest.lay_out("/sys/class/iommu/dmar0", {"link": "../../devices/virtual/iommu/dmar0"})
    for address in addresses:
        guest.lay_out(f"{pci.GROUPS}/{number}/devices/{address}", {"link": f"{pci.DEVICES}/{address}"})
        guest.lay_out(f"{pci.DEVICES}/{address}/iommu_group", {"link": f"../../../kernel/iommu_groups/{number}"})


def other(guest: RecordedGuest, address: str, pci_class: str, driver: str | None) -> None:
    """Puts a device of another class into the machine."""
    guest.lay_out(f"{pci.DEVICES}/{address}/class", f"{pci_class}\n")
    if driver:
        guest.lay_out(f"{pci.DEVICES}/{address}/driver", {"link": f"../drivers/{driver}"})


def test_group_shared_with_the_management_adapter_is_refused(fresh: RecordedGuest) -> None:
    group(fresh, 7, MGMT, S5U)
    group(fresh, 8, SGI)
    error = refused(fresh)
    assert (error.error_code, error.subject) == ("iommu_group_shared", f"s5u ({MACS[S5U]}, {S5U})")
    assert f"its IOMMU group 7 also holds {MGMT} (enp0s3, driver vmxnet3)" in error.attempted
    assert "igb_uio" in error.remedy


def test_group_shared_with_a_disk_is_refused_and_every_member_named(fresh: RecordedGuest) -> None:
    group(fresh, 7, S5U, SGI)
    for number, driver in (("1d.0", "ahci"), ("1d.1", "xhci_hcd")):
        other(fresh, f"0000:00:{number}", "0x010601", driver)
        group(fresh, 7, f"0000:00:{number}")
    error = refused(fresh)
    assert error.error_code == "iommu_group_shared"
    assert "0000:00:1d.0 (class 0x010601, driver ahci)" in error.attempted
    assert "0000:00:1d.1 (class 0x010601, driver xhci_hcd)" in error.attempted


def test_group_shared_with_a_polled_adapter_that_is_given_back_is_refused(bound: RecordedGuest) -> None:
    for address in (S5U, SGI):
        bound.path(f"{pci.DEVICES}/{address}/driver").unlink()
        bound.lay_out(f"{pci.DEVICES}/{address}/driver", {"link": "../vfio-pci"})
    group(bound, 7, S5U, SGI)
    with pytest.raises(NfvError) as caught:
        plan(bound, adapters=ADAPTERS[:2])
    assert (caught.value.error_code, SGI in caught.value.attempted) == ("iommu_group_shared", True)


def test_group_is_judged_when_all_its_adapters_are_found(bound: RecordedGuest) -> None:
    """SGi shows no MAC address in the clone: it goes back to the kernel first, and is then no foreign member."""
    bound.path(f"{pci.DEVICES}/{SGI}/driver").unlink()
    bound.lay_out(f"{pci.DEVICES}/{SGI}/driver", {"link": "../vfio-pci"})
    bound.set_attribute(f"{pci.DEVICES}/{S5U}/driver_override", "")
    bound.set_attribute(f"{pci.DEVICES}/{S5U}/driver/unbind", S5U)
    bound.set_attribute("/sys/bus/pci/drivers_probe", S5U)
    bound.path("/sys/class/dmi/id/product_uuid").write_text("4237b6ae-5f0c-8c1e-9d0b-0242ac120002\n")
    group(bound, 7, S5U, SGI)
    assert SGI in plan(bound).warnings[0]


def test_what_vfio_lets_pass_is_no_reason(fresh: RecordedGuest) -> None:
    """Both polled adapters, a bridge between buses, a device without a driver, and one that a stub keeps free."""
    group(fresh, 7, S5U, SGI)
    for number, pci_class, driver in (
        ("1c.0", "0x060400", "pcieport"),
        ("1d.0", "0x0c0330", None),
        ("1d.1", "0x0c0330", "pci-stub"),
    ):
        other(fresh, f"0000:00:{number}", pci_class, driver)
        group(fresh, 7, f"0000:00:{number}")
    assert plan(fresh).changed


@pytest.mark.parametrize("driver", ["uio_pci_generic"])
def test_uio_drivers_have_no_groups(fresh: RecordedGuest, driver: str) -> None:
    group(fresh, 7, MGMT, S5U, SGI)
    assert plan(fresh, BindingPolicy(driver)).changed


def test_vfio_without_an_iommu_has_no_groups(fresh: RecordedGuest) -> None:
    """In that mode the kernel makes a group for each device when it is bound."""
    fresh.lay_out(binding.NO_IOMMU_PARAMETER, "N\n")
    group(fresh, 7, MGMT, S5U)
    fresh.path("/sys/class/iommu/dmar0").unlink()
    made = plan(fresh, BindingPolicy(allow_no_iommu=True))
    assert made.result["devices"][0]["driver_wanted"] == "vfio-pci"
