# Copyright (c) 2026, nfv.vsphere_dpdk contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kernel forwards by interrupts, and the guest is afterwards what it was: also after a reboot."""

from __future__ import annotations

import typing as t

import pytest

from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._core.errors import NfvError
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.apply import apply
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.interrupts import look
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.interrupts.model import BRIDGE, IRQBALANCE, TUNNEL
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.interrupts.plan import ROUNDS
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.interrupts.record import RECORD, read_record
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.nic import pci
from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._module.interrupt_forwarding import decide
from tests.unit.guest.conftest import MACS, MGMT, S5U, SGI
from tests.unit.guest.interrupts.conftest import UNIT, ForwardingGuest

if t.TYPE_CHECKING:
    from ansible_collections.nfv.vsphere_dpdk.plugins.module_utils._guest.engine.steps import Plan

Made = t.Callable[[str], ForwardingGuest]
DEVICES = [
    {"name": "s5u", "mac": MACS[S5U], "pci_address": S5U, "driver": "uio_pci_generic"},
    {"name": "sgi", "mac": MACS[SGI].upper(), "pci_address": SGI, "driver": "uio_pci_generic"},
]
PRESENT: dict[str, t.Any] = {
    "state": "present",
    "devices": DEVICES,
    "forwarding": "routing",
    "adapters": [
        {
            "name": "s5u",
            "addresses": ["192.0.2.1/24"],
            "neighbours": [{"address": "192.0.2.9", "mac": "02:00:00:00:00:09"}],
            "routes": [{"destination": "203.0.113.0/24", "via": "192.0.2.9"}],
        },
        {"name": "sgi", "addresses": ["198.51.100.1/24"], "neighbours": [], "routes": []},
    ],
    "sessions": [],
    "units": [UNIT],
    "interrupt_service": "when_needed",
    "cpus": "2-3",
    "interrupt_coalescing": True,
}
SESSION = {"local_teid": 0x1001, "peer_teid": 0x2001, "peer_address": "192.0.2.9", "ue_address": "10.45.0.2"}
SESSIONS = [SESSION, {**SESSION, "local_teid": 0x1002, "peer_teid": 0x2002, "ue_address": "10.45.0.3"}]
VARIANTS: dict[str, dict[str, t.Any]] = {
    "routing": PRESENT,
    "uncoalesced": {**PRESENT, "interrupt_coalescing": False},
    "bridge": {**PRESENT, "forwarding": "bridge"},
    "gtp": {**PRESENT, "forwarding": "gtp", "sessions": SESSIONS},
}
ABSENT = {"state": "absent"}


def converge(guest: ForwardingGuest, params: t.Mapping[str, t.Any]) -> Plan:
    """As engine.run does it; returns the first plan."""
    first = plan = decide(guest, params)
    for _round in range(ROUNDS):
        if plan.changed:
            apply(plan.steps, guest)
            plan = decide(guest, params)
    assert not plan.changed, plan.steps
    return first


def image(guest: ForwardingGuest) -> dict[str, t.Any]:
    """Everything that must be as it was: drivers, what kernel and systemd hold, and the attributes."""
    sysctls = [path for name in guest.kernel["links"] for path in look.sysctl_paths(name)]
    vectors = [
        f"/proc/irq/{number}/{name}" for number in guest.names("/proc/irq") for name in ("kept", "smp_affinity_list")
    ]
    kernel = guest.kernel
    for link in kernel["links"].values():
        # While an interface is down the driver tells nothing of worth: see LinkSettings.
        link["coalescing"] = link["coalescing"] if link["up"] else None
    values = {path: guest.value(path) or "0-3" for path in vectors}
    return {
        "drivers": {one.pci_address: one.driver for one in pci.read_network_devices(guest)},
        "override": {address: guest.value(f"{pci.DEVICES}/{address}/driver_override") for address in (S5U, SGI)},
        "kernel": kernel,
        "attributes": {path: guest.value(path) for path in sysctls},
        "moved_interrupts": {path: value for path, value in values.items() if value != "0-3"},
        "record": guest.text(RECORD),
    }


