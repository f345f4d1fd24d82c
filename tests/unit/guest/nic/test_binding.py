# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which adapters are bound and which are refused, how, and that a failed binding is undone."""

from __future__ import annotations

import dataclasses
import json
import os
import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import apply
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import Plan
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic import binding, boot_files, pci
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.checks import choose_driver
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.model import AdapterRequest, BindingPolicy
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.read import read_guest_adapters
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.record import RECORD, read_record
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic.ssh_session import read_sessions
from tests.unit.guest.conftest import MACS, MGMT, S5U, SGI

if t.TYPE_CHECKING:
    from tests.unit.guest.conftest import RecordedGuest

ADAPTERS = (
    AdapterRequest("mgmt", MACS[MGMT], "kernel"),
    AdapterRequest("s5u", MACS[S5U], "pmd"),
    AdapterRequest("sgi", MACS[SGI], "pmd"),
)
AUTO = BindingPolicy()


def plan(
    guest: RecordedGuest,
    adapters: t.Sequence[AdapterRequest] = ADAPTERS,
    state: str = "present",
    policy: BindingPolicy = AUTO,
) -> Plan:
    return binding.plan(adapters, read_guest_adapters(guest), policy, state)


def carry_out(
    guest: RecordedGuest, adapters: t.Sequence[AdapterRequest] = ADAPTERS, state: str = "present", rounds: int = 1
) -> Plan:
    """Applies a plan, or as many as are needed, and sees that nothing is left to do; returns the last."""
    for _round in range(rounds):
        made = plan(guest, adapters, state)
        assert made.changed
        apply(made.steps, guest)
    assert not plan(guest, adapters, state).changed
    return made


def refused(guest: RecordedGuest, adapters: t.Sequence[AdapterRequest], policy: BindingPolicy = AUTO) -> NfvError:
    with pytest.raises(NfvError) as caught:
        plan(guest, adapters, policy=policy)
    return caught.value


def drivers(guest: RecordedGuest) -> list[str | None]:
    return [device.driver for device in pci.read_network_devices(guest)]


def test_bound_guest_was_bound_by_these_rules(fresh: RecordedGuest, bound: RecordedGuest) -> None:
    """The plan's result in a fresh guest is what was recorded in the real one."""
    carry_out(fresh)
    assert drivers(fresh) == drivers(bound) == ["vmxnet3", "uio_pci_generic", "uio_pci_generic"]
    paths = [RECORD, *boot_files.managed_files([S5U, SGI])]
    assert {path: fresh.text(path) for path in paths} == {path: bound.text(path) for path in paths}
    assert fresh.commands == ["modprobe uio_pci_generic", f"systemctl enable {boot_files.UNIT}"]


def test_second_run_does_nothing_and_still_knows_the_macs(bound: RecordedGuest) -> None:
    made = plan(bound)
    assert not made.changed
    assert made.before == made.after
    assert made.result["devices"][0] == {
        "name": "s5u",
        "mac": MACS[S5U],
        "pci_address": S5U,
        "driver": "uio_pci_generic",
        "driver_wanted": "uio_pci_generic",
        "previous_driver": "vmxnet3",
    }


def test_absent_gives_all_back_and_leaves_no_file(bound: RecordedGuest) -> None:
    made = carry_out(bound, [], "absent")
    assert made.after == {"s5u": "vmxnet3", "sgi": "vmxnet3"}
    assert drivers(bound) == ["vmxnet3"] * 3
    assert not any(bound.exists(path) for path in [RECORD, *boot_files.managed_files([S5U, SGI])])
    assert bound.value(f"{pci.DEVICES}/{S5U}/driver_override") is None


def test_adapter_no_longer_described_is_given_back(bound: RecordedGuest) -> None:
    carry_out(bound, ADAPTERS[:2])
    assert drivers(bound) == ["vmxnet3", "uio_pci_generic", "vmxnet3"]
    assert [entry.name for entry in read_record(bound).adapters] == ["s5u"]
    assert not bound.exists(boot_files.override_file(SGI))


def test_adapter_gone_from_the_vm_is_forgotten(bound: RecordedGuest) -> None:
    """The other one goes back to the kernel in between, for its PCI address may have shifted as well."""
    bound.path(f"{pci.DEVICES}/{SGI}/class").write_text("0x030000")
    carry_out(bound, ADAPTERS[:2], rounds=2)
    assert drivers(bound) == ["vmxnet3", "uio_pci_generic"]
    assert [entry.name for entry in read_record(bound).adapters] == ["s5u"]