def refused(guest: ForwardingGuest, params: t.Mapping[str, t.Any]) -> NfvError:
    before = image(guest)
    with pytest.raises(NfvError) as caught:
        decide(guest, params)
    assert image(guest) == before
    return caught.value


def test_kernel_routes_by_interrupts(forwarding: Made) -> None:
    guest = forwarding("debian-12-bound")
    converge(guest, PRESENT)
    links = guest.kernel["links"]
    assert [device.driver for device in pci.read_network_devices(guest)] == ["vmxnet3"] * 3
    assert guest.kernel["services"] == {UNIT: "inactive", IRQBALANCE: "inactive"}
    assert [links[name]["addresses"] for name in ("enp0s4", "enp0s5")] == [["192.0.2.1/24"], ["198.51.100.1/24"]]
    assert links["enp0s4"]["neighbours"] == {"192.0.2.9": "02:00:00:00:00:09"}
    assert links["enp0s4"]["routes"] == {"203.0.113.0/24": "192.0.2.9"}
    assert not any(link["lro"] or link["gro"] for link in links.values())
    assert all(link["coalescing"][9] for link in links.values()), "the driver's own coalescing stays"
    assert [guest.value(look.vector_path(number)) for number in ("30", "31", "40", "41")] == ["2", "3", "3", "2"]
    assert {guest.value(path) for name in links for path in look.sysctl_paths(name) if "forwarding" in path} == {"1"}


def test_record_is_written_before_anything_else(forwarding: Made) -> None:
    guest = forwarding("debian-12-bound")
    steps = decide(guest, PRESENT).steps
    assert getattr(steps[0], "path", None) == RECORD
    apply(steps[:1], guest)
    record = read_record(guest)
    assert record is not None
    assert (record.units, [one.driver for one in record.adapters]) == ((UNIT, IRQBALANCE), ["uio_pci_generic"] * 2)


@pytest.mark.parametrize("name", ["debian-12-bound", "debian-12-fresh"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_guest_is_afterwards_what_it_was(forwarding: Made, variant: str, name: str) -> None:
    guest = forwarding(name)
    if name.endswith("fresh"):
        guest.run(("ip", "link", "set", "dev", "enp0s4", "up"))
    before = image(guest)
    converge(guest, VARIANTS[variant])
    assert image(guest) != before
    assert not decide(guest, VARIANTS[variant]).changed, "a second run changes nothing"
    converge(guest, ABSENT)
    assert image(guest) == before
    assert not decide(guest, ABSENT).changed


def test_after_a_reboot_only_the_record_is_left_to_remove(forwarding: Made) -> None:
    guest = forwarding("debian-12-bound")
    before = image(guest)
    converge(guest, PRESENT)
    guest.reboot()
    plan = converge(guest, ABSENT)
    assert len(plan.steps) == 1
    assert image(guest) == before


def test_after_a_reboot_the_service_that_is_not_enabled_is_started(forwarding: Made) -> None:
    guest = forwarding("debian-12-bound")
    converge(guest, PRESENT)
    guest.reboot()
    state = guest.kernel
    guest.save({**state, "services": {**state["services"], UNIT: "inactive"}})
    converge(guest, ABSENT)
    assert guest.kernel["services"][UNIT] == "active"


def test_after_a_reboot_a_rerun_forwards_again_and_still_knows_what_was(forwarding: Made) -> None:
    guest = forwarding("debian-12-bound")
    before = image(guest)
    converge(guest, PRESENT)
    guest.reboot()
    converge(guest, PRESENT)
    assert guest.kernel["links"]["enp0s4"]["addresses"] == ["192.0.2.1/24"]
    converge(guest, ABSENT)
    assert image(guest) == before


def test_after_a_reboot_interfaces_of_another_boot_are_left_alone(forwarding: Made) -> None:
    guest = forwarding("debian-12-fresh")
    converge(guest, PRESENT)
    guest.reboot()
    guest.change("enp0s4", gro=False)
    converge(guest, ABSENT)
    assert guest.kernel["links"]["enp0s4"]["gro"] is False


def test_one_variant_follows_another(forwarding: Made) -> None:
    guest = forwarding("debian-12-bound")
    before = image(guest)
    for variant in ("routing", "bridge", "gtp", "routing"):
        converge(guest, VARIANTS[variant])
    assert set(guest.kernel["links"]) == {"enp0s4", "enp0s5"}
    assert guest.kernel["links"]["enp0s4"]["addresses"] == ["192.0.2.1/24"]
    converge(guest, ABSENT)
    assert image(guest) == before


def test_bridge_joins_the_adapters_without_addresses(forwarding: Made) -> None:
    guest = forwarding("debian-12-bound")
    converge(guest, VARIANTS["bridge"])
    links = guest.kernel["links"]
    assert [links[name]["master"] for name in ("enp0s4", "enp0s5")] == [BRIDGE, BRIDGE]
    assert [links[name]["addresses"] for name in ("enp0s4", "enp0s5")] == [[], []]
    assert links[BRIDGE]["up"]


def test_gtp_has_the_sessions_and_their_networks(forwarding: Made) -> None:
    guest = forwarding("debian-12-bound")
    converge(guest, VARIANTS["gtp"])
    assert guest.kernel["tunnels"] == [
        [0x1001, 0x2001, "192.0.2.9", "10.45.0.2"],
        [0x1002, 0x2002, "192.0.2.9", "10.45.0.3"],
    ]
    assert guest.kernel["links"][TUNNEL]["routes"] == {"10.45.0.2/31": ""}
    assert guest.value(f"/proc/sys/net/ipv4/conf/{TUNNEL}/forwarding") == "1"
    assert f"ip link add name {TUNNEL} type gtp role ggsn" in guest.commands
    # What fits into a tunnel through the adapters, so that no packet is fragmented on the way into it.
    assert guest.kernel["links"][TUNNEL]["mtu"] == 1464
    converge(guest, {**VARIANTS["gtp"], "sessions": [{**SESSION, "local_teid": 0x1003}]})
    assert guest.kernel["tunnels"] == [[0x1003, 0x2001, "192.0.2.9", "10.45.0.2"]]
    assert guest.kernel["links"][TUNNEL]["routes"] == {"10.45.0.2/32": ""}


def test_coalescing_goes_off_on_request(forwarding: Made) -> None:
    guest = forwarding("debian-12-bound")
    converge(guest, VARIANTS["uncoalesced"])
    assert not any(any(link["coalescing"]) for link in guest.kernel["links"].values())


def test_adapter_that_cannot_do_without_coalescing_is_refused_and_absent_restores(forwarding: Made) -> None:
    guest = forwarding("debian-12-bound")
    before = image(guest)
    guest.hardware_13 = False
    with pytest.raises(NfvError) as caught:
        converge(guest, VARIANTS["uncoalesced"])
    assert caught.value.error_code == "coalescing_unsupported"
    converge(guest, ABSENT)
    assert image(guest) == before


def test_running_application_needs_consent(forwarding: Made) -> None:
    guest = forwarding("debian-12-bound")
    error = refused(guest, {**PRESENT, "interrupt_service": "never"})
    assert (error.error_code, error.subject) == ("interrupt_consent_missing", UNIT)
    guest.run(("systemctl", "stop", UNIT))
    assert decide(guest, {**PRESENT, "interrupt_service": "never"}).changed, "irqbalance alone needs none"


def test_offload_that_stays_on_is_found(forwarding: Made) -> None:
    guest = forwarding("debian-12-bound")
    guest.stubborn_lro = True
    for _round in range(ROUNDS):
        apply(decide(guest, PRESENT).steps, guest)
    left = decide(guest, PRESENT)
    assert left.changed
    assert (left.before["s5u"]["lro"], left.after["s5u"]["lro"]) == (True, False)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"devices": DEVICES[:1]}, "frames_need_two_adapters"),
        ({"devices": [DEVICES[0], {"name": "mgmt", "mac": MACS[MGMT]}]}, "management_adapter"),
        ({"devices": [DEVICES[0], {"name": "none", "mac": "02:00:00:00:00:01"}]}, "adapter_not_found"),
        ({"devices": [DEVICES[0], {"name": "sgi", "mac": "02:00"}]}, "device_invalid"),
        ({"cpus": "2-4"}, "cpus_missing"),
        ({"cpus": "two"}, "value_not_allowed"),
        ({"adapters": [{"name": "other"}]}, "value_not_allowed"),
        ({"adapters": [{"name": "s5u", "addresses": ["2001:db8::1/64"]}]}, "value_not_allowed"),
        (
            {"adapters": [{"name": "s5u", "routes": [{"destination": "0.0.0.0/0", "via": "192.0.2.9"}]}]},
            "value_not_allowed",
        ),
        ({"sessions": SESSIONS}, "value_not_allowed"),
        ({"forwarding": "gtp"}, "value_not_allowed"),
        ({"forwarding": "gtp", "sessions": [SESSION, SESSION]}, "value_not_allowed"),
        ({"forwarding": "gtp", "sessions": [{**SESSION, "local_teid": 1 << 32}]}, "value_not_allowed"),
    ],
)
def test_refused_before_any_change(forwarding: Made, change: dict[str, t.Any], code: str) -> None:
    assert refused(forwarding("debian-12-bound"), {**PRESENT, "adapters": [], **change}).error_code == code