@pytest.mark.parametrize("done", range(6))
def test_interrupted_anywhere_the_next_run_converges(fresh: RecordedGuest, done: int) -> None:
    steps = plan(fresh).steps
    assert done < len(steps)
    apply(steps[:done], fresh)
    carry_out(fresh)
    assert drivers(fresh) == ["vmxnet3", "uio_pci_generic", "uio_pci_generic"]


def test_nic_left_without_a_driver_is_found_by_the_record(bound: RecordedGuest) -> None:
    bound.set_attribute(f"{pci.DEVICES}/{S5U}/driver/unbind", S5U)
    carry_out(bound)
    assert drivers(bound)[1] == "uio_pci_generic"


def test_failed_binding_gives_the_nic_back(fresh: RecordedGuest) -> None:
    fresh.broken_drivers.add("uio_pci_generic")
    with pytest.raises(NfvError, match="It is back on vmxnet3") as caught:
        apply(plan(fresh).steps, fresh)
    assert caught.value.error_code == "bind_failed"
    assert drivers(fresh) == ["vmxnet3"] * 3
    assert not fresh.exists(boot_files.override_file(S5U)), "a driver that failed would be tried at every boot"


def test_nic_that_cannot_be_given_back_is_told(fresh: RecordedGuest) -> None:
    fresh.broken_drivers |= {"uio_pci_generic", "vmxnet3"}
    with pytest.raises(NfvError, match="Reboot the guest to get it back"):
        apply(plan(fresh).steps, fresh)


def test_management_adapter_by_default_route(fresh: RecordedGuest) -> None:
    error = refused(fresh, [AdapterRequest("s5u", MACS[MGMT], "pmd")])
    assert error.error_code == "management_adapter"
    assert "enp0s3 carries a default route" in str(error)


# What a module's process is: itself, by sudo, which forgot the session, by the session's shell.
SUDO = ((os.getpid(), 20, ""), (20, 10, ""), (10, 1, "SSH_CONNECTION=10.0.2.2 50000 10.0.2.15 22"), (1, 0, ""))


def descend(guest: RecordedGuest, processes: t.Iterable[tuple[int, int, str]]) -> None:
    """Puts processes into the tree: id, parent's id, one environment variable."""
    for process, parent, variable in processes:
        directory = guest.path(f"/proc/{process}")
        directory.mkdir(parents=True)
        (directory / "status").write_text(f"Name:\tpython3\nPid:\t{process}\nPPid:\t{parent}\n")
        (directory / "environ").write_text(f"HOME=/root\0{variable}\0")


def test_management_adapter_by_this_session(fresh: RecordedGuest) -> None:
    for command in ("ip -json -4 route show", "ip -json -6 route show"):
        fresh.outputs[command] = "[]"
    assert refused(fresh, [AdapterRequest("s5u", MACS[MGMT], "pmd")]).error_code == "adapter_in_use"
    descend(fresh, SUDO)
    forced = BindingPolicy(allow_in_use=True)
    assert refused(fresh, [AdapterRequest("s5u", MACS[MGMT], "pmd")], forced).error_code == "management_adapter"


def test_management_adapter_by_a_session_over_a_link_local_address(fresh: RecordedGuest) -> None:
    addresses = [{"ifname": "enp0s4", "addr_info": [{"local": "fe80::1", "scope": "link"}]}]
    fresh.outputs["ip -json address show"] = json.dumps(addresses)
    assert plan(fresh).changed
    descend(fresh, [(os.getpid(), 0, "SSH_CONNECTION=fe80::2%enp0s4 50000 fe80::1%enp0s4 22")])
    assert refused(fresh, ADAPTERS).error_code == "management_adapter"


@pytest.mark.parametrize(
    "processes",
    [
        [],
        [(os.getpid(), 0, "NO_SSH_CONNECTION=10.0.2.2 50000 10.0.2.15 22")],
        [(os.getpid(), 0, "SSH_CONNECTION=UNKNOWN")],
        [(os.getpid(), os.getpid(), "")],
    ],
)
def test_no_session_is_known(fresh: RecordedGuest, processes: list[tuple[int, int, str]]) -> None:
    descend(fresh, processes)
    assert read_sessions(fresh, os.getpid()) == frozenset()


@pytest.mark.parametrize(
    ("command", "interface"),
    [
        ("ip -json address show", {"ifname": "enp0s4", "addr_info": [{"local": "198.18.1.1", "scope": "global"}]}),
        ("ip -json -4 route show", {"dst": "198.18.9.0/24", "dev": "enp0s4"}),
        ("ip -json -4 route show", {"dst": "198.18.9.0/24", "nexthops": [{"dev": "lo"}, {"dev": "enp0s4"}]}),
    ],
)
def test_adapter_with_an_address_or_route(fresh: RecordedGuest, command: str, interface: dict[str, t.Any]) -> None:
    fresh.outputs[command] = json.dumps([*json.loads(fresh.outputs[command]), interface])
    assert refused(fresh, ADAPTERS).error_code == "adapter_in_use"


def test_an_address_may_be_given_up_but_never_the_management_adapter(fresh: RecordedGuest) -> None:
    addresses = [{"ifname": "enp0s4", "addr_info": [{"local": "198.18.1.1", "scope": "global"}]}]
    fresh.outputs["ip -json address show"] = json.dumps(addresses)
    forced = BindingPolicy(allow_in_use=True)
    assert "allow_in_use" in refused(fresh, ADAPTERS).remedy
    assert plan(fresh, policy=forced).changed
    error = refused(fresh, [AdapterRequest("s5u", MACS[MGMT], "pmd")], forced)
    assert (error.error_code, "allow_in_use" in error.remedy) == ("management_adapter", False)


@pytest.mark.parametrize("scope", ["link", "host"])
def test_link_local_addresses_are_no_use(fresh: RecordedGuest, scope: str) -> None:
    addresses = [{"ifname": "enp0s4", "addr_info": [{"local": "fe80::1", "scope": scope}]}]
    fresh.outputs["ip -json address show"] = json.dumps(addresses)
    fresh.outputs["ip -json -6 route show"] = json.dumps([{"dst": "fe80::/64", "dev": "enp0s4"}])
    assert plan(fresh).changed


def test_adapter_in_a_bridge(fresh: RecordedGuest) -> None:
    fresh.lay_out(f"{pci.DEVICES}/{S5U}/net/enp0s4/upper_br0", {"link": "../br0"})
    error = refused(fresh, ADAPTERS)
    assert (error.error_code, "br0" in str(error)) == ("adapter_in_use", True)


def test_only_vmxnet3_unless_allowed(fresh: RecordedGuest) -> None:
    fresh.replace_file(f"{pci.DEVICES}/{S5U}/device", "0x100f\n")
    fresh.replace_file(f"{pci.DEVICES}/{S5U}/vendor", "0x8086\n")
    assert refused(fresh, ADAPTERS).error_code == "adapter_type_unsupported"
    made = plan(fresh, policy=BindingPolicy(allow_other_devices=True))
    assert made.changed
    assert [warning.partition(": ")[0] for warning in made.warnings] == [
        f"s5u ({MACS[S5U]}) is an E1000 and no VMXNET3 adapter"
    ]


def test_vmxnet3_is_not_warned_of(fresh: RecordedGuest) -> None:
    assert plan(fresh).warnings == ()


def test_unknown_mac_names_those_there(fresh: RecordedGuest) -> None:
    error = refused(fresh, [AdapterRequest("s5u", "00:50:56:ff:ff:ff", "pmd")])
    assert error.error_code == "adapter_not_found"
    assert MACS[SGI] in str(error)


def test_record_is_not_believed_when_another_nic_stands_there(bound: RecordedGuest) -> None:
    bound.lay_out(f"{pci.DEVICES}/{S5U}/net/enp0s4/address", "00:50:56:ff:ff:ff\n")
    apply(plan(bound).steps, bound)
    error = refused(bound, ADAPTERS)
    assert (error.error_code, MACS[S5U] in error.subject) == ("adapter_not_found", True)


@pytest.mark.parametrize(
    "twin", [AdapterRequest("s5u", "00:50:56:ff:ff:ff", "pmd"), AdapterRequest("twin", MACS[S5U], "kernel")]
)
def test_adapter_named_twice(fresh: RecordedGuest, twin: AdapterRequest) -> None:
    assert refused(fresh, [*ADAPTERS, twin]).error_code == "adapter_repeated"


def test_device_that_a_program_drives_is_left_alone(bound: RecordedGuest) -> None:
    bound.lay_out("/proc/612/fd/9", {"link": "/dev/uio0"})
    bound.lay_out("/proc/612/comm", "ovs-vswitchd\n")
    assert not plan(bound).changed
    with pytest.raises(NfvError, match=r"ovs-vswitchd \(process 612\)") as caught:
        plan(bound, state="absent")
    assert caught.value.error_code == "device_busy"