def test_adapter_that_carries_an_address_is_refused(forwarding: Made) -> None:
    guest = forwarding("debian-12-fresh")
    guest.change("enp0s4", addresses=["192.0.2.7/24"])
    error = refused(guest, PRESENT)
    assert error.error_code == "adapter_in_use"
    assert "allow_in_use" not in error.remedy


def test_program_that_is_no_unit_keeps_its_adapter(forwarding: Made) -> None:
    guest = forwarding("debian-12-bound")
    guest.lay_out("/proc/612/fd/9", {"link": "/dev/uio0"})
    guest.lay_out("/proc/612/comm", "own-program")
    guest.lay_out("/proc/612/cgroup", "0::/user.slice\n")
    error = refused(guest, PRESENT)
    assert error.error_code == "device_busy"
    assert "own-program (process 612)" in error.attempted
    guest.path("/proc/612/cgroup").write_text(f"0::/system.slice/{UNIT}\n")
    assert decide(guest, PRESENT).changed


def test_other_adapters_than_those_held_are_refused(forwarding: Made) -> None:
    guest = forwarding("debian-12-bound")
    converge(guest, PRESENT)
    guest.path(RECORD).write_text((guest.text(RECORD) or "").replace(MACS[S5U], "02:00:00:00:00:77"))
    assert refused(guest, PRESENT).error_code == "value_not_allowed"


def test_record_that_is_damaged_is_named(forwarding: Made) -> None:
    guest = forwarding("debian-12-bound")
    converge(guest, PRESENT)
    guest.path(RECORD).write_text("{")
    for params in (PRESENT, ABSENT):
        assert refused(guest, params).error_code == "interrupt_record_unreadable"


def test_link_that_the_kernel_refuses_is_named_and_absent_restores(forwarding: Made) -> None:
    guest = forwarding("debian-12-bound")
    before = image(guest)
    guest.failing = {f"ip link add name {TUNNEL} type gtp role ggsn"}
    with pytest.raises(NfvError) as caught:
        converge(guest, VARIANTS["gtp"])
    assert caught.value.error_code == "link_refused"
    converge(guest, ABSENT)
    assert image(guest) == before