def test_what_check_mode_finds_running_is_warned_of(bound: RecordedGuest) -> None:
    """The task before it, which would have ended the program, has changed nothing in check mode."""
    bound.lay_out("/proc/612/fd/9", {"link": "/dev/uio0"})
    bound.lay_out("/proc/612/comm", "ovs-vswitchd\n")
    predicted = plan(bound, state="absent", policy=BindingPolicy(programs_end=True))
    assert predicted.changed
    assert predicted.warnings == (
        "ovs-vswitchd (process 612) drives an adapter: it must end before the adapter is given back",
    )


def test_unreadable_record(bound: RecordedGuest) -> None:
    bound.replace_file(RECORD, '{"adapters": [{"name": "s5u"}]}')
    with pytest.raises(NfvError) as caught:
        read_guest_adapters(bound)
    assert caught.value.error_code == "binding_record_unreadable"


def test_failing_iproute_is_no_free_pass(fresh: RecordedGuest) -> None:
    fresh.failing.add("ip -json -4 route show")
    with pytest.raises(NfvError) as caught:
        plan(fresh)
    assert caught.value.error_code == "iproute_failed"


ALL = ("vfio-pci", "igb_uio", "uio_pci_generic")
UNSAFE = BindingPolicy(allow_no_iommu=True)


@pytest.mark.parametrize(
    ("policy", "iommu", "no_iommu", "available", "expected"),
    [
        (AUTO, True, False, ALL, ("vfio-pci", False)),
        (UNSAFE, True, True, ALL, ("vfio-pci", False)),
        (AUTO, False, True, ALL, ("igb_uio", False)),
        (UNSAFE, False, True, ALL, ("vfio-pci", True)),
        (UNSAFE, False, False, ALL, ("igb_uio", False)),
        (AUTO, False, False, ("vfio-pci", "uio_pci_generic"), ("uio_pci_generic", False)),
        (BindingPolicy("uio_pci_generic"), True, True, ALL, ("uio_pci_generic", False)),
    ],
)
def test_choice_of_driver(
    policy: BindingPolicy, iommu: bool, no_iommu: bool, available: tuple[str, ...], expected: tuple[str, bool]
) -> None:
    choice = choose_driver(policy, pci.Platform(iommu, no_iommu, available))
    assert (choice.driver, choice.unsafe) == expected


@pytest.mark.parametrize(
    ("policy", "no_iommu", "available", "reason"),
    [
        (BindingPolicy("vfio-pci"), False, ALL, "CONFIG_VFIO_NOIOMMU"),
        (BindingPolicy("vfio-pci"), True, ALL, "permission to work without one"),
        (BindingPolicy("igb_uio"), False, ("uio_pci_generic",), "uio_pci_generic"),
        (AUTO, False, ("vfio-pci",), "vfio-pci"),
        (AUTO, False, (), "none"),
    ],
)
def test_no_driver(policy: BindingPolicy, no_iommu: bool, available: tuple[str, ...], reason: str) -> None:
    with pytest.raises(NfvError, match=reason) as caught:
        choose_driver(policy, pci.Platform(iommu=False, no_iommu=no_iommu, drivers=available))
    assert caught.value.error_code == "userspace_driver_missing"


def test_unsafe_mode_is_switched_on_for_now_and_for_later(fresh: RecordedGuest) -> None:
    fresh.lay_out(binding.NO_IOMMU_PARAMETER, "N\n")
    apply(plan(fresh, policy=UNSAFE).steps, fresh)
    assert drivers(fresh)[1:] == ["vfio-pci", "vfio-pci"]
    assert fresh.value(binding.NO_IOMMU_PARAMETER) == "Y"
    assert "enable_unsafe_noiommu_mode=1" in (fresh.text(boot_files.MODPROBE) or "")


def test_vfio_handles_are_those_of_the_group(bound: RecordedGuest) -> None:
    device = pci.read_network_devices(bound)[1]
    assert device.handles == ("/dev/uio0",)
    bound.path(f"{pci.DEVICES}/{S5U}/driver").unlink()
    bound.lay_out(f"{pci.DEVICES}/{S5U}/driver", {"link": "../vfio-pci"})
    bound.lay_out(f"{pci.DEVICES}/{S5U}/iommu_group", {"link": "../../../kernel/iommu_groups/7"})
    assert "/dev/vfio/7" in pci.read_network_devices(bound)[1].handles


def test_platform_of_debian_12(fresh: RecordedGuest) -> None:
    platform = pci.read_platform(fresh)
    assert dataclasses.asdict(platform) == {
        "iommu": False,
        "no_iommu": False,
        "drivers": ("vfio-pci", "uio_pci_generic"),
    }
